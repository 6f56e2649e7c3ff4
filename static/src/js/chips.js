// A growing set of words over one plain text field (data-chips): the field keeps "a, b, c" and is what is sent.
import { icon, onContent, words } from './page.js';

const split = (text) => text.split(/[,;\n]/).map((word) => word.trim()).filter(Boolean);

onContent(() => document.querySelectorAll('input[data-chips]:not([data-ready])').forEach(dress));

function dress(field) {
  field.dataset.ready = '';
  const box = Object.assign(document.createElement('div'), { className: `input chips-box ${field.classList.contains('is-error') ? 'is-error' : ''}` });
  const entry = Object.assign(document.createElement('input'), { className: 'chips-entry', placeholder: field.placeholder, autocomplete: 'off' });
  if (field.getAttribute('list')) entry.setAttribute('list', field.getAttribute('list'));
  entry.setAttribute('aria-label', field.labels?.[0]?.textContent.trim() ?? field.name);
  const state = { field, box, entry, values: split(field.value) };
  field.after(box);
  field.type = 'hidden';
  draw(state);
  box.addEventListener('click', (event) => { if (event.target === box) entry.focus(); });
  entry.addEventListener('keydown', (event) => typed(state, event));
  entry.addEventListener('change', () => add(state, entry.value));
  entry.addEventListener('paste', (event) => pasted(state, event));
}

function typed(state, event) {
  if (event.key === 'Enter' || event.key === ',') {
    if (!state.entry.value.trim()) return;
    event.preventDefault();
    add(state, state.entry.value);
  } else if (event.key === 'Backspace' && !state.entry.value && state.values.length) {
    state.values.pop();
    draw(state);
  }
}

function pasted(state, event) {
  const text = event.clipboardData.getData('text');
  if (split(text).length < 2) return;
  event.preventDefault();
  add(state, text);
}

function add(state, text) {
  state.values = [...new Set([...state.values, ...split(text)])];
  state.entry.value = '';
  draw(state);
  state.entry.focus();
}

function draw(state) {
  const { field, box, entry, values } = state;
  field.value = values.join(', ');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  box.replaceChildren(...values.map((value) => chip(state, value)), entry);
}

function chip(state, value) {
  const piece = Object.assign(document.createElement('span'), { className: 'chip-word' });
  const name = [...(state.entry.list?.options ?? [])].find((option) => option.value === value)?.textContent || value;
  const remove = Object.assign(document.createElement('button'), { type: 'button', className: 'text-muted', ariaLabel: words().remove.replace('{}', name) });
  remove.append(icon('x', '!size-3.5'));
  remove.addEventListener('click', () => {
    state.values = state.values.filter((other) => other !== value);
    draw(state);
    state.entry.focus();
  });
  piece.append(name, remove);
  return piece;
}
