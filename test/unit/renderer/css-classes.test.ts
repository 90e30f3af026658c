import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

/** Classes that a component takes from a module of styles which does not have them, as `file: class`. */
function missingClasses(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/import (\w+) from '([^']+\.module\.css)'/g)].flatMap(
    ([, name = '', from = '']) => {
      const path = from.startsWith('#') ? join(root, from.slice(1)) : join(dirname(file), from);
      const css = readFileSync(path, 'utf8');
      const used = [...text.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))].map(([, one = '']) => one);
      return [...new Set(used)]
        .filter((one) => !new RegExp(`\\.${one}(?![\\w-])`).test(css))
        .map((one) => `${file}: ${one}`);
    },
  );
}

it('every class that a component names is in its styles: types do not say so', () => {
  const files = globSync('renderer/**/*.tsx', { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => missingClasses(join(root, file)))).toEqual([]);
});
