import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Rolldown } from 'vite';
import { commonJsFolder, importedBy } from './scripts/setup/bundle-parts.ts';
import { workerEntries } from './scripts/setup/worker-entries.ts';

const root = import.meta.dirname;
const source = (path: string) => join(root, 'electron', path);
const workers = workerEntries(root);
const noAjv = join(root, 'scripts', 'setup', 'no-ajv.ts');

// Targets are set here because electron-vite's own follow the newest Electron; Rekey also runs on Electron 33.
export default defineConfig({
  main: {
    publicDir: false,
    plugins: [commonJsFolder()],
    resolve: { alias: { 'ajv/dist/2020.js': noAjv, 'ajv-formats': noAjv } },
    build: {
      target: 'node20.18',
      outDir: join(root, 'out', 'main'),
      minify: 'oxc',
      rolldownOptions: {
        input: { bootstrap: source('bootstrap.ts'), ...workers },
        output: {
          format: 'cjs',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          codeSplitting: { groups: startGroups() },
        },
      },
    },
  },
  preload: {
    publicDir: false,
    build: {
      target: 'node20.18',
      outDir: join(root, 'out', 'preload'),
      minify: 'oxc',
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: join(root, 'electron', 'preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: join(root, 'renderer'),
    publicDir: false,
    plugins: [react()],
    build: {
      target: 'chrome130',
      outDir: join(root, 'out', 'renderer'),
      minify: 'oxc',
      modulePreload: { polyfill: false },
      // Nothing is inlined as data: — fonts and the like must come from the app's own origin.
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: { index: join(root, 'renderer', 'index.html') },
        output: { codeSplitting: { groups: pageGroups() } },
      },
    },
  },
});

/**
 * A file for each time at which something is needed: the window, what the page asks first, everything else. What
 * threads and processes of their own need too is apart from each: they must not load the rest, and there is no Electron
 * where they run.
 */
function startGroups(): Rolldown.CodeSplittingGroup[] {
  const inWorkers = importedBy(Object.values(workers), { whenNeeded: true });
  const times: [string, ReturnType<typeof importedBy>][] = [
    ['window', importedBy([source('bootstrap.ts')])],
    ['first', importedBy([source('backend.ts')])],
    ['later', importedBy([source('backend-later.ts')])],
  ];
  // In this order: a group takes what its modules import along.
  return [
    ...times.map(([time, isNeeded]): [string, typeof isNeeded] => [
      `${time}-and-workers`,
      (id, context) => inWorkers(id, context) && isNeeded(id, context),
    ]),
    ...times,
  ].map(([name, isNeeded], index, all) => ({
    priority: all.length - index,
    name: (id, context) => (isNeeded(id, context) ? name : null),
  }));
}

/** What the first page needs is one file: each is asked for from main, which has enough to do just then. */
function pageGroups(): Rolldown.CodeSplittingGroup[] {
  const atStart = importedBy([join(root, 'renderer', 'main.tsx')]);
  return [{ name: (id, context) => (atStart(id, context) ? 'start' : null) }];
}
