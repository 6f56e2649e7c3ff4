// Validation while typing: a field with data-validate="url" is asked about when it is left, and on each key once it is red.
// The answer is any HTML that holds the field's notes (id="<field>-notes"); only those are replaced, so the focus stays.
import { headers, on } from './page.js';

const timers = new WeakMap();
const asking = new WeakMap();

on('focusin', '[data-validate]', (_event, input) => { input.dataset.before ??= input.value; });
on('focusout', '[data-validate]', (_event, input) => {
  if (input.dataset.before === input.value && !isRed(input)) return;
  input.dataset.before = input.value;
  ask(input);
});
on('input', '[data-validate]', (_event, input) => {
  if (!isRed(input)) return;
  clearTimeout(timers.get(input));
  timers.set(input, setTimeout(() => ask(input), 250));
});

const isRed = (input) => input.getAttribute('aria-invalid') === 'true';

async function ask(input) {
  asking.get(input)?.abort();
  const asked = new AbortController();
  asking.set(input, asked);
  const body = new URLSearchParams(new FormData(input.form));
  try {
    const response = await fetch(input.dataset.validate, {
      method: 'POST', body, signal: asked.signal, headers: headers({ 'X-Validate-Field': input.name }),
    });
    if (response.ok || response.status === 422) show(input, await response.text());
  } catch {
    // Offline or overtaken by a newer question: the form itself is checked when it is sent.
  }
}

function show(input, text) {
  const id = `${input.id}-notes`;
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(id);
  const old = document.getElementById(id);
  if (!fresh || !old) return;
  old.replaceWith(document.adoptNode(fresh));
  const error = fresh.querySelector('.field-error');
  if (error) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  const described = [...fresh.querySelectorAll('[id]')].map((note) => note.id).join(' ');
  if (described) input.setAttribute('aria-describedby', described);
  else input.removeAttribute('aria-describedby');
  input.closest('.input, .textarea, .select')?.classList.toggle('is-error', Boolean(error));
}
