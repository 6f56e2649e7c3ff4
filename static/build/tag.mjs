// Bundles the script of publishers' pages; it travels to strangers' visitors, so its own size is its budget.
import { join } from 'node:path';
import { build } from 'esbuild';
import { src } from './files.mjs';

export async function tag() {
  const result = await build({
    entryPoints: [join(src, 'tag/tag.js')],
    bundle: true, minify: true, format: 'iife', target: 'es2020', write: false, logLevel: 'warning', legalComments: 'none',
  });
  return result.outputFiles[0].text;
}
