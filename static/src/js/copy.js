// Copying an id, showing a password, and the whole name of what is cut short.
import { announce, on, onContent, words } from './page.js';

on('click', '[data-copy]', async (_event, button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  announce('toast', { message: words().copied });
});

onContent(() => document.querySelectorAll('[data-reveal]').forEach((button) => { button.hidden = false; }));
on('click', '[data-reveal]', (event, button) => {
  event.preventDefault();
  const input = document.getElementById(button.dataset.reveal);
  input.type = input.type === 'password' ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(input.type === 'text'));
});

on('pointerover', '.truncate', (_event, element) => {
  if (!element.title && element.scrollWidth > element.clientWidth) element.title = element.textContent.trim();
});
