// Loads the chart script only where there is a chart, and redraws after a swap or a change of theme.
import { onContent } from './page.js';

let loading;

function load(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: address, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  return loading;
}

async function draw(again = false) {
  const first = document.querySelector('canvas[data-chart]');
  if (!first) return;
  await load(first.dataset.chartSrc);
  window.kabinetCharts.draw(again);
}

onContent(() => draw());
document.addEventListener('theme', () => draw(true));
