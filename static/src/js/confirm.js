// What cannot be undone is asked about first: a form or link with data-confirm="sentence" (data-confirm-title, data-confirm-label).
const asked = new WeakSet();

function ask(element) {
  const dialog = document.getElementById('confirm');
  const title = dialog.querySelector('#confirm-title');
  title.dataset.plain ??= title.textContent;
  title.textContent = element.dataset.confirmTitle || title.dataset.plain;
  dialog.querySelector('#confirm-text').textContent = element.dataset.confirm;
  const yes = dialog.querySelector('#confirm-yes');
  yes.textContent = element.dataset.confirmLabel || yes.textContent;
  yes.className = `btn ${element.dataset.confirmTone === 'plain' ? 'btn-primary' : 'btn-danger'}`;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

async function hold(event, element, resume) {
  if (asked.delete(element)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(element))) return;
  asked.add(element);
  resume();
}

// In the capture phase, so that htmx sees only what was agreed to.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset?.confirm) hold(event, form, () => form.requestSubmit(event.submitter ?? undefined));
}, true);

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-confirm]');
  if (link) hold(event, link, () => link.click());
}, true);
