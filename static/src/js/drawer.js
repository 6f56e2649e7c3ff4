// The sidebar: a drawer on a phone (works by :target alone), a rail when the reader wants the width.
import { on, onContent } from './page.js';

const side = () => document.getElementById('side');

on('click', '[data-drawer]', (event) => {
  event.preventDefault();
  side().dataset.open = '';
  side().querySelector('a, button, summary')?.focus();
});

function shut() {
  delete side()?.dataset.open;
  if (location.hash === '#side') history.replaceState(history.state, '', location.pathname + location.search);
}

on('click', '[data-drawer-close]', (event) => {
  event.preventDefault();
  shut();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && side() && 'open' in side().dataset) shut();
});

onContent(() => document.querySelectorAll('[data-rail]').forEach((button) => { button.hidden = false; }));
on('click', '[data-rail]', () => {
  const narrow = document.querySelector('[data-shell]').classList.toggle('rail');
  document.cookie = `rail=${narrow ? 1 : 0}; path=/; max-age=31536000; samesite=lax`;
});
