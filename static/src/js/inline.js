// A value edited where it stands: the editor takes the focus, Enter saves (a form does that), Esc leaves by its data-cancel link.
import { on, onContent } from './page.js';

onContent(() => {
  const input = document.querySelector('[data-inline-edit]:not([data-ready]) :is(input:not([type=hidden]), select, textarea)');
  if (!input) return;
  input.closest('[data-inline-edit]').dataset.ready = '';
  input.focus();
  input.select?.();
});

on('keydown', '[data-inline-edit]', (event, form) => {
  if (event.key !== 'Escape') return;
  event.preventDefault();
  event.stopPropagation();
  form.querySelector('[data-cancel]')?.click();
});
