// From the data of a page to a Chart.js configuration.
//
// data = {
//   labels: ['23 Oct', …], titles?: ['Fri 23 Oct', …],   one a step; titles are longer, for tooltip and table
//   unit: 'money' (values in micros) | 'percent' (ratios) | 'count', currency?, sign?: '$', locale: 'en' | 'ru', digits?,
//   sets: [{ name, data: [number | null], color: '--k-c1', fill?, dash?: [4, 4], step?, partial?: last step unfinished,
//            type?: 'line' | 'bar', stack?, end?: name at the line's end, titles?: ['13 Oct', …], quiet? }],
//   marks?: [{ i, n, text, who, on }], stacked?, endLabels?, endPad?
// }
import { colour, faded, FONT, variable } from './colours.js';
import { scaled, short } from './figures.js';
import { ends, marks } from './marks.js';
import { hover } from './tooltip.js';

export function configuration(canvas, data) {
  data.locale ??= document.documentElement.lang || 'en';
  const narrow = canvas.parentElement.clientWidth < 500;
  const named = Boolean(data.endLabels) && !narrow;
  return {
    data: { labels: data.labels, datasets: data.sets.map((set) => dataset(set, data)) },
    plugins: [marks, ends, leaving(canvas, data)],
    options: {
      responsive: true, maintainAspectRatio: false, animation: false, marks: data.marks ?? [], endLabels: named,
      interaction: { mode: 'index', intersect: false, axis: 'x' },
      onHover: (_event, active, chart) => hover(chart, canvas, data, active[0]?.index ?? null),
      layout: { padding: { top: data.marks?.length ? 14 : 4, right: named ? data.endPad ?? 150 : 2, left: 0, bottom: 0 } },
      scales: { x: xScale(data), y: yScale(data, narrow) },
    },
  };
}

const leaving = (canvas, data) => ({
  id: 'leaving',
  afterEvent: (chart, { event }) => { if (event.type === 'mouseout') hover(chart, canvas, data, null); },
});

export function dataset(set, data) {
  const line = colour(set.color ?? '--k-c1');
  const bar = set.type === 'bar';
  const values = set.data.map((value) => scaled(value, data.unit));
  return {
    type: set.type ?? 'line', data: values, end: set.end, quiet: set.quiet || Boolean(set.dash), stack: set.stack, order: set.order ?? 0,
    borderColor: line, backgroundColor: set.fill ? area(line) : bar ? line : 'transparent', fill: Boolean(set.fill),
    borderWidth: bar ? 0 : Math.min(2, set.w ?? (set.fill ? 2 : 1.75)), borderDash: set.dash ?? [], borderJoinStyle: 'round',
    tension: 0, stepped: set.step ? 'middle' : false, spanGaps: false,
    pointRadius: ({ dataIndex: i }) => (!bar && lonely(values, i) ? 3 : 0), pointBackgroundColor: line, pointBorderWidth: 0, pointHoverRadius: 0,
    segment: set.partial ? { borderDash: ({ p1DataIndex }) => (p1DataIndex === values.length - 1 ? [3, 3] : undefined) } : undefined,
    barPercentage: 0.78, categoryPercentage: 0.9, borderRadius: bar ? 1 : 0,
  };
}

// A value without neighbours would be a line of no length.
const lonely = (values, i) => values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;

function area(line) {
  return ({ chart: { chartArea, ctx } }) => {
    if (!chartArea || !line) return 'transparent';
    const gradient = ctx.createLinearGradient(0, chartArea.top, 0, chartArea.bottom);
    gradient.addColorStop(0, faded(line, 0.16));
    gradient.addColorStop(1, faded(line, 0.01));
    return gradient;
  };
}

// Labels never touch, and the last one is shown when a near step allows it.
export function labelStep(count, width, labelWidth = 62) {
  const least = Math.max(1, Math.ceil((count * labelWidth) / Math.max(1, width)));
  for (let step = least; step <= least * 2; step += 1) if ((count - 1) % step === 0) return step;
  return least;
}

// The first label begins at the edge and the next stands in the middle of its step: half as much room again.
const labelWidth = (labels) => Math.max(62, 10.4 * Math.max(...labels.map((label) => label.length)));

function xScale(data) {
  const bars = data.stacked || data.sets.some((set) => set.type === 'bar') || data.labels.length === 1;
  return {
    stacked: Boolean(data.stacked), offset: bars, grid: { display: false }, border: { color: variable('--k-line-strong') },
    ticks: {
      color: variable('--k-muted'), font: { family: FONT, size: 12 }, maxRotation: 0, autoSkip: false, padding: 6, align: bars ? 'center' : 'inner',
      callback(_value, i) { return i % labelStep(data.labels.length, this.width, labelWidth(data.labels)) === 0 ? data.labels[i] : ''; },
    },
  };
}

function yScale(data, narrow) {
  return {
    stacked: Boolean(data.stacked), beginAtZero: true, suggestedMax: data.sets.every((set) => set.data.every((value) => !Number(value))) ? 1 : undefined,
    border: { display: false }, grid: { color: variable('--k-line'), tickLength: 0 },
    ticks: {
      color: variable('--k-muted'), font: { family: FONT, size: 12 }, padding: 8, maxTicksLimit: narrow ? 4 : 5,
      precision: data.unit === 'count' ? 0 : undefined, callback: (value) => short(value, data),
    },
  };
}
