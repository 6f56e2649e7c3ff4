// A picture in a larger form: <input type="file" data-picture-url> travels alone, with a bar; the answer redraws its block.
// Nothing else of the form is sent or lost. Every img[data-bound-image] then shows what the block says (data-picture-src).
import { announce, csrfToken, headers, on, take, words } from './page.js';

let travelling;

on('change', 'input[type=file][data-picture-url]', (_event, input) => { if (input.files.length) send(input); });
on('change', '[data-picture-kind]', (_event, choice) => {
  const input = choice.form.querySelector('input[type=file][data-picture-url]');
  if (input && choice.form.elements.asset_id?.value) send(input);
});
on('click', '[data-picture-cancel]', (event) => { event.preventDefault(); travelling?.abort(); });

function send(input) {
  travelling?.abort();
  const block = input.closest('[data-picture]');
  const request = new XMLHttpRequest();
  travelling = request;
  request.open('POST', input.dataset.pictureUrl);
  Object.entries(headers({ 'X-CSRFToken': csrfToken() })).forEach(([name, value]) => request.setRequestHeader(name, value));
  request.upload.onprogress = (sent) => { if (input.files.length) draw(block, input.files[0], sent); };
  request.onload = () => answered(block, request);
  request.onerror = () => { rest(block, input); announce('toast', { message: words().offline, tone: 'error' }); };
  request.onabort = () => rest(block, input);
  request.send(new FormData(input.form));
}

function draw(block, file, { loaded, total, lengthComputable }) {
  const progress = block.querySelector('[data-upload-progress]');
  if (!progress) return;
  const share = lengthComputable ? Math.round((loaded / total) * 100) : 0;
  progress.hidden = false;
  progress.querySelector('[data-upload-name]').textContent = share < 100 ? file.name : words().processing;
  progress.querySelector('[data-upload-percent]').textContent = `${share}%`;
  const bar = progress.querySelector('progress');
  if (share < 100) bar.value = share;
  else bar.removeAttribute('value');
}

function rest(block, input) {
  input.value = '';
  const progress = block.querySelector('[data-upload-progress]');
  if (progress) progress.hidden = true;
  show(block);
}

async function answered(block, request) {
  const text = request.responseText;
  if (request.status >= 400 && request.status !== 422) {
    rest(block, block.querySelector('input[type=file]'));
    return announce('toast', { message: request.status === 413 ? words().too_large : words().failed, tone: 'error' });
  }
  await take({ headers: { get: (name) => request.getResponseHeader(name) } }, text, { source: block, target: block });
  show(document.getElementById(block.id));
}

function show(block) {
  const address = block?.dataset.pictureSrc;
  document.querySelectorAll('img[data-bound-image="picture"]').forEach((image) => {
    if (address) image.src = address;
    else image.removeAttribute('src');
    image.hidden = !address;
  });
}
