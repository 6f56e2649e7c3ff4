// Our two drawings over a chart: numbered changes above the plot with the hovered day, and names at the ends of lines.
import { FONT, variable } from './colours.js';

export const marks = {
  id: 'marks',
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    if (chart.$hover != null) hovered(chart);
    (chart.options.marks ?? []).forEach((mark) => numbered(chart, mark));
    ctx.restore();
  },
};

function upright(ctx, x, top, bottom, style, dash = []) {
  ctx.strokeStyle = style;
  ctx.lineWidth = 1;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, top);
  ctx.lineTo(Math.round(x) + 0.5, bottom);
  ctx.stroke();
  ctx.setLineDash([]);
}

function hovered(chart) {
  const { ctx, chartArea, scales } = chart;
  upright(ctx, scales.x.getPixelForValue(chart.$hover), chartArea.top, chartArea.bottom, variable('--k-control'));
  chart.data.datasets.forEach((set, index) => {
    const point = chart.getDatasetMeta(index).data[chart.$hover];
    if (set.type === 'bar' || set.quiet || !point || set.data[chart.$hover] === null) return;
    ctx.beginPath();
    ctx.arc(point.x, point.y, 4.5, 0, 7);
    ctx.fillStyle = variable('--color-base-100');
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = set.borderColor;
    ctx.stroke();
  });
}

function numbered(chart, mark) {
  const { ctx, chartArea, scales } = chart;
  const x = scales.x.getPixelForValue(mark.i);
  const on = mark.on || chart.$hover === mark.i;
  upright(ctx, x, chartArea.top + 4, chartArea.bottom, variable('--k-line-strong'), [2, 3]);
  ctx.beginPath();
  ctx.arc(x, chartArea.top - 2, 8, 0, 7);
  ctx.fillStyle = on ? variable('--k-mark') : variable('--color-base-100');
  ctx.fill();
  ctx.strokeStyle = on ? variable('--k-mark') : variable('--k-control');
  ctx.stroke();
  ctx.fillStyle = on ? variable('--color-base-100') : variable('--color-base-content');
  ctx.font = `600 10px ${FONT}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(mark.n, x, chartArea.top - 1.5);
}

export const ends = {
  id: 'ends',
  afterDatasetsDraw(chart) {
    if (!chart.options.endLabels) return;
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.font = `500 12px ${FONT}`;
    ctx.textBaseline = 'middle';
    apart(names(chart)).forEach(({ text, y, fill }) => {
      ctx.fillStyle = fill;
      ctx.beginPath();
      ctx.arc(chartArea.right + 14, y, 3.5, 0, 7);
      ctx.fill();
      ctx.fillStyle = variable('--color-base-content');
      ctx.fillText(text, chartArea.right + 22, y);
    });
    ctx.restore();
  },
};

// The last step is unfinished, so a name stands at the height of the one before it.
function names(chart) {
  return chart.data.datasets.map((set, index) => ({ set, points: chart.getDatasetMeta(index).data }))
    .filter(({ set, points }) => set.end && points.length)
    .map(({ set, points }) => ({ text: set.end, y: points[Math.max(0, points.length - 2)].y, fill: set.borderColor }))
    .sort((one, other) => one.y - other.y);
}

function apart(labels, gap = 18) {
  for (let round = 0; round < 60; round += 1) {
    for (let i = 1; i < labels.length; i += 1) {
      const missing = gap - (labels[i].y - labels[i - 1].y);
      if (missing > 0) {
        labels[i].y += missing / 2;
        labels[i - 1].y -= missing / 2;
      }
    }
  }
  return labels;
}
