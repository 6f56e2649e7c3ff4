// Bundles the two scripts: what every page has, and what only pages with a chart load.
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { src } from './files.mjs';

export async function scripts() {
  const result = await build({
    entryPoints: [join(src, 'js/app.js'), join(src, 'js/chart.js')],
    bundle: true, minify: true, format: 'iife', target: 'es2022', write: false, outdir: 'out', logLevel: 'warning', legalComments: 'none',
  });
  return Object.fromEntries(result.outputFiles.map((file) => [basename(file.path), file.text]));
}
