// Native dialogs: data-dialog="id" opens, a click beside the dialog closes.
import { on } from './page.js';

export function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  return true;
}

on('click', '[data-dialog]', (event, opener) => {
  if (open(opener.dataset.dialog)) event.preventDefault();
});

document.addEventListener('click', ({ target, clientX, clientY }) => {
  if (!(target instanceof HTMLDialogElement)) return;
  const box = target.getBoundingClientRect();
  const beside = clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
  if (beside) target.close();
});
