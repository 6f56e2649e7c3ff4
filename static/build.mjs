// Builds static/dist: one style sheet, two scripts and the tag, one icon sprite, one font, and the manifest that names them.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compressed, dist, gzipped, hashed, kilobytes, src } from './build/files.mjs';
import { font } from './build/font.mjs';
import { scripts } from './build/scripts.mjs';
import { sprite } from './build/sprite.mjs';
import { styles } from './build/styles.mjs';
import { tag } from './build/tag.mjs';

const BUDGET = { page: 60 * 1024, chart: 75 * 1024, font: 40 * 1024, tag: 4 * 1024 };

async function build() {
  const started = performance.now();
  mkdirSync(dist, { recursive: true });
  const inter = hashed('inter.woff2', await font());
  const [css, js, publishers] = await Promise.all([styles(), scripts(), tag()]);
  const outputs = [
    inter,
    hashed('app.css', css.replaceAll('inter.woff2', inter.file)),
    hashed('app.js', js['app.js']),
    hashed('chart.js', js['chart.js']),
    hashed('tag.js', publishers),
    hashed('icons.svg', sprite()),
    hashed('favicon.svg', readFileSync(join(src, 'favicon.svg'))),
  ];
  // Beside each file its compressed twins, so that the server never compresses while somebody waits.
  const files = outputs.flatMap(({ file, content }) => [{ file, content }, ...compressed(file, content)]);
  files.forEach(({ file, content }) => writeFileSync(join(dist, file), content));
  const manifest = Object.fromEntries(outputs.map(({ name, file }) => [name, file]));
  writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
  dropStale(new Set([...files.map(({ file }) => file), 'manifest.json']));
  return { outputs, took: performance.now() - started };
}

function dropStale(keep) {
  readdirSync(dist).filter((file) => !keep.has(file)).forEach((file) => rmSync(join(dist, file), { recursive: true }));
}

// The font is compressed already, and the tag is promised as it is; everything else is measured as it travels.
function weigh(outputs) {
  const size = Object.fromEntries(outputs.map(({ name, content }) =>
    [name, name.endsWith('.woff2') || name === 'tag.js' ? content.length : gzipped(content)]));
  Object.entries(size).forEach(([name, bytes]) => console.log(name.padEnd(12), kilobytes(bytes)));
  const page = size['app.css'] + size['app.js'];
  const over = [
    ['app.css + app.js', page, BUDGET.page],
    ['chart.js', size['chart.js'], BUDGET.chart],
    ['inter.woff2', size['inter.woff2'], BUDGET.font],
    ['tag.js', size['tag.js'], BUDGET.tag],
  ].filter(([, bytes, limit]) => bytes > limit);
  console.log('page'.padEnd(12), kilobytes(page), 'of', kilobytes(BUDGET.page));
  over.forEach(([name, bytes, limit]) => console.error(`${name} weighs ${kilobytes(bytes)}; the limit is ${kilobytes(limit)}`));
  return over.length === 0;
}

const { outputs, took } = await build();
const fits = weigh(outputs);
console.log(`built in ${(took / 1000).toFixed(1)} s`);
process.exit(fits ? 0 : 1);
