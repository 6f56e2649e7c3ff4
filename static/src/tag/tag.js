// The tag of publishers' pages: fills <div data-kabinet="pl_…">, counts what is shown and seen. It keeps nothing in the
// browser, changes nothing but its own element, and whatever fails leaves that element empty.
import { draw, reserve } from './draw.js';
import { watchSeen } from './seen.js';

const NEAR = '400px';
const MOST = 20;
const BATCH_MS = 30;

const quietly = (work) => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

// The script's own address says where ads come from.
const at = quietly(() => new URL('decision', document.currentScript.src).href);

let waiting = [];

const tell = (url) => quietly(() => fetch(url, { mode: 'no-cors', credentials: 'omit', keepalive: true }).catch(() => {}));

function ask(element) {
  waiting.push(element);
  if (waiting.length === 1) setTimeout(() => quietly(flush), BATCH_MS);
}

function flush() {
  const all = waiting;
  waiting = [];
  for (let first = 0; first < all.length; first += MOST) quietly(() => request(all.slice(first, first + MOST)));
}

const placeOf = (element) => element.dataset.kabinet;
// A place named twice is one place: its first element has the ad.
const firstOf = (elements, { placement }) => elements.find((element) => placeOf(element) === placement);

function request(elements) {
  const said = (name) => elements.map((element) => element.dataset[name]).filter(Boolean);
  const body = {
    placements: [...new Set(elements.map(placeOf))],
    // The site is all that is asked about the page: neither its path nor its query leaves the browser.
    page: location.host,
    keywords: said('keywords').join(',').split(',').filter(Boolean).slice(0, 100),
  };
  const [user] = said('user');
  if (user) body.user = user;
  // Text needs no preflight.
  fetch(at, { method: 'POST', body: JSON.stringify(body), credentials: 'omit' })
    .then((answer) => answer.json())
    .then(({ decisions }) => decisions.forEach((decision) => quietly(() => fill(firstOf(elements, decision), decision))))
    .catch(() => {});
}

function fill(element, { ad, urls }) {
  if (!ad) return;
  draw(element, ad, urls.click, () => {
    tell(urls.impression);
    quietly(() => watchSeen(element, () => tell(urls.view)));
  });
}

const near = quietly(() => new IntersectionObserver((entries) => entries.forEach((entry) => {
  if (!entry.isIntersecting) return;
  near.unobserve(entry.target);
  quietly(() => ask(entry.target));
}), { rootMargin: NEAR }));

function scan() {
  document.querySelectorAll('[data-kabinet]:not([data-kabinet-taken])').forEach((element) => quietly(() => {
    element.setAttribute('data-kabinet-taken', '');
    reserve(element);
    if (near) near.observe(element);
    else ask(element);
  }));
}

// A page may carry the script once for each placement: the first one serves them all. `kabinetTags()` looks again.
if (at) {
  quietly(() => {
    window.kabinetTags ||= () => quietly(scan);
    window.kabinetTags();
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', window.kabinetTags);
  });
}
