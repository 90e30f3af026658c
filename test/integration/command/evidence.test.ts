import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLog, step } from '../events/log-fixture.ts';
import { RekeyWorld, strong } from './rekey-command.ts';

interface Failure {
  error: { code: string; message: string; remedy: string };
}
interface CheckpointAnswer extends Failure {
  origin: string;
  size: number;
  root: string;
  key: string;
  note: string;
  since: number | null;
  cosigned_by: { name: string; key_id: string; at: string }[];
}
interface CosignAnswer extends Failure {
  origin: string;
  size: number;
  previous_size: number | null;
  cosigner: string;
  file: string;
}

let ada: RekeyWorld;
let bob: RekeyWorld;
beforeAll(async () => {
  ada = new RekeyWorld();
  bob = new RekeyWorld({ REKEY_OPERATOR: 'bob@example.org' });
  await ada.add('one', { JWT_SECRET_KEY: strong.jwt }, { args: ['--verify', 'true'] });
  await bob.add('two', { JWT_SECRET_KEY: strong.other });
});
afterAll(() => {
  ada.remove();
  bob.remove();
});

const checkpoint = (world: RekeyWorld, ...args: string[]) =>
  world.json<CheckpointAnswer>('events checkpoint', args);
const cosign = (world: RekeyWorld, ...args: string[]) => world.json<CosignAnswer>('events cosign', args);
const rotate = (world: RekeyWorld, env: string) =>
  world.call(['rotate', env, 'JWT_SECRET_KEY', '--force', '--yes', '--reason', 'test']);

describe('two installations', () => {
  let first: CheckpointAnswer;
  let adaKey: string;
  let bobKey: string;

  test('the first checkpoint makes the signing keys and says so; a run alone does not', async () => {
    const ran = await ada.call([
      'baseline',
      'one',
      'JWT_SECRET_KEY',
      '--date',
      '2026-01-01',
      '--reason',
      'known',
    ]);
    expect(ran.code).toBe(0);
    expect(existsSync(ada.path('data', 'signer.json'))).toBe(false);
    expect(existsSync(ada.path('data', 'log', 'checkpoints'))).toBe(false);
    const made = await checkpoint(ada, '--out', 'ada-1');
    expect([made.code, made.document.since, made.document.cosigned_by]).toEqual([0, 0, []]);
    expect(made.stderr).toContain('Rekey is about to make the keys');
    expect(readFileSync(ada.path('ada-1'), 'utf8')).toBe(`old 0\n\n${made.document.note}`);
    first = made.document;
    adaKey = first.key;
    const twice = await checkpoint(ada, '--out', 'ada-1');
    expect([twice.code, twice.document.error.code]).toEqual([2, 'file-exists']);
  });

  test('one vouches for the other’s log only under a key that a person gave', async () => {
    cpSync(ada.path('ada-1'), bob.path('ada-1'));
    const unknown = await cosign(bob, 'ada-1');
    expect([unknown.code, unknown.document.error.code]).toEqual([2, 'log-key-unknown']);
    const wrong = await cosign(bob, 'ada-1', '--key', adaKey.replace(/.$/, adaKey.endsWith('A') ? 'B' : 'A'));
    expect([wrong.code, wrong.document.error.code]).toEqual([2, 'invalid-input']);
    const own = await checkpoint(bob);
    const foreign = await cosign(bob, 'ada-1', '--key', own.document.key);
    expect([foreign.code, foreign.document.error.code]).toEqual([1, 'checkpoint-refused']);
    const done = await cosign(bob, 'ada-1', '--key', adaKey);
    expect([done.code, done.document.previous_size]).toEqual([0, null]);
    bobKey = done.document.cosigner;
    expect(bobKey).toMatch(/^rekey\/cosigner\//);
  });

  test('the cosignature comes back under the cosigner’s key, and is kept', async () => {
    cpSync(bob.path('ada-1.cosigned'), ada.path('back'));
    const unknown = await checkpoint(ada, '--add', 'back');
    expect([unknown.code, unknown.document.error.code]).toEqual([2, 'log-key-unknown']);
    const added = await checkpoint(ada, '--add', 'back', '--key', bobKey);
    expect([added.code, added.document.cosigned_by.length]).toEqual([0, 1]);
    expect(bobKey.startsWith(added.document.cosigned_by[0]?.name ?? 'x')).toBe(true);
    expect(ada.read(`data/log/checkpoints/${String(first.size).padStart(16, '0')}.note`)).toBe(
      bob.read('ada-1.cosigned'),
    );
    const changed = bob.read('ada-1.cosigned').replace(/.{6}\n$/, 'AAAA=\n');
    ada.file('damaged', changed);
    const damaged = await checkpoint(ada, '--add', 'damaged');
    expect(damaged.code).not.toBe(0);
    bob.file('strange', bob.read('ada-1.cosigned'));
    const strange = await checkpoint(bob, '--add', 'strange');
    expect([strange.code, strange.document.error.code]).toEqual([1, 'checkpoint-refused']);
  });

  test('the next one is proven to go on from there, without any key or size given', async () => {
    expect((await rotate(ada, 'one')).code).toBe(0);
    const next = await checkpoint(ada, '--out', 'ada-2');
    expect([next.code, next.document.since]).toEqual([0, first.size]);
    expect(next.document.size).toBeGreaterThan(first.size);
    cpSync(ada.path('ada-2'), bob.path('ada-2'));

    const stripped = bob.file('stripped', next.document.note);
    const unproven = await cosign(bob, stripped);
    expect([unproven.code, unproven.document.error.code]).toEqual([1, 'checkpoint-refused']);
    expect(unproven.document.error.remedy).toContain(`--since ${first.size}`);
    const done = await cosign(bob, 'ada-2');
    expect([done.code, done.document.previous_size, done.document.size]).toEqual([
      0,
      first.size,
      next.document.size,
    ]);
    const smaller = await cosign(bob, 'ada-1', '--out', 'again');
    expect([smaller.code, smaller.document.error.code]).toEqual([1, 'checkpoint-refused']);
    expect(smaller.document.error.message).toContain('Events were removed');
    expect(existsSync(bob.path('again'))).toBe(false);
    const same = await cosign(bob, 'ada-2', '--out', 'same');
    expect([same.code, same.document.previous_size]).toEqual([0, next.document.size]);
  });

  test('a log that was rewritten, and hides it from itself, is found by the cosigner', async () => {
    const forged = new RekeyWorld();
    rmSync(forged.data, { recursive: true, force: true });
    cpSync(ada.data, forged.data, { recursive: true });
    // The last events are taken away, the derived files and all checkpoints too: nothing beside the log tells of it.
    const lines = forged.read('data/log/events.jsonl').split('\n');
    writeFileSync(forged.path('data/log/events.jsonl'), `${lines.slice(0, 4).join('\n')}\n`);
    rmSync(forged.path('data/log/hashes'));
    rmSync(forged.path('data/log/checkpoints'), { recursive: true });
    rmSync(forged.path('data/cache'), { recursive: true, force: true });
    const seen = await cosign(bob, 'ada-2', '--out', 'seen');
    const { size } = seen.document;
    const log = openLog(forged.path('data', 'log'));
    while (log.size() <= size) log.append(step('forged'));
    log.close();
    const since = await checkpoint(forged, '--out', 'forged', '--since', String(size));
    expect(since.document.error).toBeUndefined();
    cpSync(forged.path('forged'), bob.path('forged'));
    const refused = await cosign(bob, 'forged');
    expect([refused.code, refused.document.error.code]).toEqual([1, 'checkpoint-refused']);
    expect(refused.document.error.message).toContain('does not lead from there');
    forged.remove();
  });

  test('what was cosigned here, and what left the machine, are events', async () => {
    const { document } = await bob.json<{ events: { action: string; data: { origin?: string } }[] }>(
      'events',
      ['--type', 'log'],
    );
    const cosigned = document.events.filter(({ action }) => action === 'cosigned');
    expect(cosigned.length).toBeGreaterThanOrEqual(3);
    expect(new Set(cosigned.map(({ data }) => data.origin))).toEqual(new Set([first.origin]));
    const own = await ada.json<{ events: { action: string }[] }>('events', ['--type', 'log']);
    const actions = own.document.events.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['checkpoint-exported', 'cosignature-added']));
  });
});

describe('what the command says to damaged input', () => {
  test.each([
    ['no file', 'nowhere', null],
    ['an empty file', 'empty', ''],
    ['a text', 'text', 'hello\n'],
    ['a request without checkpoint', 'headless', 'old 3\n\n'],
    ['an old size that is none', 'sizeless', 'old three\n\nx\n'],
    ['a proof that is none', 'proofless', 'old 3\nnot base64\n\nx\n'],
  ])('%s', async (_name, file, content) => {
    if (content !== null) bob.file(file, content);
    const { code, document } = await cosign(bob, file);
    expect([code, document.error.code]).toEqual([2, 'checkpoint-unreadable']);
  });
});

describe('proofs', () => {
  test('an event is proven in the tree of the newest checkpoint, or at a size that was asked for', async () => {
    interface Proved extends Failure {
      proof: { seq: number; tree_size: number; path: string[] };
      root: string;
      checkpoint: boolean;
    }
    const made = await checkpoint(ada);
    const newest = await ada.json<Proved>('events prove', ['2', '--out', 'proof.json']);
    expect(newest.code).toBe(0);
    expect(newest.document).toMatchObject({
      root: made.document.root,
      checkpoint: true,
      proof: { seq: 2, tree_size: made.document.size },
    });
    expect(JSON.parse(ada.read('proof.json'))).toEqual(newest.document.proof);
    const small = await ada.json<Proved>('events prove', ['0', '--size', '1']);
    expect(small.document.proof).toMatchObject({ tree_size: 1, path: [] });
    const plain = await ada.call(['events', 'prove', '2']);
    expect(JSON.parse(plain.stdout)).toEqual(newest.document.proof);
    const beyond = await ada.json<Proved>('events prove', ['100000']);
    expect([beyond.code, beyond.document.error.code]).toEqual([2, 'invalid-input']);
    const later = await ada.json<Proved>('events prove', ['3', '--size', '2']);
    expect([later.code, later.document.error.code]).toEqual([2, 'invalid-input']);
    const nonsense = await ada.json<Proved>('events prove', ['-x']);
    expect(nonsense.code).toBe(2);
  });
});

describe('logs of other installations', () => {
  interface Imported extends Failure {
    id: string;
    name: string;
    size: number;
    key: string;
    key_confirmed: boolean;
    previous_size: number | null;
  }
  const exportTo = async (world: RekeyWorld, name: string) => {
    const answer = await world.json<{ signed: boolean; size: number }>('events export', ['--out', name]);
    expect([answer.code, answer.document.signed]).toEqual([0, true]);
    return world.path(name);
  };
  const take = (world: RekeyWorld, ...args: string[]) => world.json<Imported>('events import', args);

  test('are imported, listed, read, and replaced by newer copies only', async () => {
    const old = await exportTo(ada, 'export-1');
    const marked = ['mark', 'one', 'JWT_SECRET_KEY', '--compromised', '--reason', 'test'];
    expect((await ada.call(marked)).code).toBe(0);
    const newer = await exportTo(ada, 'export-2');

    const first = await take(bob, old, '--name', 'Ada');
    expect([first.code, first.document.previous_size]).toEqual([0, null]);
    // Bob has cosigned Ada's log, so that he knows its key.
    expect(first.document.key_confirmed).toBe(true);
    const second = await take(bob, newer);
    expect([second.code, second.document.name, second.document.previous_size]).toEqual([
      0,
      'Ada',
      first.document.size,
    ]);
    expect(second.document.size).toBeGreaterThan(first.document.size);
    const back = await take(bob, old);
    expect([back.code, back.document.error.code]).toEqual([1, 'extract-refused']);

    const listed = await bob.json<{ logs: Imported[] }>('events imported', []);
    expect(listed.document.logs).toMatchObject([{ name: 'Ada', size: second.document.size }]);
    const theirs = await bob.json<{ events: { user_id: string; action: string }[] }>('events', [
      '--imported',
      'Ada',
      '--limit',
      '5',
    ]);
    expect(theirs.document.events).toHaveLength(5);
    expect(theirs.document.events.some(({ user_id }) => user_id === 'ada@example.org')).toBe(true);
    const nobody = await bob.json<Failure>('events', ['--imported', 'Eve']);
    expect([nobody.code, nobody.document.error.code]).toEqual([2, 'invalid-input']);
    const own = await take(ada, newer);
    expect([own.code, own.document.error.code]).toEqual([1, 'extract-refused']);
  });

  test('make a rotation known that only the state file told of', async () => {
    // Bob takes over Ada's environment: its file and the state beside it.
    const eve = new RekeyWorld({ REKEY_OPERATOR: 'eve@example.org' });
    for (const name of ['one.env', 'one.env.rekey.json']) {
      if (existsSync(ada.path(name))) cpSync(ada.path(name), eve.path(name));
    }
    const added = await eve.call(['env', 'add', '--name', 'one', '--stage', 'staging', '--file', 'one.env']);
    expect(added.code).toBe(0);
    const problems = async () => {
      const { document } = await eve.json<{
        environments: { keys: { key: string; problems: { code: string }[] }[] }[];
      }>('status', ['one']);
      return document.environments[0]?.keys
        .find(({ key }) => key === 'JWT_SECRET_KEY')
        ?.problems.map(({ code }) => code);
    };
    expect(await problems()).toContain('rotated-elsewhere');
    const imported = await take(eve, ada.path('export-2'));
    expect([imported.code, imported.document.key_confirmed]).toEqual([0, false]);
    expect(await problems()).not.toContain('rotated-elsewhere');
    eve.remove();
  });

  test('are refused when anything in them was changed', async () => {
    const eve = new RekeyWorld({ REKEY_OPERATOR: 'eve@example.org' });
    const copy = (change: (folder: (name: string) => string) => void) => {
      rmSync(eve.path('copy'), { recursive: true, force: true });
      cpSync(ada.path('export-2'), eve.path('copy'), { recursive: true });
      change((name) => eve.path('copy', name));
      return take(eve, 'copy');
    };
    const edit = (path: string, change: (text: string) => string) =>
      writeFileSync(path, change(readFileSync(path, 'utf8')));
    const cases: [string, (folder: (name: string) => string) => void, string][] = [
      [
        'an event',
        (at) => edit(at('events.jsonl'), (text) => text.replace('ada@', 'eva@')),
        'extract-refused',
      ],
      [
        'the last event',
        (at) => edit(at('events.jsonl'), (text) => text.replace(/[^\n]*\n$/, '')),
        'extract-refused',
      ],
      [
        'one more event',
        (at) => edit(at('events.jsonl'), (text) => `${text}${text.split('\n')[0]}\n`),
        'extract-refused',
      ],
      ['half a line', (at) => edit(at('events.jsonl'), (text) => `${text}{`), 'extract-refused'],
      [
        'the size',
        (at) => edit(at('checkpoint'), (text) => text.replace(/\n\d+\n/, '\n3\n')),
        'extract-refused',
      ],
      ['the key', (at) => edit(at('log.vkey'), () => 'x+y+z\n'), 'extract-refused'],
      ['no key', (at) => rmSync(at('log.vkey')), 'extract-unreadable'],
      ['no checkpoint', (at) => rmSync(at('checkpoint')), 'extract-unreadable'],
      ['no events', (at) => rmSync(at('events.jsonl')), 'extract-unreadable'],
    ];
    for (const [what, change, expected] of cases) {
      const { code, document } = await copy(change);
      expect([what, code, document.error.code]).toEqual([
        what,
        expected === 'extract-refused' ? 1 : 2,
        expected,
      ]);
    }
    expect((await eve.json<{ logs: unknown[] }>('events imported', [])).document.logs).toEqual([]);
    expect((await copy(() => {})).code).toBe(0);
    eve.remove();
  });
});
