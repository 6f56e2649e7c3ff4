// Light, dark, or as the system says. The server keeps the choice in a cookie; here it is shown at once.
import { announce, headers, on } from './page.js';

const NAMES = { light: 'kabinet', dark: 'kabinet-dark' };
const system = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

export function choose(theme, form = document.querySelector('[data-theme-form]')) {
  if (NAMES[theme]) root.dataset.theme = NAMES[theme];
  else delete root.dataset.theme;
  root.dataset.themeChoice = theme;
  form?.querySelectorAll('[name=theme]').forEach((button) => button.setAttribute('aria-pressed', String(button.value === theme)));
  announce('theme');
  if (form) fetch(form.action, { method: 'POST', headers: headers(), body: new URLSearchParams({ theme }), redirect: 'manual' }).catch(() => {});
}

export function toggle() {
  const choice = root.dataset.themeChoice;
  const dark = choice === 'dark' || (choice !== 'light' && system.matches);
  choose(dark ? 'light' : 'dark');
}

on('submit', '[data-theme-form]', (event, form) => {
  event.preventDefault();
  choose(event.submitter.value, form);
});
system.addEventListener('change', () => announce('theme'));
