// Seen: half of it in the window for a second, in a tab somebody looks at.
const HALF = 0.5;
const SECOND = 1000;

export function watchSeen(element, seen) {
  let timer = 0;
  let half = false;
  const look = () => {
    clearTimeout(timer);
    if (half && !document.hidden) timer = setTimeout(done, SECOND);
  };
  const watcher = new IntersectionObserver((entries) => {
    half = entries[entries.length - 1].intersectionRatio >= HALF;
    look();
  }, { threshold: [0, HALF] });
  function done() {
    watcher.disconnect();
    document.removeEventListener('visibilitychange', look);
    seen();
  }
  document.addEventListener('visibilitychange', look);
  watcher.observe(element);
}
