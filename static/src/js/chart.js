// Charts: window.kabinetCharts.draw() draws every canvas[data-chart] that is not drawn yet.
import { BarController, BarElement, CategoryScale, Chart, Filler, LineController, LineElement, LinearScale, PointElement } from 'chart.js';
import { configuration, dataset } from './chart/configuration.js';

Chart.register(LineController, LineElement, PointElement, BarController, BarElement, LinearScale, CategoryScale, Filler);

const drawn = new Map();

function draw(again) {
  drawn.forEach((chart, canvas) => {
    if (canvas.isConnected && !again) return;
    chart.destroy();
    drawn.delete(canvas);
  });
  document.querySelectorAll('canvas[data-chart]').forEach((canvas) => {
    if (drawn.has(canvas)) return;
    const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    drawn.set(canvas, new Chart(canvas, configuration(canvas, data)));
  });
}

// The first line of a chart gets new values; nothing else is drawn anew.
function move(source, values) {
  const canvas = [...drawn.keys()].find((item) => item.dataset.chart === source);
  const data = canvas && JSON.parse(document.getElementById(source).textContent);
  if (!data || JSON.stringify(data.sets[0].data) === JSON.stringify(values)) return;
  data.sets[0].data = values;
  document.getElementById(source).textContent = JSON.stringify(data);
  data.locale ??= document.documentElement.lang || 'en';
  const chart = drawn.get(canvas);
  Object.assign(chart.data.datasets[0], dataset(data.sets[0], data));
  chart.update('none');
}

window.kabinetCharts = { draw: (again = false) => document.fonts.ready.then(() => draw(again)), move };
