// `npm start`: opens Rekey in a window, or in the terminal where there is no screen. Needs only Node >= 20 and
// npm: it sets up everything else, then continues on Node 24.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './setup/build.mjs';
import { electronNeeds, ensureDebianPackages } from './setup/debian-packages.mjs';
import { findDisplay } from './setup/display.mjs';
import { ensureElectronRuntime } from './setup/electron-runtime.mjs';
import { environmentFor } from './setup/node-runtime.mjs';
import { notice, SetupError } from './setup/notice.mjs';
import { commandBundle, projectRoot } from './setup/project.mjs';
import { runInPlace } from './setup/run-process.mjs';
import { runOnNodeRuntime } from './setup/script-stages.mjs';

const appArguments = process.argv.slice(2);

await runOnNodeRuntime(import.meta.url, async () => {
  const display = await findDisplay();
  process.exitCode = display === null ? await startInTerminal() : await startInWindow(display);
});

async function startInWindow(display) {
  ensureDebianPackages(electronNeeds);
  const runtime = await ensureElectronRuntime();
  ensureBuilt('app');
  // Chromium's own complaints (no system bus, no GPU) are not the person's business; Rekey's output stays.
  const flags = ['--log-level=3'];
  if (display.kind === 'wayland') flags.push('--ozone-platform-hint=auto');
  if (process.platform === 'linux') {
    if (process.getuid() === 0) {
      notice('running as root: Chromium’s sandbox is off. An ordinary user gets the sandbox.');
      flags.push('--no-sandbox');
    } else {
      requireSandbox(runtime);
    }
  }
  return runInPlace(runtime.executable, [...flags, projectRoot, ...appArguments], {
    env: { ...environmentFor(process.execPath), ELECTRON_OVERRIDE_DIST_PATH: runtime.dist },
  });
}

/** Some systems forbid user namespaces to ordinary programs: then Chromium's helper needs its set-uid bit. */
function requireSandbox(runtime) {
  const probe = spawnSync('unshare', ['--user', '--map-root-user', 'true'], { stdio: 'ignore' });
  const sandbox = join(runtime.dist, 'chrome-sandbox');
  if (probe.error !== undefined || probe.status === 0 || !existsSync(sandbox)) return;
  const { mode, uid } = statSync(sandbox);
  if (uid === 0 && (mode & 0o4000) !== 0) return;
  throw new SetupError(
    `this system allows Chromium’s sandbox only through its helper. Run this once, then the same command again:\n  sudo sh -c 'chown root:root "${sandbox}" && chmod 4755 "${sandbox}"'`,
  );
}

async function startInTerminal() {
  notice('no display was found, so no window can open. Continuing in the terminal.');
  ensureBuilt('command');
  const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const withPractice = appArguments.includes('--practice');
  const command = (...args) =>
    runInPlace(process.execPath, [commandBundle, ...dataFolderArguments(), ...args], {
      env: environmentFor(process.execPath),
    });
  if (isInteractive) return command('welcome', ...(withPractice ? ['--practice'] : []));
  if (withPractice) return command('practice', 'start');
  const exitCode = await command('status');
  notice(
    [
      'how to go on:',
      '  npm run --silent rekey -- env add --name NAME --stage development --file PATH   add a .env file',
      '  npm run --silent rekey -- run planned NAME                                      rotate, guided',
      '  npm run --silent rekey -- practice start                                        practise first',
      '  npm run --silent rekey -- --help                                                everything else',
    ].join('\n'),
  );
  // "Not compliant" is an answer of `status`, not a failure of the start.
  return exitCode === 1 ? 0 : exitCode;
}

/** `--data-dir DIR` means the same to the window and to the command. */
function dataFolderArguments() {
  const index = appArguments.findIndex((each) => each === '--data-dir' || each.startsWith('--data-dir='));
  if (index < 0) return [];
  return appArguments.slice(index, index + (appArguments[index].includes('=') ? 1 : 2));
}
