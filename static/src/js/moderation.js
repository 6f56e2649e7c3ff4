// A reason brings its sentence and its field; what the moderator wrote by hand stays.
import { on } from './page.js';

on('change', 'input[name=code][data-sentence]', (_event, choice) => {
  const { form } = choice;
  const sentence = form.elements.sentence;
  const templates = [...form.querySelectorAll('[data-sentence]')].map((other) => other.dataset.sentence);
  if (!sentence.value.trim() || templates.includes(sentence.value.trim())) {
    sentence.value = choice.dataset.sentence;
    sentence.dispatchEvent(new Event('input', { bubbles: true }));
  }
  const field = form.querySelector(`input[name=field][value="${CSS.escape(choice.dataset.field)}"]`);
  if (field) field.checked = true;
});
