// Short messages in the corner. The server sends them as HX-Trigger: {"toast": {message, tone, undo_url}} or as flash messages.
import { counterpart, headers, icon, on, onContent, take, words } from './page.js';

const LIFE = { plain: 5000, undo: 10_000, error: 12_000 };
const SIGN = { error: 'circle-alert', warning: 'triangle-alert', info: 'info' };

document.addEventListener('toast', ({ detail }) => {
  const items = detail.items ?? [detail];
  items.forEach(show);
});

export function show({ message, tone = 'success', undo: plain, undo_url: undo = plain, undo_label: label, open_url: open, open_label: openLabel }) {
  const region = document.getElementById('toasts');
  if (!region || !message) return;
  const toast = document.createElement('div');
  toast.className = 'toast-k';
  toast.dataset.toast = tone;
  if (tone === 'error') toast.setAttribute('role', 'alert');
  const text = Object.assign(document.createElement('span'), { className: 'flex-1', textContent: message });
  toast.append(icon(SIGN[tone] ?? 'check'), text);
  if (undo) toast.append(undoForm(undo, label));
  if (open) toast.append(Object.assign(document.createElement('a'), { href: open, className: 'font-semibold px-2', textContent: openLabel ?? '' }));
  toast.append(closeButton());
  region.append(toast);
  age(toast);
}

function undoForm(url, label) {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url });
  const button = Object.assign(document.createElement('button'), { className: 'font-semibold px-2', textContent: label ?? words().undo });
  button.dataset.key = 'z';
  form.append(button, Object.assign(document.createElement('kbd'), { className: 'toast-key', textContent: 'Z' }));
  return form;
}

function closeButton() {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'toast-close', ariaLabel: words().close });
  button.dataset.dismiss = '';
  button.append(icon('x', '!size-3.5'));
  return button;
}

// A message does not leave while it is being read or reached for.
function age(toast) {
  if (toast.dataset.aging) return;
  toast.dataset.aging = 'true';
  const life = toast.dataset.toast === 'error' ? LIFE.error : toast.querySelector('form') ? LIFE.undo : LIFE.plain;
  let timer = setTimeout(() => toast.remove(), life);
  const hold = () => clearTimeout(timer);
  const release = () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), life / 2); };
  toast.addEventListener('pointerenter', hold);
  toast.addEventListener('focusin', hold);
  toast.addEventListener('pointerleave', release);
  toast.addEventListener('focusout', release);
}

onContent(() => document.querySelectorAll('#toasts > [data-toast]').forEach(age));
on('click', '[data-dismiss]', (_event, button) => button.closest('[data-toast]')?.remove());

on('submit', '[data-toast] form', async (event, form) => {
  event.preventDefault();
  form.querySelector('button').disabled = true;
  try {
    const response = await fetch(form.action, { method: 'POST', headers: headers(), credentials: 'same-origin' });
    const text = await response.text();
    form.closest('[data-toast]')?.remove();
    const target = counterpart(text);
    if (response.ok && !target && !response.headers.get('HX-Redirect')) return location.reload();
    if (!response.ok) return show({ message: words().failed, tone: 'error' });
    await take(response, text, { target });
  } catch {
    show({ message: words().offline, tone: 'error' });
    form.querySelector('button').disabled = false;
  }
});
