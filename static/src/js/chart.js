// Charts: window.kabinetCharts.draw() draws every canvas[data-chart] that is not drawn yet.
import { BarController, BarElement, CategoryScale, Chart, Filler, LineController, LineElement, LinearScale, PointElement } from 'chart.js';
import { configuration } from './chart/configuration.js';

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

window.kabinetCharts = { draw: (again = false) => document.fonts.ready.then(() => draw(again)) };
