// One sprite of the lucide icons that the pages name with icon('…').
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, modules, root, src } from './files.mjs';

// Names that are put together at run time, or chosen in Python, where the scan cannot see them.
const ALWAYS = [
  'activity', 'archive', 'archive-restore', 'arrow-down', 'arrow-left', 'arrow-right', 'arrow-up', 'building-2', 'calendar', 'chart-column',
  'chart-line', 'check', 'chevron-down', 'chevron-left', 'chevron-right', 'chevrons-up-down', 'circle-alert', 'circle-check',
  'circle-help', 'clock', 'code-xml', 'columns-3', 'copy', 'credit-card', 'download', 'ellipsis', 'external-link', 'eye', 'eye-off', 'file-chart-column',
  'file-spreadsheet', 'file-text', 'funnel', 'globe', 'image', 'images', 'image-plus', 'info', 'key-round', 'layout-dashboard', 'list-checks',
  'link', 'loader-circle', 'lock', 'log-out', 'mail', 'mail-check', 'mail-warning', 'megaphone', 'menu', 'monitor', 'moon', 'mouse-pointer-click', 'panel-left', 'panels-top-left',
  'pause', 'pencil', 'play', 'plus', 'radio', 'receipt-text', 'refresh-cw', 'rotate-ccw', 'scroll-text', 'search', 'search-x',
  'settings', 'sheet', 'shield-check', 'sliders-horizontal', 'smartphone', 'sun', 'sun-moon', 'table', 'tablet', 'trash-2',
  'triangle-alert', 'undo-2', 'upload', 'user', 'users', 'wallet', 'wifi-off', 'x',
];
const CALL = /\bicon(?:_name)?\s*(?:\(|=)\s*['"]([a-z0-9-]+)['"]/g;

export function sprite() {
  const used = new Set(ALWAYS);
  const sources = [...filesUnder(join(root, 'templates'), '.html'), ...filesUnder(join(root, 'webapp'), '.py'), ...filesUnder(src, '.js')];
  for (const file of sources) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(CALL)) {
      if (existsSync(drawing(name))) used.add(name);
      else throw new Error(`${file}: there is no lucide icon named “${name}”`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${[...used].sort().map(symbol).join('')}</svg>`;
}

const drawing = (name) => join(modules, 'lucide-static/icons', `${name}.svg`);

function symbol(name) {
  return readFileSync(drawing(name), 'utf8').replace(/<!--.*?-->/gs, '').replace(/\s+/g, ' ')
    .replace(/<svg[^>]*>/, `<symbol id="${name}" viewBox="0 0 24 24">`).replace('</svg>', '</symbol>').trim();
}
