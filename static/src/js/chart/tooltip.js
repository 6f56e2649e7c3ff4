// The panel beside the hovered day: date, values, then what was changed that day and by whom.
import { exact } from './figures.js';

function element(tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

function panel(canvas) {
  const box = canvas.parentElement;
  return box.querySelector('.chart-tip') ?? box.appendChild(element('div', 'pop chart-tip'));
}

export function hover(chart, canvas, data, index) {
  if (chart.$hover === index) return;
  chart.$hover = index;
  chart.draw();
  const tip = panel(canvas);
  tip.hidden = index == null;
  if (index == null) return;
  tip.replaceChildren(element('p', 'font-semibold', (data.titles ?? data.labels)[index]), values(chart, data, index));
  (data.marks ?? []).filter((mark) => mark.i === index && mark.text).forEach((mark) => tip.append(change(mark)));
  place(tip, chart, index);
}

function values(chart, data, index) {
  const list = element('dl', 'chart-tip-values');
  data.sets.forEach((set, order) => {
    const name = element('dt', 'text-muted', set.titles?.[index] ?? set.name);
    list.append(name, element('dd', order ? '' : 'font-medium', exact(chart.data.datasets[order].data[index], data)));
  });
  return list;
}

function change(mark) {
  const line = element('p', 'chart-tip-change');
  line.append(element('b', 'font-semibold', String(mark.n)), element('span', '', mark.text));
  if (mark.who) line.append(element('span', ''), element('span', 'text-muted', mark.who));
  return line;
}

// Right of the day while there is room, otherwise left of it.
function place(tip, chart, index) {
  const x = chart.scales.x.getPixelForValue(index);
  const left = x + 12 + tip.offsetWidth > chart.width ? x - 12 - tip.offsetWidth : x + 12;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${chart.chartArea.top + 4}px`;
}
