// A new account starts with the zone of the browser; what a person chose or was refused stays.
import { onContent } from './page.js';

onContent(() => document.querySelectorAll('select[data-zone-guess]').forEach((select) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
  select.removeAttribute('data-zone-guess');
}));
