// Builds the packaged app from the chosen runtime, without a download.
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { versionOf } from './electron-runtime.mjs';
import { notice } from './notice.mjs';
import { projectRoot } from './project.mjs';
import { runQuietly } from './run-process.mjs';

const unpackedFolders = { linux: 'linux-unpacked', win32: 'win-unpacked', darwin: 'mac' };

/**
 * Runs electron-builder on what is built in out/.
 * @param {import('./electron-runtime.mjs').ElectronRuntime} runtime
 * @param {string[]} targets - arguments of electron-builder, for example ['--linux', 'AppImage']; default: the unpacked app
 * @returns {string} the unpacked app's executable (Linux)
 */
export function packageApp(runtime, targets = ['--dir']) {
  notice('packaging the app');
  const builder = join(projectRoot, 'node_modules', 'electron-builder', 'out', 'cli', 'cli.js');
  const args = [
    ...targets,
    '--publish=never',
    `-c.electronDist=${runtime.dist}`,
    `-c.electronVersion=${versionOf(runtime)}`,
  ];
  runQuietly('packaging the app', process.execPath, [builder, ...args], {
    cwd: projectRoot,
    env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
  });
  const unpacked = join(projectRoot, 'dist', 'packaged', unpackedFolders[process.platform]);
  const sandbox = join(unpacked, 'chrome-sandbox');
  // As the .deb's own installation does it, for systems that forbid user namespaces to ordinary programs.
  if (existsSync(sandbox) && process.getuid() === 0) chmodSync(sandbox, 0o4755);
  return join(unpacked, 'rekey');
}
