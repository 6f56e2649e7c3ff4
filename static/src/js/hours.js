// The 168 hours: real checkboxes that can be painted by dragging, switched by line, or taken from a named set.
import { on, onContent, words } from './page.js';

const HOURS = 24;
let brush = null;

const grid = (element) => element.closest('[data-hours]');
const boxes = (root) => [...root.querySelectorAll('input.hour')];
const row = (root, day) => boxes(root).slice(day * HOURS, (day + 1) * HOURS);
const column = (root, hour) => boxes(root).filter((_box, index) => index % HOURS === hour);

onContent(() => document.querySelectorAll('[data-hours]:not([data-ready])').forEach((root) => {
  root.dataset.ready = '';
  root.querySelectorAll('[data-hours-presets], [data-hours-copy]').forEach((part) => { part.hidden = false; });
  count(root);
}));

function count(root) {
  root.querySelector('[data-hours-total]').textContent = boxes(root).filter((box) => box.checked).length;
  root.querySelectorAll('[data-hours-day]').forEach((cell) => {
    const hours = row(root, Number(cell.dataset.hoursDay)).filter((box) => box.checked).length;
    cell.textContent = `${hours} ${words().hours}`;
  });
}

function set(root, which, value) {
  which.forEach((box) => { box.checked = value; });
  count(root);
  boxes(root)[0].dispatchEvent(new Event('change', { bubbles: true }));
}

// A line that is all on is switched off; otherwise it is switched on.
const flip = (root, which) => set(root, which, !which.every((box) => box.checked));

on('pointerdown', 'input.hour', (event, box) => {
  if (event.pointerType !== 'mouse' || event.button !== 0) return;
  event.preventDefault();
  brush = !box.checked;
  paint(box);
});
on('pointerover', 'input.hour', (_event, box) => { if (brush !== null) paint(box); });
document.addEventListener('pointerup', () => { brush = null; });
// The press has painted already; the click that follows must not undo it.
on('click', 'input.hour', (event) => { if (event.detail > 0 && event.pointerType === 'mouse') event.preventDefault(); });
on('change', 'input.hour', (_event, box) => count(grid(box)));

function paint(box) {
  if (box.checked === brush) return;
  const value = brush;
  // The browser restores the box after the prevented press, so it is set once more behind it.
  queueMicrotask(() => { box.checked = value; });
  box.checked = value;
  count(grid(box));
}

on('click', '[data-hours-row]', (_event, button) => flip(grid(button), row(grid(button), Number(button.dataset.hoursRow))));
on('click', '[data-hours-column]', (_event, button) => flip(grid(button), column(grid(button), Number(button.dataset.hoursColumn))));
on('click', '[data-hours-preset]', (_event, button) => {
  const [work, rest] = button.dataset.hoursPreset.split(',').map((span) => span.split('-').map(Number));
  const inside = (span, hour) => span.length === 2 && hour >= span[0] && hour < span[1];
  boxes(grid(button)).forEach((box, index) => {
    box.checked = inside(index < 5 * HOURS ? work : rest, index % HOURS);
  });
  set(grid(button), [], true);
});
on('click', '[data-hours-copy]', (_event, button) => {
  const root = grid(button);
  const monday = row(root, 0).map((box) => box.checked);
  for (let day = 1; day < 5; day += 1) row(root, day).forEach((box, hour) => { box.checked = monday[hour]; });
  set(root, [], true);
});
