// Which Electron to run: a given one, else the pinned release, else the development runtime.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { developmentRuntimeExists, ensureDevelopmentRuntime } from './development-runtime.mjs';
import { notice, SetupError } from './notice.mjs';
import { cacheFolder, projectRoot } from './project.mjs';

const electronPackage = join(projectRoot, 'node_modules', 'electron');
const failureRecord = join(cacheFolder, 'electron-release-unreachable');
const failureIsRememberedForMs = 6 * 60 * 60 * 1000;
const downloadTimeoutMs = 15 * 60 * 1000;

/** Path of the executable inside an Electron distribution folder. */
function executableIn(dist) {
  const inside = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  return join(dist, inside[process.platform] ?? 'electron');
}

/**
 * @typedef {{kind: 'given' | 'release' | 'development', dist: string, executable: string}} ElectronRuntime
 * @returns {Promise<ElectronRuntime>}
 */
export async function ensureElectronRuntime() {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (given) return runtimeAt('given', resolve(given));
  if (await ensureRelease()) return runtimeAt('release', join(electronPackage, 'dist'));
  if (!developmentRuntimeExists()) {
    throw new SetupError(
      'Electron could not be downloaded, and there is no development runtime for this system. Connect to a network where its release host answers, or set ELECTRON_OVERRIDE_DIST_PATH to the folder of an unpacked Electron. Nothing was changed.',
    );
  }
  const dist = await ensureDevelopmentRuntime();
  notice(
    'DEVELOPMENT RUNTIME: Electron’s release host did not answer, so this uses a copy from the npm registry. It is not for production secrets.',
  );
  return runtimeAt('development', dist);
}

function runtimeAt(kind, dist) {
  const executable = executableIn(dist);
  if (existsSync(executable)) return { kind, dist, executable };
  throw new SetupError(
    `there is no Electron at ${executable}${kind === 'given' ? ' (from ELECTRON_OVERRIDE_DIST_PATH)' : ''}.`,
  );
}

/** The Electron version of a runtime, as it says itself. */
export function versionOf(runtime) {
  const file = join(runtime.dist, 'version');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim().replace(/^v/, '');
  const answer = spawnSync(runtime.executable, ['-p', 'process.versions.electron'], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  const version = answer.stdout?.trim();
  if (!version) throw new SetupError(`${runtime.executable} does not say which Electron it is.`);
  return version;
}

function releaseIsInstalled() {
  const { version } = JSON.parse(readFileSync(join(electronPackage, 'package.json'), 'utf8'));
  const file = join(electronPackage, 'dist', 'version');
  return (
    existsSync(file) &&
    readFileSync(file, 'utf8').trim().replace(/^v/, '') === version &&
    existsSync(executableIn(join(electronPackage, 'dist')))
  );
}

/** Installs the pinned release through electron's own installer, which checks it against its checksums. */
async function ensureRelease() {
  if (releaseIsInstalled()) return true;
  if (failedRecently() || !(await releaseHostAnswers())) return false;
  notice('downloading Electron (once)');
  const installation = spawnSync(process.execPath, [join(electronPackage, 'install.js')], {
    timeout: downloadTimeoutMs,
    stdio: 'ignore',
  });
  if (installation.status === 0 && releaseIsInstalled()) {
    rmSync(failureRecord, { force: true });
    return true;
  }
  rememberFailure();
  return false;
}

function failedRecently() {
  return existsSync(failureRecord) && Date.now() - statSync(failureRecord).mtimeMs < failureIsRememberedForMs;
}

function rememberFailure() {
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(failureRecord, 'Delete this file to try the download again at once.\n');
}

/** A firewall that drops packets must not cost minutes. Behind a proxy or a mirror the installer finds out. */
async function releaseHostAnswers() {
  const detours = ['ELECTRON_MIRROR', 'npm_config_electron_mirror', 'HTTPS_PROXY', 'https_proxy'];
  if (detours.some((name) => process.env[name])) return true;
  const answered = await new Promise((resolvePromise) => {
    const socket = connect({ host: 'github.com', port: 443 });
    const end = (result) => {
      socket.destroy();
      resolvePromise(result);
    };
    socket.setTimeout(5000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
  if (!answered) rememberFailure();
  return answered;
}
