import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { installationFolder } from '#electron/installation.ts';

// What main imports before the window is opened holds up every start; one import at the wrong place brings in
// everything. The rest is imported by `import()` while the page loads.
const root = installationFolder(import.meta.dirname);

/** What a module imports for its values; types vanish. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const statement = /^(?:import|export)\s+(?!type\b)(?:[^'"();]*?\bfrom\s+)?['"]([^'"]+)['"]/gm;
  return [...source.matchAll(statement)].map(([, specifier]) => specifier as string);
}

/** A file of the project, or the name of a package. */
function resolved(specifier: string, from: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? relative(root, join(root, dirname(from), specifier)) : specifier;
}

function reachedFrom(entry: string): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    if (!file.endsWith('.ts')) continue;
    for (const specifier of importsOf(file)) reached.add(resolved(specifier, file));
  }
  return reached;
}

test('little is loaded before the window is opened: no service, no schema', () => {
  const reached = [...reachedFrom('electron/bootstrap.ts')];
  expect(reached).toContain('electron/window/main-window.ts');
  const packages = reached.filter((one) => !one.endsWith('.ts'));
  expect(packages.filter((name) => name !== 'electron' && !name.startsWith('node:'))).toEqual([
    'electron-store',
  ]);
  expect(reached.filter((file) => file.startsWith('electron/services/'))).toEqual([]);
});

const everything = [
  'electron/services/compose.ts',
  'shared/ipc/contract.ts',
  'electron/ipc/handlers/runs.ts',
];

test('what the page asks first needs no more than the foundation', () => {
  const reached = reachedFrom('electron/backend.ts');
  for (const one of ['zod', 'electron/services/foundation.ts', 'shared/ipc/first-contract.ts']) {
    expect(reached).toContain(one);
  }
  for (const one of everything) expect(reached).not.toContain(one);
});

test('the walk sees what the rest needs', () => {
  const reached = reachedFrom('electron/backend-later.ts');
  for (const one of ['zod', ...everything]) expect(reached).toContain(one);
});
