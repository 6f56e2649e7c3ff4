// Open pages redraw their own figures: a small part is fetched every few seconds while somebody can see it, and each
// piece is put where the page has one of that name. Without scripts the page says the time its figures are of.
import { headers, onContent } from './page.js';

const EVERY = 5000;
const LATE = 60;
const STOPPED = 300;
const source = () => document.querySelector('[data-live-src]');
let asking = false;

async function ask() {
  const page = source();
  if (!page || document.hidden || asking) return;
  asking = true;
  try {
    const response = await fetch(page.dataset.liveSrc, { headers: headers(), signal: AbortSignal.timeout(EVERY * 2) });
    if (response.ok && !response.redirected && source() === page) put(await response.text(), page);
  } catch {
    // The age goes on counting, and says it.
  } finally {
    asking = false;
  }
}

function put(text, page) {
  const came = document.createElement('template');
  came.innerHTML = text;
  const days = came.content.querySelector('[data-live-days]')?.dataset.liveDays;
  if (days !== page.dataset.liveDays) return days && location.reload();
  came.content.querySelectorAll('[data-live]').forEach((piece) => {
    document.querySelectorAll(`[data-live="${piece.dataset.live}"]`).forEach((place) => {
      if (place.innerHTML !== piece.innerHTML) place.innerHTML = piece.innerHTML;
    });
  });
  came.content.querySelectorAll('[data-live-line]').forEach((line) => {
    window.kabinetCharts?.move(line.dataset.liveLine, JSON.parse(line.textContent));
  });
  age();
}

// Each mark counts on from what the server said when it came.
const since = new WeakMap();

function age() {
  document.querySelectorAll('[data-age]').forEach((mark) => {
    if (!since.has(mark)) since.set(mark, performance.now() - Number(mark.dataset.age) * 1000);
    const seconds = Math.floor((performance.now() - since.get(mark)) / 1000);
    const words = JSON.parse(mark.dataset.ageWords);
    const [unit, count] = seconds < 120 ? ['s', seconds] : seconds < 7200 ? ['m', Math.floor(seconds / 60)] : ['h', Math.floor(seconds / 3600)];
    mark.querySelector('time').textContent = words[unit].replace('{n}', count);
    mark.classList.toggle('!text-warning', seconds >= LATE && seconds < STOPPED);
    mark.classList.toggle('!text-error', seconds >= STOPPED);
    mark.firstElementChild.className = seconds < LATE ? 'dot-live' : 'size-1.5 rounded-full bg-current flex-none';
  });
}

onContent(age);
setInterval(() => document.hidden || age(), 1000);
setInterval(ask, EVERY);
document.addEventListener('visibilitychange', () => { if (!document.hidden) { age(); ask(); } });
