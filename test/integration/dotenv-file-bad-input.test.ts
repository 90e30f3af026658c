import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newState } from '#electron/environments/state-file.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { ChangeReport } from './support/change-file.ts';
import { changeFile, changeFileOnSmallDisk } from './support/run-script.ts';
import { type TemporaryDotenv, temporaryDotenv } from './support/temporary-dotenv.ts';

const text = 'A=1\nJWT_SECRET_KEY=old-value-0123456789\n';
const root = process.getuid?.() === 0;

let dotenv: TemporaryDotenv;
beforeEach(() => {
  dotenv = temporaryDotenv(text);
});
afterEach(() => dotenv.dispose());

async function errorOf(action: Promise<unknown>): Promise<RekeyError> {
  const error = await action.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RekeyError);
  return error as RekeyError;
}

/** The folder but for the copies that are kept of a corrupt state. */
function withoutCopies(): string[] {
  return dotenv.names().filter((name) => !name.includes('.corrupt-'));
}

/** Reads and tries to apply; both must fail with `code` and leave the folder as it is. */
async function expectRefusal(code: string, path = dotenv.path): Promise<RekeyError> {
  const environment = dotenv.connect({ connector: { kind: 'dotenv-file', path, parser: 'python-dotenv' } });
  const names = withoutCopies();
  const read = await errorOf(environment.read());
  expect(read.code).toBe(code);
  expect(read.unchanged).toMatch(/^Nothing was changed/);
  const change = {
    values: new Map([['JWT_SECRET_KEY', new Secret('new-value')]]),
    pending: {},
    after: newState(environment.config.id),
  };
  await errorOf(environment.apply(change, '0'.repeat(32)));
  expect(withoutCopies()).toEqual(names);
  return read;
}

describe('what cannot be read', () => {
  it('a missing file', async () => {
    dotenv.remove();
    expect((await expectRefusal('file-missing')).message).toContain(dotenv.path);
  });

  it('a missing folder', async () => {
    await expectRefusal('file-missing', join(dotenv.folder, 'none', '.env'));
  });

  it('a folder, and a file in place of a folder', async () => {
    mkdirSync(join(dotenv.folder, 'folder'));
    await expectRefusal('not-a-file', join(dotenv.folder, 'folder'));
    await expectRefusal('not-a-file', join(dotenv.path, '.env'));
  });

  it('a device', async () => {
    const environment = dotenv.connect({
      connector: { kind: 'dotenv-file', path: '/dev/zero', parser: 'python-dotenv' },
    });
    expect((await errorOf(environment.read())).code).toBe('not-a-file');
  });

  it('a loop of symbolic links', async () => {
    symlinkSync('b', join(dotenv.folder, 'a'));
    symlinkSync('a', join(dotenv.folder, 'b'));
    await expectRefusal('symlink-loop', join(dotenv.folder, 'a'));
  });

  it('bytes that are not UTF-8, and NUL bytes', async () => {
    dotenv.write(Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0a]));
    await expectRefusal('not-utf8');
    dotenv.write('A=1\0\n');
    await expectRefusal('not-utf8');
    dotenv.write(Buffer.from('A=1\n', 'utf16le'));
    await expectRefusal('not-utf8');
  });

  it('a file of 10 MB', async () => {
    dotenv.write('A=1\n'.repeat(2_500_000));
    const { details } = await expectRefusal('file-too-large');
    expect(details).toMatchObject({ size: 10_000_000 });
  });

  it('an open quote, with its line', async () => {
    dotenv.write('A=1\n# c\nJWT_SECRET_KEY="hidden-value\nB=2\n');
    const error = await expectRefusal('unterminated-quote');
    expect(error.message).toContain('line 3');
    expect(error.details).toEqual({ line: 3 });
    expect(JSON.stringify(error.report())).not.toContain('hidden-value');
  });
});

describe('a state file that cannot be used', () => {
  it.each([
    ['no JSON', '{"schemaVersion": 1, '],
    ['not UTF-8', Buffer.from([0xff, 0xff])],
    ['a missing field', '{"schemaVersion": 1, "keys": {}}'],
    [
      'a wrong field',
      JSON.stringify({ ...newState('0198c5a0-1111-4111-8111-111111111111'), fingerprintKey: 'zz' }),
    ],
    ['empty', ''],
  ])('corrupt (%s): a copy is kept once, and it is never overwritten', async (_why, bytes) => {
    const statePath = `${dotenv.path}.rekey.json`;
    writeFileSync(statePath, bytes);
    const error = await expectRefusal('state-corrupt');
    expect(error.remedy).toContain('mv ');
    await expectRefusal('state-corrupt');
    expect(readFileSync(statePath)).toEqual(Buffer.from(bytes as string));
    const copies = dotenv.names().filter((name) => name.startsWith('.env.rekey.json.corrupt-'));
    expect(copies).toHaveLength(1);
    expect(readFileSync(join(dotenv.folder, copies[0] as string))).toEqual(Buffer.from(bytes as string));
    expect(statSync(join(dotenv.folder, copies[0] as string)).mode & 0o777).toBe(0o600);
    expect(dotenv.text()).toBe(text);
  });

  it('no file at all, or far too large: left as it is', async () => {
    const statePath = `${dotenv.path}.rekey.json`;
    mkdirSync(statePath);
    await expectRefusal('state-corrupt');
    rmSync(statePath, { recursive: true });
    writeFileSync(statePath, Buffer.alloc(5 * 1024 * 1024, ' '));
    await expectRefusal('state-corrupt');
    expect(statSync(statePath).size).toBe(5 * 1024 * 1024);
  });

  it('from a newer version: left exactly as it is', async () => {
    const statePath = `${dotenv.path}.rekey.json`;
    const newer = '{"schemaVersion": 2, "something": "else"}';
    writeFileSync(statePath, newer);
    const error = await expectRefusal('state-newer');
    expect(error.details).toMatchObject({ version: 2 });
    expect(readFileSync(statePath, 'utf8')).toBe(newer);
    expect(dotenv.text()).toBe(text);
  });
});

describe('as an ordinary user', () => {
  const nobody = { uid: 65534, gid: 65534 };
  const change = (path = dotenv.path) =>
    changeFile<ChangeReport>({ path, ...(root ? { user: nobody } : {}) });
  /** Gives a file or folder to the user who will try. */
  const give = (path: string) => {
    if (root) chownSync(path, nobody.uid, nobody.gid);
  };

  beforeEach(() => {
    give(dotenv.folder);
    give(dotenv.path);
  });

  it('changes a file of their own', async () => {
    expect(await change()).toMatchObject({ read: null, apply: null });
  });

  it('without permission to read', async () => {
    chmodSync(dotenv.path, 0o200);
    expect(await change()).toMatchObject({ read: { code: 'no-read-permission' } });
    chmodSync(dotenv.path, 0o600);
    expect(dotenv.text()).toBe(text);
  });

  it('without permission to write the file', async () => {
    chmodSync(dotenv.path, 0o400);
    const report = await change();
    expect(report).toMatchObject({
      read: null,
      apply: { code: 'no-write-permission' },
      text,
      names: ['.env'],
    });
  });

  it('without permission to write the folder', async () => {
    chmodSync(dotenv.folder, 0o500);
    const report = await change();
    expect(report).toMatchObject({
      read: null,
      apply: { code: 'no-write-permission' },
      text,
      names: ['.env'],
    });
    chmodSync(dotenv.folder, 0o700);
  });

  it('without permission to enter the folder', async () => {
    chmodSync(dotenv.folder, 0o000);
    expect(await change()).toMatchObject({
      read: { code: 'no-read-permission' },
      apply: { code: 'no-read-permission' },
    });
    chmodSync(dotenv.folder, 0o700);
  });

  it.runIf(root)(
    'a file that belongs to someone else is not given a new owner, though it could be written',
    async () => {
      chownSync(dotenv.path, 0, nobody.gid);
      chmodSync(dotenv.path, 0o660);
      const report = await change();
      expect(report).toMatchObject({
        read: null,
        apply: { code: 'no-write-permission' },
        text,
        names: ['.env'],
      });
      expect(statSync(dotenv.path).uid).toBe(0);
    },
  );
});

describe('on a disk of its own', () => {
  const prepare = `printf 'A=1\\nJWT_SECRET_KEY=old-value-0123456789\\n' > .env; chmod 600 .env`;
  const job = () => ({ path: dotenv.path });

  it('works while there is space', async () => {
    const report = await changeFileOnSmallDisk<ChangeReport>(dotenv.folder, '256k', prepare, job());
    expect(report).toMatchObject({ read: null, apply: null, names: ['.env', '.env.rekey.json'] });
    expect(report.text).toMatch(/^A=1\nJWT_SECRET_KEY=x{12000}\n$/);
  });

  it('a read-only file system', async () => {
    const report = await changeFileOnSmallDisk<ChangeReport>(dotenv.folder, '256k', prepare, {
      ...job(),
      readOnly: true,
    });
    expect(report).toMatchObject({
      read: null,
      apply: { code: 'read-only-file-system' },
      text,
      names: ['.env'],
    });
  });

  // The lock, the final state, the file and the state with `pending` take a page each, the file three.
  it.each([0, 4096, 8192, 12_288, 16_384, 20_480])('a full disk, %i bytes free', async (leaveFree) => {
    const report = await changeFileOnSmallDisk<ChangeReport>(dotenv.folder, '256k', prepare, {
      ...job(),
      leaveFree,
    });
    expect(report).toMatchObject({
      read: null,
      apply: { code: 'disk-full', unchanged: 'Nothing was changed.' },
      text,
      names: ['.env', 'filler'],
    });
  });
});

it('a lost file is no reason to lose its state', async () => {
  const environment = dotenv.connect();
  const after = newState(environment.config.id);
  await environment.apply({ values: new Map(), pending: {}, after }, (await environment.read()).revision);
  rmSync(dotenv.path);
  expect((await environment.read({ whenMissing: 'empty' })).state).toEqual(after);
});
