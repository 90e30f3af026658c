import { join } from 'node:path';
import { defineConfig } from 'vite';
import { workerEntries } from './scripts/setup/worker-entries.ts';

const root = import.meta.dirname;

// The `rekey` command: one bundle, so that it starts fast and an npm tarball of it needs one dependency only.
// What few commands need (croner, yaml, the strength dictionaries) stays in chunks, loaded when it is used.
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    target: 'node22',
    outDir: join(root, 'dist', 'command'),
    emptyOutDir: true,
    minify: 'oxc',
    rolldownOptions: {
      input: { rekey: join(root, 'electron', 'cli', 'rekey.ts'), ...workerEntries(root) },
      external: [/^@napi-rs\/keyring/],
      output: {
        format: 'es',
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        banner: (chunk) => (chunk.isEntry && chunk.name === 'rekey' ? '#!/usr/bin/env node' : ''),
      },
    },
  },
  ssr: { noExternal: true, external: ['@napi-rs/keyring'] },
});
