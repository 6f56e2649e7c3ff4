// Where things are, and the small sums over files that every build step needs.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export const root = resolve(import.meta.dirname, '../..');
export const src = join(root, 'static/src');
export const dist = join(root, 'static/dist');
export const modules = join(root, 'node_modules');

export const gzipped = (content) => gzipSync(content, { level: 9 }).length;

export function compressed(file, content) {
  if (file.endsWith('.woff2')) return [];
  return [{ file: `${file}.gz`, content: gzipSync(content, { level: 9 }) }, { file: `${file}.br`, content: brotliCompressSync(content) }];
}

export const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

// A name that changes with the content may be cached for ever.
export function hashed(name, content) {
  const bytes = Buffer.from(content);
  const dot = name.lastIndexOf('.');
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
  return { name, content: bytes, file: `${name.slice(0, dot)}.${digest}${name.slice(dot)}` };
}

export function filesUnder(folder, extension) {
  let entries = [];
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
