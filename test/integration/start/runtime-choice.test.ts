import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies
  .electron as string;

/** The scripts of this checkout in a folder of their own: what is installed there is up to the test. */
let checkout: string;
beforeEach(() => {
  checkout = temporaryFolder();
  cpSync(join(root, 'scripts', 'setup'), join(checkout, 'scripts', 'setup'), { recursive: true });
  for (const name of ['launcher.mjs', 'package.json', 'package-lock.json']) {
    const place = join('scripts', 'development-runtime', name);
    cpSync(join(root, place), join(checkout, place));
  }
  file('node_modules/electron/package.json', JSON.stringify({ version: pinned }));
});

function file(name: string, content = ''): string {
  const path = join(checkout, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** What `npm start` would open the window with. Every network is out of reach of it. */
function choose(environment: Record<string, string> = {}) {
  const script = `
    import { ensureElectronRuntime } from './scripts/setup/electron-runtime.mjs';
    import { runScript } from './scripts/setup/notice.mjs';
    await runScript(async () => console.log(JSON.stringify(await ensureElectronRuntime())));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: checkout,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: checkout, ...environment },
  });
  return { chosen: stdout === '' ? null : JSON.parse(stdout), stderr, status };
}

const installRelease = (version: string) => {
  file('node_modules/electron/dist/version', `v${version}\n`);
  return file('node_modules/electron/dist/electron');
};
/** The release host did not answer a moment ago: it is not asked again, so no test depends on a network. */
const hostIsDown = () => file('.cache/electron-release-unreachable');

/** Where the development runtime would be unpacked; a file there stands for the whole of it. */
function placeholderDevelopmentRuntime(): string {
  const { stdout } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { developmentRuntimeFolder } from './scripts/setup/development-runtime.mjs'; process.stdout.write(developmentRuntimeFolder());`,
    ],
    { cwd: checkout, encoding: 'utf8' },
  );
  mkdirSync(stdout, { recursive: true });
  writeFileSync(join(stdout, 'electron'), '');
  return stdout;
}

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the runtime of the window', () => {
  it('is the one that ELECTRON_OVERRIDE_DIST_PATH names, before any other', () => {
    installRelease(pinned);
    const executable = file('mine/electron');
    const { chosen } = choose({ ELECTRON_OVERRIDE_DIST_PATH: 'mine' });
    expect(chosen).toEqual({ kind: 'given', dist: join(checkout, 'mine'), executable });
  });

  it('a named folder without an Electron is an error that names it, not a reason to take another', () => {
    installRelease(pinned);
    const { chosen, stderr, status } = choose({ ELECTRON_OVERRIDE_DIST_PATH: join(checkout, 'nothing') });
    expect([chosen, status]).toEqual([null, 1]);
    expect(stderr).toBe(
      `rekey: there is no Electron at ${join(checkout, 'nothing', 'electron')} (from ELECTRON_OVERRIDE_DIST_PATH).\n`,
    );
  });

  it('else is the pinned release, once it is installed, without a word', () => {
    const executable = installRelease(pinned);
    hostIsDown();
    const { chosen, stderr } = choose();
    expect(chosen).toMatchObject({ kind: 'release', executable });
    expect(stderr).toBe('');
  });

  it('else is the development runtime, which says what it is', () => {
    installRelease('33.0.0');
    hostIsDown();
    const dist = placeholderDevelopmentRuntime();
    const { chosen, stderr } = choose();
    expect(chosen).toEqual({ kind: 'development', dist, executable: join(dist, 'electron') });
    expect(stderr).toMatch(/^rekey: DEVELOPMENT RUNTIME: .* not for production secrets\.$/m);
  });
});
