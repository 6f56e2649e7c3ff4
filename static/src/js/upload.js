// Dropping a file, and a bar while it travels: <form data-upload> (data-upload-auto sends at once, data-upload-target="#id" is redrawn).
import { announce, csrfToken, headers, on, take, words } from './page.js';

on('dragover', '[data-dropzone]', (event, zone) => { event.preventDefault(); zone.classList.add('is-over'); });
on('dragleave', '[data-dropzone]', (_event, zone) => zone.classList.remove('is-over'));
on('drop', '[data-dropzone]', (event, zone) => {
  event.preventDefault();
  zone.classList.remove('is-over');
  const input = zone.querySelector('input[type=file]');
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
});

on('change', '[data-dropzone] input[type=file]', (_event, input) => {
  const names = [...input.files].map((file) => file.name).join(', ');
  const label = input.closest('[data-dropzone]').querySelector('[data-dropzone-name]');
  if (names && label) label.textContent = names;
  if (names && input.form?.matches('[data-upload-auto]')) input.form.requestSubmit();
});

on('submit', 'form[data-upload]', (event, form) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
});

function send(form, submitter) {
  const request = new XMLHttpRequest();
  const progress = form.querySelector('[data-upload-progress]');
  const buttons = [...form.querySelectorAll('button')].filter((button) => !button.disabled);
  request.open('POST', form.action);
  Object.entries(headers({ 'X-CSRFToken': csrfToken() })).forEach(([name, value]) => request.setRequestHeader(name, value));
  request.upload.onprogress = (sent) => draw(form, progress, sent);
  request.onload = () => finish(form, request);
  request.onerror = () => announce('toast', { message: words().offline, tone: 'error' });
  request.onloadend = () => {
    if (progress) progress.hidden = true;
    buttons.forEach((button) => { button.disabled = false; });
  };
  request.send(new FormData(form, submitter));
  buttons.forEach((button) => { button.disabled = true; });
}

function draw(form, progress, { loaded, total, lengthComputable }) {
  if (!progress) return;
  const share = lengthComputable ? Math.round((loaded / total) * 100) : 0;
  progress.hidden = false;
  const names = [...form.querySelectorAll('input[type=file]')].flatMap((input) => [...input.files].map((file) => file.name));
  progress.querySelector('[data-upload-name]').textContent = share < 100 ? names.join(', ') : words().processing;
  progress.querySelector('[data-upload-percent]').textContent = `${share}%`;
  const bar = progress.querySelector('progress');
  if (share < 100) bar.value = share;
  else bar.removeAttribute('value');
}

async function finish(form, request) {
  const text = request.responseText;
  const header = { headers: { get: (name) => request.getResponseHeader(name) } };
  if (request.status >= 400 && request.status !== 422 && !text.includes('data-error=')) {
    return announce('toast', { message: request.status === 413 ? words().too_large : words().failed, tone: 'error' });
  }
  if (request.responseURL && new URL(request.responseURL).pathname !== new URL(form.action).pathname) return location.assign(request.responseURL);
  if (text.includes('data-error=')) return take(header, text, { source: form, target: document.getElementById('toasts'), swap: 'beforeend' });
  const target = form.dataset.uploadTarget ? document.querySelector(form.dataset.uploadTarget) : form;
  return take(header, text, { source: form, target });
}
