// Cuts Inter 4 down to what the pages use: two scripts, three weights, one optical size.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import subsetFont from 'subset-font';
import { modules } from './files.mjs';

const RANGES = [
  [0x20, 0x7e], [0xa0, 0x17f], // Latin, Latin Extended-A
  [0x400, 0x45f], [0x490, 0x491], // Cyrillic
  [0x2010, 0x2015], [0x2018, 0x201e], [0x2020, 0x2022], [0x2026, 0x2026], [0x2030, 0x2030], [0x2039, 0x203a],
  [0x2009, 0x2009], [0x202f, 0x202f], [0x2116, 0x2116], [0x2122, 0x2122],
  [0x20ac, 0x20ac], [0x20bd, 0x20bd], [0x20b4, 0x20b4], [0x20b8, 0x20b9],
  [0x2190, 0x2199], [0x21b5, 0x21b5], [0x2212, 0x2212], [0x2248, 0x2248], [0x2260, 0x2260], [0x2264, 0x2265],
  [0x2318, 0x2318], [0x21e7, 0x21e7], [0x23ce, 0x23ce], [0x2713, 0x2713],
];
const FEATURES = ['kern', 'liga', 'calt', 'ccmp', 'locl', 'mark', 'tnum', 'case'];
const AXES = { wght: { min: 400, max: 600 }, opsz: 14 };

export async function font() {
  const original = readFileSync(join(modules, 'inter-ui/variable/InterVariable.woff2'));
  const recipe = JSON.stringify([RANGES, FEATURES, AXES]);
  const key = createHash('sha256').update(original).update(recipe).digest('hex').slice(0, 16);
  const cached = join(modules, '.cache/kabinet', `inter-${key}.woff2`);
  if (existsSync(cached)) return readFileSync(cached);
  const text = RANGES.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  const cut = await subsetFont(original, String.fromCodePoint(...text), {
    targetFormat: 'woff2', variationAxes: AXES, keepFeatures: FEATURES, noHinting: true,
  });
  mkdirSync(dirname(cached), { recursive: true });
  writeFileSync(cached, cut);
  return cut;
}
