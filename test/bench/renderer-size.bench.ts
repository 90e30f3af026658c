import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { installationFolder } from '#electron/installation.ts';
import { printResult } from './support/result.ts';

// What the window must load before it can show anything: the scripts of the page with all that they import statically.
const folder = join(installationFolder(import.meta.dirname), 'out', 'renderer');
const page = join(folder, 'index.html');
if (!existsSync(page)) throw new Error('The app is not built: npm run build');

const html = readFileSync(page, 'utf8');
const entries = [...html.matchAll(/<script[^>]+type="module"[^>]+src="([^"]+)"/g)];
if (entries.length === 0) throw new Error('The page has no script');

const seen = new Set<string>();
const visit = (file: string) => {
  if (seen.has(file)) return;
  seen.add(file);
  for (const imported of staticImports(readFileSync(file, 'utf8'))) visit(join(dirname(file), imported));
};
for (const [, entry = ''] of entries) visit(join(folder, entry));

const size = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0) / 1_000;
const every = allScripts(folder);
const styles = [...html.matchAll(/<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"/g)].map(([, href = '']) =>
  join(folder, href),
);

printResult({
  name: 'renderer-size',
  title: 'the scripts of the page with their static imports, gzipped',
  target: 180,
  ratio: null,
  figures: { entry: size(seen), 'all scripts': size(every), 'entry style sheets': size(styles) },
  unit: 'KB',
  notes: [
    `${seen.size} files: ${[...seen].map((file) => basename(file)).join(', ')}.`,
    `${every.length - seen.size} more are loaded when their screen is opened.`,
    'KB are 1,000 bytes.',
  ],
});

/** The relative paths that a built module imports or re-exports statically; `import(…)` is not among them. */
function staticImports(code: string): string[] {
  const pattern = /\b(?:import|export)\s*(?:[\w$*{}\s,]+?\s*from\s*)?["'](\.{1,2}\/[^"']+)["']/g;
  return [...code.matchAll(pattern)].map(([, path = '']) => path);
}

function allScripts(from: string): string[] {
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .map((name) => join(from, name))
    .filter((file) => file.endsWith('.js') && statSync(file).isFile());
}
