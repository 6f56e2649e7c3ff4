// What the modules share: the words of the page, requests with our headers, and a call for each piece of new content.
import htmx from 'htmx.org';

let said;
export function words() {
  said ??= JSON.parse(document.getElementById('words')?.textContent || '{}');
  return said;
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? '';

export function headers(extra = {}) {
  return { 'HX-Request': 'true', 'HX-Request-Type': 'partial', 'HX-Current-URL': location.href, 'X-CSRFToken': csrfToken(), Accept: 'text/html', ...extra };
}

// Runs at the start and again after every swap; `fn` must not mind seeing an element twice.
export function onContent(fn) {
  const run = () => fn(document);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', run);
  else queueMicrotask(run);
  document.addEventListener('htmx:after:swap', run);
}

export function on(type, selector, fn, capture = false) {
  document.addEventListener(type, (event) => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) fn(event, found);
  }, capture);
}

export function announce(name, detail, from = document) {
  from.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

export function icon(name, classes = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  const attributes = { class: `i ${classes}`, fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' };
  Object.entries(attributes).forEach(([key, value]) => svg.setAttribute(key, value));
  use.setAttribute('href', `${spriteAddress()}#${name}`);
  svg.append(use);
  return svg;
}

function spriteAddress() {
  return document.querySelector('svg.i use')?.getAttribute('href')?.split('#')[0] ?? '';
}

// Puts an answer that we fetched ourselves where htmx would have put it.
export async function take(response, text, { source = document.body, target, swap = 'outerHTML' } = {}) {
  const go = response.headers.get('HX-Redirect');
  if (go) return location.assign(go);
  if (response.headers.get('HX-Refresh') === 'true') return location.reload();
  if (target && text.trim()) await htmx.swap({ text, sourceElement: source, target, swap });
  tellToasts(response.headers.get('HX-Trigger'));
}

export function tellToasts(header) {
  if (!header?.startsWith('{')) return;
  const { toast } = JSON.parse(header);
  if (toast) announce('toast', toast);
}

// The element of the page that a fragment replaces: the one with the same id.
export function counterpart(text) {
  const holder = document.createElement('template');
  holder.innerHTML = text;
  const id = holder.content.firstElementChild?.id;
  return id ? document.getElementById(id) : null;
}
