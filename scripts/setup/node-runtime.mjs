// Node 24: the scripts, the tests and the `rekey` command run on it, whatever Node the machine has.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { notice, SetupError } from './notice.mjs';
import { isInstalled, npmCi } from './npm.mjs';
import { projectRoot } from './project.mjs';
import { runInPlace } from './run-process.mjs';
import { takeSetupLock } from './setup-lock.mjs';

const folder = join(projectRoot, 'scripts', 'node-runtime');
/** The oldest Node that runs `.ts` files and the tools. Where no pinned binary exists (macOS), the machine's must do. */
const oldestUsable = [22, 18];

function isUsable(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestUsable[0] || (major === oldestUsable[0] && minor >= oldestUsable[1]);
}

function pinnedNode() {
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  return join(folder, 'node_modules', name, 'bin', binary);
}

/** Path of the Node to use, installed if need be. */
export function ensureNodeRuntime() {
  const pinned = pinnedNode();
  if (existsSync(pinned) && isInstalled(folder)) return pinned;
  if (['linux-x64', 'linux-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)) {
    const release = takeSetupLock();
    try {
      if (!isInstalled(folder)) {
        notice('installing Node 24 for this project (once; the system’s Node stays as it is)');
        npmCi('installing Node 24', folder);
      }
    } finally {
      release();
    }
    if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  }
  if (isUsable(process.versions.node)) return process.execPath;
  throw new SetupError(
    `Node ${process.versions.node} is too old, and there is no pinned Node 24 for this system. Install Node 24, then run the same command again.`,
  );
}

/** The environment for programs that look `node` up themselves: the right Node and the project's tools first. */
export function environmentFor(node) {
  const path = [dirname(node), join(projectRoot, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path };
}

/** Runs `script` on Node 24 with this process's arguments, and exits as it does. */
export async function continueOnNodeRuntime(script) {
  const node = ensureNodeRuntime();
  process.exitCode = await runInPlace(node, [script, ...process.argv.slice(2)], {
    env: environmentFor(node),
  });
}
