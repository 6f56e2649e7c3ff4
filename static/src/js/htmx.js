// htmx under our rules: a CSRF header on whatever writes, and errors that say something.
import 'htmx.org';
import { announce, csrfToken, words } from './page.js';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
  if (!SAFE.has(ctx.request.method)) ctx.request.headers['X-CSRFToken'] = csrfToken();
});

// An error is told in the corner: it must not take the place of the row or panel that was asked for.
// A form that comes back with its own errors (422) is not such an error and is swapped as usual.
document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  if (status < 400 || ctx.hx.retarget) return;
  if (ctx.text.includes('data-error=')) {
    ctx.target = document.getElementById('toasts');
    ctx.swap = 'beforeend';
    ctx.select = null;
    ctx.push = ctx.replace = 'false';
  } else if (status !== 422) {
    ctx.swap = 'none';
    announce('toast', { message: status === 413 ? words().too_large : words().failed, tone: 'error' });
  }
});

document.addEventListener('htmx:error', ({ detail: { ctx, error } }) => {
  if (!ctx || error?.name === 'AbortError') return;
  const late = ctx.request?.signal?.reason === 'timeout';
  announce('toast', { message: late ? words().slow : words().offline, tone: 'error' });
});

// Whoever waits is told so: the element that asked is busy until the answer is in.
document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => busy(ctx, true));
document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => busy(ctx, false));

function busy(ctx, on) {
  const source = ctx.request?.submitter ?? ctx.sourceElement;
  const button = source?.matches?.('form') ? source.querySelector('button:not([type=button])') : source;
  [button, ctx.target].forEach((element) => {
    if (!(element instanceof Element)) return;
    if (on) element.setAttribute('aria-busy', 'true');
    else element.removeAttribute('aria-busy');
  });
}
