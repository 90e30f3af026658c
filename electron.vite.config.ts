import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { commonJsFolder } from './scripts/setup/bundle-parts.ts';
import { workerEntries } from './scripts/setup/worker-entries.ts';

const root = import.meta.dirname;
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
        input: { bootstrap: join(root, 'electron', 'bootstrap.ts'), ...workerEntries(root) },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
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
      rolldownOptions: { input: { index: join(root, 'renderer', 'index.html') } },
    },
  },
});
