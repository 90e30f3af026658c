import { join } from 'node:path';
import { defineConfig, type Rolldown } from 'vite';
import { commonJsFolder, importedBy } from './scripts/setup/bundle-parts.ts';
import { workerEntries } from './scripts/setup/worker-entries.ts';

const root = import.meta.dirname;

const source = (path: string) => join(root, 'electron', path);
const workers = workerEntries(root);
const entries = { rekey: source('cli/rekey.ts'), ...workers };

// The `rekey` command: one bundle, so that it starts fast and an npm tarball of it needs one dependency only.
// What few commands need (croner, yaml, the strength dictionaries) stays in chunks, loaded when it is used.
export default defineConfig({
  publicDir: false,
  plugins: [commonJsFolder()],
  build: {
    ssr: true,
    target: 'node22',
    outDir: join(root, 'dist', 'command'),
    emptyOutDir: true,
    minify: 'oxc',
    rolldownOptions: {
      // The entry starts the command: nothing else may load it to get at something in it.
      preserveEntrySignatures: 'strict',
      input: entries,
      external: [/^@napi-rs\/keyring/],
      output: {
        format: 'cjs',
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        codeSplitting: { groups: statusGroups() },
        banner: (chunk) => (chunk.isEntry && chunk.name === 'rekey' ? '#!/usr/bin/env node' : ''),
      },
    },
  },
  ssr: { noExternal: true, external: ['@napi-rs/keyring'] },
});

/**
 * Puts all that `status` needs into one file: each file costs a third of a millisecond, and status is what people wait
 * for most often. Of that, what the entry needs before it can keep compiled code, and what threads and processes of
 * their own need, are files apart, or those would load all of it.
 */
function statusGroups(): Rolldown.CodeSplittingGroup[] {
  const inEntry = importedBy([entries.rekey]);
  const inWorkers = importedBy(Object.values(workers));
  const inStatus = importedBy(
    ['cli/main.ts', 'cli/commands/status.ts', 'services/foundation.ts'].map(source),
  );
  return [
    { priority: 3, name: (id, context) => (id !== entries.rekey && inEntry(id, context) ? 'entry' : null) },
    {
      priority: 2,
      name: (id, context) => (inStatus(id, context) && inWorkers(id, context) ? 'shared' : null),
    },
    { priority: 1, name: (id, context) => (inStatus(id, context) ? 'status' : null) },
  ];
}
