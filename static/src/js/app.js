// What every page has: htmx, and our small modules. Nothing here is needed to read a page or send a form.
import './htmx.js';
import './charts.js';
import './chips.js';
import './confirm.js';
import './copy.js';
import './dialogs.js';
import './drawer.js';
import './drops.js';
import './hours.js';
import './inline.js';
import './keys.js';
import './preview.js';
import './theme.js';
import './toasts.js';
import './upload.js';
import './validate.js';
