import fs, {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EnvironmentChange, singleChange } from '#electron/environments/environment.ts';
import { localFiles } from '#electron/environments/local-files.ts';
import { adoptState, newState, statePathFor } from '#electron/environments/state-file.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { commitSide } from '#shared/logic/pending-commit.ts';
import { type EnvironmentState, emptyKeyState } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import type { ChangeReport } from './support/change-file.ts';
import { changeFile } from './support/run-script.ts';
import { type TemporaryDotenv, temporaryDotenv, temporaryEnvironmentId } from './support/temporary-dotenv.ts';

const old = new Secret('old-value-0123456789-0123456789');
const fresh = new Secret('fresh-value-9876543210-9876543210');
const text = `# keys\nA=1\nexport JWT_SECRET_KEY="${old.reveal()}" # signing\n\nB=2`;
const root = process.getuid?.() === 0;

let dotenv: TemporaryDotenv;
beforeEach(() => {
  dotenv = temporaryDotenv(text);
});
afterEach(() => dotenv.dispose());

function rotation(state: EnvironmentState): EnvironmentChange {
  const after = structuredClone(state);
  after.keys.JWT_SECRET_KEY = { ...emptyKeyState, fingerprint: fingerprintIn(state, fresh), version: 1 };
  return {
    values: new Map([
      ['JWT_SECRET_KEY', fresh],
      ['JWT_SECRET_KEY_PREVIOUS', old],
    ]),
    pending: { JWT_SECRET_KEY: { old: fingerprintIn(state, old), new: fingerprintIn(state, fresh) } },
    after,
  };
}

async function initialise(): Promise<EnvironmentState> {
  const environment = dotenv.connect();
  const after = newState(temporaryEnvironmentId);
  await environment.apply({ values: new Map(), pending: {}, after }, (await environment.read()).revision);
  return after;
}

describe('replacing a file', () => {
  it('keeps everything that it does not change', async () => {
    const environment = dotenv.connect();
    const state = newState(temporaryEnvironmentId);
    await environment.apply(rotation(state), (await environment.read()).revision);
    expect(dotenv.text()).toBe(
      `# keys\nA=1\nexport JWT_SECRET_KEY="${fresh.reveal()}" # signing\n` +
        `export JWT_SECRET_KEY_PREVIOUS="${old.reveal()}"\n\nB=2`,
    );
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
    expect(readFileSync(statePathFor(dotenv.path), 'utf8')).not.toContain('value');
  });

  it('keeps the mode; the state is its owner’s alone', async () => {
    chmodSync(dotenv.path, 0o640);
    await initialise();
    const environment = dotenv.connect();
    const { revision, state } = await environment.read();
    await environment.apply(rotation(state as EnvironmentState), revision);
    expect(statSync(dotenv.path).mode & 0o7777).toBe(0o640);
    expect(statSync(statePathFor(dotenv.path)).mode & 0o7777).toBe(0o600);
  });

  it.runIf(root)('keeps the owner, also for the state', async () => {
    chownSync(dotenv.path, 1234, 2345);
    const state = await initialise();
    const environment = dotenv.connect();
    await environment.apply(rotation(state), (await environment.read()).revision);
    for (const path of [dotenv.path, statePathFor(dotenv.path)]) {
      expect(statSync(path)).toMatchObject({ uid: 1234, gid: 2345 });
    }
  });

  it('replaces what a symbolic link leads to, with state and lock beside it', async () => {
    mkdirSync(join(dotenv.folder, 'real'));
    const real = join(dotenv.folder, 'real', 'app.env');
    renameSync(dotenv.path, real);
    symlinkSync('real/app.env', join(dotenv.folder, 'second'));
    symlinkSync('second', dotenv.path);
    const environment = dotenv.connect();
    const held = await environment.lock({ runId: 'r', operator: 'o' });
    expect(statSync(`${real}.rekey.lock`).isFile()).toBe(true);
    const state = newState(temporaryEnvironmentId);
    await environment.apply(rotation(state), (await environment.read()).revision);
    await held.release();
    expect(lstatSync(dotenv.path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain(fresh.reveal());
    expect(dotenv.names()).toEqual(['.env', 'real', 'second']);
    expect((await adoptState(localFiles, dotenv.path))?.environmentId).toBe(temporaryEnvironmentId);
  });

  it('does not touch a file that already holds the values', async () => {
    const state = await initialise();
    const before = statSync(dotenv.path);
    const environment = dotenv.connect();
    const same = { ...rotation(state), values: new Map([['JWT_SECRET_KEY', old]]) };
    await environment.apply(same, (await environment.read()).revision);
    expect(statSync(dotenv.path).ino).toBe(before.ino);
    expect(dotenv.text()).toBe(text);
  });

  it('never changes whose environment it is', async () => {
    const state = await initialise();
    const environment = dotenv.connect();
    const { revision } = await environment.read();
    const foreign = { ...rotation(state), after: newState(temporaryEnvironmentId) };
    await expect(environment.apply(foreign, revision)).rejects.toMatchObject({ code: 'internal' });
    expect((await environment.read()).revision).toBe(revision);
  });
});

describe('what a crash leaves', () => {
  const leave = (name: string) =>
    writeFileSync(join(dotenv.folder, name), 'JWT_SECRET_KEY=left', { mode: 0o600 });

  it('temporary files go when the environment is locked next, and only ours', async () => {
    leave('..env.rekey-0123456789abcdef.tmp');
    leave('..env.rekey.json.rekey-0123456789abcdef.tmp');
    leave('..env.rekey.lock.rekey-0123456789abcdef.tmp');
    leave('..env.swp');
    leave('..env.other.rekey-0123456789abcdef.tmp');
    const held = await dotenv.connect().lock({ runId: 'r', operator: 'o' });
    await held.release();
    expect(dotenv.names()).toEqual(['..env.other.rekey-0123456789abcdef.tmp', '..env.swp', '.env']);
  });

  it('temporary files go with the next change', async () => {
    leave('..env.rekey-0123456789abcdef.tmp');
    await initialise();
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
  });

  it('a pending mark tells on which side of the commit the file is', async () => {
    const state = await initialise();
    const pending = { old: fingerprintIn(state, old), new: fingerprintIn(state, fresh) };
    const marked = { ...state, keys: { JWT_SECRET_KEY: { ...emptyKeyState, pending } } };
    writeFileSync(statePathFor(dotenv.path), JSON.stringify(marked));
    const environment = dotenv.connect();
    const side = async () => {
      const snapshot = await environment.read();
      const present = snapshot.values.get('JWT_SECRET_KEY');
      return commitSide(
        snapshot.state?.keys.JWT_SECRET_KEY?.pending ?? null,
        present ? fingerprintIn(state, present) : null,
      );
    };
    expect(await side()).toBe('before');
    dotenv.write(text.replace(old.reveal(), fresh.reveal()));
    expect(await side()).toBe('after');
    dotenv.write(text.replace(old.reveal(), 'something-else'));
    expect(await side()).toBe('neither');
  });

  const deadLock = (more: object) => {
    const status = { host: '', bootId: '', pid: 1, processStart: '' };
    return JSON.stringify({
      ...status,
      runId: 'run-1',
      operator: 'ada',
      at: '2026-01-01T00:00:00.000Z',
      ...more,
    });
  };

  it('a lock is taken up again by the same run, and by nobody else', async () => {
    const lockPath = `${dotenv.path}.rekey.lock`;
    const held = await dotenv.connect().lock({ runId: 'run-1', operator: 'ada' });
    const dead = { ...held.lock, pid: 999_999_999, processStart: '1:1' };
    const namespace = held.lock.processStart.slice(held.lock.processStart.indexOf(':') + 1);
    writeFileSync(lockPath, JSON.stringify({ ...dead, processStart: `1:${namespace}` }));

    const environment = dotenv.connect();
    expect(await environment.lockStatus()).toMatchObject({ owner: 'dead' });
    await expect(environment.lock({ runId: 'run-2', operator: 'bob' })).rejects.toMatchObject({
      code: 'environment-locked',
      details: { operator: 'ada', run_id: 'run-1' },
    });
    await expect(initialise()).rejects.toMatchObject({ code: 'environment-locked' });
    const again = await environment.lock({ runId: 'run-1', operator: 'ada' });
    expect(await environment.lockStatus()).toMatchObject({ owner: 'alive', lock: { pid: process.pid } });
    await again.release();
    expect(dotenv.names()).toEqual(['.env']);
  });

  it('a lock of a single change is taken over by anyone once its process is gone', async () => {
    const held = await dotenv.connect().lock({ runId: singleChange, operator: 'ada' });
    const namespace = held.lock.processStart.slice(held.lock.processStart.indexOf(':') + 1);
    const dead = { ...held.lock, pid: 999_999_999, processStart: `1:${namespace}` };
    writeFileSync(`${dotenv.path}.rekey.lock`, JSON.stringify(dead));
    await initialise();
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
    writeFileSync(`${dotenv.path}.rekey.lock`, JSON.stringify(dead));
    await (await dotenv.connect().lock({ runId: 'run-2', operator: 'bob' })).release();
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
  });

  it('a lock of another machine is not judged, and a damaged one is a lock all the same', async () => {
    const lockPath = `${dotenv.path}.rekey.lock`;
    const environment = dotenv.connect();
    writeFileSync(lockPath, deadLock({ host: 'another-machine' }));
    expect(await environment.lockStatus()).toMatchObject({ owner: 'unknown' });
    await expect(environment.lock({ runId: 'run-1', operator: 'ada' })).rejects.toThrow(/another-machine/);
    writeFileSync(lockPath, '');
    await expect(environment.lock({ runId: 'run-1', operator: 'ada' })).rejects.toThrow(
      /does not say by whom/,
    );
    expect(await environment.breakLock()).not.toBeNull();
    await (await environment.lock({ runId: 'run-1', operator: 'ada' })).release();
  });
});

describe('two operators on one file', () => {
  it.each([
    ['with the lock', true],
    ['by revision alone', false],
  ])('%s, no update is lost in 200 changes each', async (_how, lock) => {
    dotenv.write('# counters\nCOUNTER=0\nONE=0\nTWO=0\n');
    const count = (own: string) =>
      changeFile<ChangeReport>({ path: dotenv.path, count: { times: 200, lock, own } });
    const [one, two] = await Promise.all([count('ONE'), count('TWO')]);
    expect(dotenv.text()).toBe('# counters\nCOUNTER=400\nONE=200\nTWO=200\n');
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
    // They did meet: otherwise this says nothing.
    expect(one.conflicts + two.conflicts).toBeGreaterThan(0);
  });

  it('a file replaced by another program while a change is prepared is not overwritten', async () => {
    const state = await initialise();
    let replaced = false;
    // The clock is asked for the lock's time, which is after `apply` has begun and before it has compared.
    const clock = {
      ...systemClock,
      now: () => {
        if (!replaced) writeFileSync(`${dotenv.path}.new`, 'JWT_SECRET_KEY=edited\n');
        if (!replaced) renameSync(`${dotenv.path}.new`, dotenv.path);
        replaced = true;
        return systemClock.now();
      },
    };
    const environment = dotenv.connect({}, { clock });
    const { revision } = await environment.read();
    await expect(environment.apply(rotation(state), revision)).rejects.toMatchObject({ code: 'conflict' });
    expect(dotenv.text()).toBe('JWT_SECRET_KEY=edited\n');
    expect((await environment.read()).state).toEqual(state);
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
  });

  it('nor one that is replaced when the change is already announced', async () => {
    const state = await initialise();
    const environment = dotenv.connect();
    const { revision } = await environment.read();
    const rename = fs.renameSync;
    const announced: string[] = [];
    fs.renameSync = (from, to) => {
      rename(from, to);
      announced.push(String(to));
      if (announced.length > 1) return;
      writeFileSync(`${dotenv.path}.new`, 'JWT_SECRET_KEY=edited\n');
      rename(`${dotenv.path}.new`, dotenv.path);
    };
    syncBuiltinESMExports();
    try {
      await expect(environment.apply(rotation(state), revision)).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      fs.renameSync = rename;
      syncBuiltinESMExports();
    }
    // First the state with `pending`, then, since the file had changed, the state as it was.
    expect(announced).toEqual([statePathFor(dotenv.path), statePathFor(dotenv.path)]);
    expect(dotenv.text()).toBe('JWT_SECRET_KEY=edited\n');
    expect((await environment.read()).state).toEqual(state);
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json']);
  });
});

describe('findings', () => {
  const codes = async () =>
    (await dotenv.connect().read()).findings.map(({ code, severity }) => [code, severity]);

  it('a tidy file has none', async () => {
    expect(await codes()).toEqual([]);
  });

  it('permissions, worst for everybody', async () => {
    chmodSync(dotenv.path, 0o640);
    expect(await codes()).toEqual([['file-readable-by-others', 'warning']]);
    chmodSync(dotenv.path, 0o604);
    expect(await codes()).toEqual([['file-readable-by-others', 'error']]);
  });

  it('duplicates, equal values, ambiguous values, malformed lines, hard links', async () => {
    dotenv.write('JWT_SECRET_KEY=same\nA=1\nA=2\nnot a line\nENCRYPTION_KEY=same\nAPI_SIGNING_KEY="x\\ty"\n');
    linkSync(dotenv.path, join(dotenv.folder, 'other'));
    const { findings } = await dotenv.connect().read();
    expect(findings.map(({ code, key, line }) => [code, key, line])).toEqual([
      ['equal-values', 'JWT_SECRET_KEY', undefined],
      ['duplicate-name', 'A', 3],
      ['ambiguous-value', 'API_SIGNING_KEY', 6],
      ['malformed-line', undefined, 4],
      ['hard-links', undefined, undefined],
    ]);
    expect(findings[0]?.message).toContain('ENCRYPTION_KEY');
    expect(JSON.stringify(findings)).not.toContain('same"');
  });

  it('state that came with a copy of another environment', async () => {
    writeFileSync(
      statePathFor(dotenv.path),
      JSON.stringify(newState('0198c5a0-2222-4222-8222-222222222222')),
    );
    expect(await codes()).toEqual([['state-of-another-environment', 'error']]);
  });
});
