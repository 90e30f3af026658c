import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
let folder: string;
let packed: string[];

/** npm of the Node that runs the tests, or the machine's; never through a shell. */
function npm(args: string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The installed command, run by this Node, away from the checkout and from this machine's own Rekey. */
function rekey(...args: string[]) {
  const result = spawnSync(
    process.execPath,
    [join(folder, 'app', 'node_modules', '.bin', 'rekey'), ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
      env: {
        PATH: dirname(process.execPath),
        HOME: folder,
        REKEY_DATA_DIR: join(folder, 'data'),
        REKEY_KEYCHAIN: 'vault',
        REKEY_PASSPHRASE_FILE: join(folder, 'passphrase'),
      },
    },
  );
  return { ...result, json: () => JSON.parse(result.stdout) };
}

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'command', 'rekey.js'))) {
    throw new Error('The command is not built. Run: npm run build:command');
  }
  folder = mkdtempSync(join(tmpdir(), 'rekey-package-'));
  mkdirSync(join(folder, 'app'));
  // Without scripts: `prepack` would build anew under the feet of tests that run the command meanwhile.
  const [report] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  );
  packed = report.files.map((file: { path: string }) => file.path);
  npm(
    [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      join(folder, report.filename),
    ],
    join(folder, 'app'),
  );
}, 120_000);
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('the package holds the command and its resources, nothing of the app or the checkout', () => {
  // npm always packs what "main" names: the window's entry, 2 KB, which nothing in the package loads.
  const foreign = packed.filter(
    (path) =>
      !/^(out\/main\/bootstrap\.js$|dist\/command\/|resources\/(runbooks|report|practice|agent)\/|package\.json$|README\.md$|LICENSE$)/.test(
        path,
      ),
  );
  expect(foreign).toEqual([]);
  expect(packed).toContain('dist/command/rekey.js');
  expect(packed.some((path) => path.startsWith('resources/runbooks/'))).toBe(true);
  expect(packed).toContain('resources/agent/rekey-agent.service');
});

test('the keyring is its only dependency', () => {
  const manifest = JSON.parse(
    readFileSync(join(folder, 'app', 'node_modules', 'rekey', 'package.json'), 'utf8'),
  );
  expect(Object.keys(manifest.dependencies)).toEqual(['@napi-rs/keyring']);
  expect(existsSync(join(folder, 'app', 'node_modules', 'zod'))).toBe(false);
});

test('an installed rekey tells its version and runs status', () => {
  expect(rekey('--version').stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  const status = rekey('status', '--json');
  expect(status.stderr).not.toMatch(/Cannot find|ERR_/);
  expect(status.json()).toMatchObject({ environments: [] });
  expect(status.status).toBe(0);
});

test('an installed rekey finds its built-in runbooks and loads its chunks', () => {
  const made = rekey('generate', 'JWT_SECRET_KEY');
  expect(made.stdout.trim()).toMatch(/^[\w-]{64}$/);
  const schema = rekey('schema', 'status');
  expect(schema.json()).toMatchObject({ type: 'object' });
});

test('an installed rekey makes a report, with what lies in it, that verifies', () => {
  writeFileSync(join(folder, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 });
  const created = rekey(
    'report',
    'create',
    '--from',
    '2026-01-05',
    '--to',
    '2026-01-11',
    '--out',
    'reports',
    '--json',
  );
  expect(created.status, created.stderr).toBe(0);
  const { bundle } = created.json() as { bundle: string };
  expect(rekey('report', 'verify', bundle, '--json').json()).toMatchObject({ intact: true, signer: 'known' });
  const script = spawnSync('python3', ['-B', join(bundle, 'verify.py')], { encoding: 'utf8' });
  expect(script.stdout.trimEnd().split('\n').at(-1)).toBe('intact, signer unknown');
}, 120_000);
