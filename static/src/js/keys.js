// Keys, each beside a visible way: data-key="n" is pressed, data-go="c" after G is followed, / goes to the filter, ? lists them all.
import { onContent } from './page.js';
import { open } from './dialogs.js';
import { toggle } from './theme.js';

const typing = (element) => element?.matches?.('input, textarea, select, [contenteditable]');
const mac = /mac|iphone|ipad/i.test(navigator.platform);
let going = 0;

const shown = (element) => element.checkVisibility?.() ?? true;
const latest = (selector) => [...document.querySelectorAll(selector)].filter(shown).pop();

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.altKey) return;
  const key = event.key.toLowerCase();
  if (event.metaKey || event.ctrlKey) return withMeta(event, key);
  if (typing(event.target)) return;
  if (going && event.timeStamp - going < 1200) return follow(event, key);
  if (key === 'g') going = event.timeStamp;
  else press(event, key);
});

function withMeta(event, key) {
  const target = key === 'enter'
    ? event.target.closest?.('form')?.querySelector('[data-key-meta="enter"]')
    : latest(`[data-key-meta="${CSS.escape(key)}"]`) ?? document.querySelector(`[data-key-meta="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
}

function follow(event, key) {
  going = 0;
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

function press(event, key) {
  if (document.querySelector('dialog[open]')) return;
  if (key === '/') focusFilter(event);
  else if (key === '?') open('keys');
  else if (key === 't') toggle();
  else if (key.length === 1) pressKeyed(event, key);
}

function focusFilter(event) {
  const filter = latest('[data-filter]') ?? latest('main input[type=search]');
  if (!filter) return;
  event.preventDefault();
  filter.focus();
  filter.select();
}

function pressKeyed(event, key) {
  const target = latest(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
}

onContent(() => {
  if (!mac) document.querySelectorAll('[data-meta-key]').forEach((cap) => { cap.textContent = cap.textContent.replace('⌘', 'Ctrl '); });
  document.querySelectorAll('input[data-some]').forEach((box) => { box.indeterminate = true; });
});
