// What is typed shows at once: in counters, and wherever data-bound names the field (data-bound="title", data-empty="…").
import { on } from './page.js';

on('input', '[data-counter]', (_event, input) => {
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(input.id)}"]`);
  if (counter) counter.textContent = counter.textContent.replace(/\d+/, String([...input.value].length));
});

on('input', '[data-bind]', (_event, input) => {
  document.querySelectorAll(`[data-bound="${CSS.escape(input.dataset.bind)}"]`).forEach((place) => {
    place.textContent = input.value.trim() || place.dataset.empty || '';
  });
});

// A picture that was chosen is shown before it is sent.
on('change', 'input[type=file][data-bind-image]', (_event, input) => {
  const [file] = input.files;
  if (!file?.type.startsWith('image/')) return;
  const address = URL.createObjectURL(file);
  document.querySelectorAll(`img[data-bound-image="${CSS.escape(input.dataset.bindImage)}"]`).forEach((image) => {
    image.src = address;
    image.hidden = false;
  });
});

// Things that are sent as soon as they are chosen: <form data-autosubmit>.
on('change', 'form[data-autosubmit]', (_event, form) => form.requestSubmit());
