import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RekeyWorld, strong } from './rekey-command.ts';

// What a status loads decides how long it takes; one import at the wrong place brings in everything.
let world: RekeyWorld;

beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('shop', { JWT_SECRET_KEY: strong.jwt });
});
afterAll(() => world.remove());

/** The bundle's files and Node's own modules that a command loads. */
async function loadedBy(args: readonly string[]): Promise<{ files: string[]; builtins: string[] }> {
  const report = world.path('loaded.json');
  const hook = world.file(
    'tell-what-was-loaded.cjs',
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify({
      files: Object.keys(require.cache),
      builtins: process.moduleLoadList.filter((one) => one.startsWith('NativeModule ')),
    })));`,
  );
  const answer = await world.call(args, { env: { NODE_OPTIONS: `--require ${hook}` } });
  expect([answer.stderr, answer.code === 0 || answer.code === 1]).toEqual(['', true]);
  const { files, builtins } = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'files' | 'builtins',
    string[]
  >;
  return {
    files: files
      .filter((file) => file !== hook)
      .map((file) => basename(file).replace(/(-[\w-]{8})?\.js$/, '')),
    builtins: builtins.map((one) => one.replace('NativeModule ', '')),
  };
}

test('a status loads its own file and what it shares, and nothing of rotations, runbooks and reports', async () => {
  await world.call(['status']);
  const { files, builtins } = await loadedBy(['status']);
  expect(files.sort()).toEqual(['entry', 'rekey', 'rolldown-runtime', 'shared', 'status']);
  for (const heavy of ['http', 'https', 'tls', 'worker_threads', 'readline', 'internal/fs/promises']) {
    expect(builtins).not.toContain(heavy);
  }
});

test('a value that was not judged before brings the validator in, once', async () => {
  await world.add('till', { JWT_SECRET_KEY: strong.jwt });
  expect((await loadedBy(['status'])).files.length).toBeGreaterThan(5);
  expect((await loadedBy(['status'])).files).toHaveLength(5);
});

test('another command brings its own file', async () => {
  const { files } = await loadedBy(['env', 'list']);
  expect(files).toContain('env');
  expect(files).toContain('compose');
});
