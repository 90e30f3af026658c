// Builds the app or the command when its sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notice } from './notice.mjs';
import { cacheFolder, commandBundle, projectRoot } from './project.mjs';
import { runQuietly } from './run-process.mjs';
import { takeSetupLock } from './setup-lock.mjs';

const products = {
  app: {
    sources: ['electron', 'renderer', 'shared', 'electron.vite.config.ts', 'package-lock.json'],
    results: ['out/main/bootstrap.js', 'out/preload/preload.cjs', 'out/renderer/index.html'],
    tool: ['electron-vite', 'bin/electron-vite.js'],
    args: ['build', '--logLevel', 'warn'],
  },
  command: {
    sources: ['electron', 'shared', 'command.vite.config.ts', 'package-lock.json'],
    results: [commandBundle.slice(projectRoot.length + 1)],
    tool: ['vite', 'bin/vite.js'],
    args: ['build', '--config', 'command.vite.config.ts', '--logLevel', 'warn'],
  },
};

/** Names, sizes and modification times of all sources, as one hash: 10 ms, where reading them all costs more. */
function stateOf(sources) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(join(projectRoot, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory())
      for (const name of readdirSync(join(projectRoot, path)).sort()) visit(join(path, name));
    else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const source of sources) visit(source);
  return hash.digest('hex');
}

/**
 * @param {'app' | 'command'} name
 * @param {{force?: boolean, node?: string}} options - `node`: the Node that runs the build tool
 */
export function ensureBuilt(name, { force = false, node = process.execPath } = {}) {
  const product = products[name];
  const stamp = join(cacheFolder, `built-${name}`);
  const isCurrent = () =>
    product.results.every((result) => existsSync(join(projectRoot, result))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === stateOf(product.sources);
  if (!force && isCurrent()) return;
  const release = takeSetupLock();
  try {
    if (force || !isCurrent()) build(name, product, stamp, node);
  } finally {
    release();
  }
}

function build(name, product, stamp, node) {
  notice(`building the ${name}`);
  // Taken before: a source that changes while it is built makes the next start build again.
  const state = stateOf(product.sources);
  const [tool, entry] = product.tool;
  runQuietly(
    `building the ${name}`,
    node,
    [join(projectRoot, 'node_modules', tool, entry), ...product.args],
    {
      cwd: projectRoot,
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(stamp, state);
}
