// Compiles the style sheet: Tailwind writes only the classes that templates, Python and scripts name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, optimize } from '@tailwindcss/node';
import { Scanner } from '@tailwindcss/oxide';
import { src } from './files.mjs';

export async function styles() {
  const entry = join(src, 'css/app.css');
  const compiler = await compile(readFileSync(entry, 'utf8'), { base: join(src, 'css'), from: entry, onDependency() {} });
  const scanner = new Scanner({ sources: compiler.sources });
  return optimize(compiler.build(scanner.scan()), { minify: true }).code;
}
