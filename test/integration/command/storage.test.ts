import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RekeyWorld, strong } from './rekey-command.ts';

interface Failure {
  error: { code: string; message: string; remedy: string };
}
interface Verification {
  intact: boolean;
  size: number;
  root: string;
  first_seq: number | null;
  last_seq: number | null;
  problems: { code: string }[];
}
interface Events {
  events: {
    id: string;
    seq: number;
    event_type: string;
    environment: { name: string } | null;
    timestamp: string;
    earlier_log: string | null;
  }[];
  next_before_seq: number | null;
  next_log: string | null;
  unreadable_log: string | null;
}
interface Run {
  run_id: string;
  state: string;
}

let world: RekeyWorld;
beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('one', { JWT_SECRET_KEY: strong.jwt, LOG: 'info' }, { args: ['--verify', 'true'] });
  await world.add('two', { JWT_SECRET_KEY: strong.other });
});
afterAll(() => world.remove());

const rotate = (env: string, ...more: string[]) =>
  world.json<Run>('rotate', [env, 'JWT_SECRET_KEY', '--force', '--yes', '--reason', 'test', ...more]);

describe('recovery', () => {
  test('a deleted file gets the keys back whose value is sealed here; the rest is named: 4', async () => {
    expect((await rotate('one')).code).toBe(0);
    const value = world.valueOf('one.env', 'JWT_SECRET_KEY');
    await world.set('one', { keys: { PARTNER_KEY: { purpose: 'Signs orders' } } });
    rmSync(world.path('one.env'));
    const { code, document } = await world.json<{ restored: string[]; missing: string[] }>('recover', [
      'one',
    ]);
    expect([code, document]).toEqual([
      4,
      { restored: ['JWT_SECRET_KEY'], missing: ['PARTNER_KEY'], silent: [] },
    ]);
    expect(world.valueOf('one.env', 'JWT_SECRET_KEY')).toBe(value);
    await world.set('one', { keys: { PARTNER_KEY: null } });
    const again = await world.json<{ restored: string[] }>('recover', ['one']);
    expect([again.code, again.document.restored]).toEqual([0, []]);
  });

  test('a recovery file opens with its passphrase only, and is never written over', async () => {
    const { document } = await rotate('two');
    expect(document.state).toBe('paused');
    const value = world.valueOf('two.env', 'JWT_SECRET_KEY');
    const write = (input: string, out: string) =>
      world.json<{ path: string } & Failure>('recovery-file', [document.run_id, '--out', out], { input });
    const made = await write('a passphrase of a test', 'two.age');
    expect([made.code, made.document.path]).toEqual([0, world.path('two.age')]);
    expect(readFileSync(world.path('two.age')).includes(Buffer.from(String(value)))).toBe(false);
    const twice = await write('a passphrase of a test', 'two.age');
    expect([twice.code, twice.document.error.code]).toEqual([2, 'file-exists']);

    rmSync(world.path('two.env'));
    const wrong = await world.json<Failure>('recover', ['two', '--from', 'two.age'], {
      input: 'another passphrase',
    });
    expect([wrong.code, wrong.document.error.code]).toEqual([2, 'recovery-file-unreadable']);
    expect(existsSync(world.path('two.env'))).toBe(false);
    const back = await world.json<{ restored: string[] }>('recover', ['two', '--from', 'two.age'], {
      input: 'a passphrase of a test',
    });
    expect([back.code, back.document.restored]).toEqual([0, ['JWT_SECRET_KEY']]);
    expect(world.valueOf('two.env', 'JWT_SECRET_KEY')).toBe(value);
  });
});

describe('two at work', () => {
  test('a second rotation of the environment meanwhile: 3; a left lock is taken away with a reason', async () => {
    await world.add(
      'busy',
      { JWT_SECRET_KEY: strong.jwt, WEBHOOK_SIGNING_KEY: strong.webhook },
      { args: ['--restart', '["sleep","8"]', '--verify', 'true'] },
    );
    const { commandBundle } = await import('../../../scripts/setup/project.mjs');
    const first = spawn(
      process.execPath,
      [commandBundle, 'rotate', 'busy', 'JWT_SECRET_KEY', '--force', '--yes', '--reason', 'first'],
      { cwd: world.root, env: world.env, stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => first.once('exit', resolve));
    for (
      let tries = 0;
      world.valueOf('busy.env', 'JWT_SECRET_KEY') === strong.jwt && tries < 300;
      tries += 1
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const second = await world.json<Failure>('rotate', [
      'busy',
      'WEBHOOK_SIGNING_KEY',
      '--force',
      '--yes',
      '--reason',
      'second',
    ]);
    expect([second.code, second.document.error.code]).toEqual([3, 'environment-locked']);
    expect(world.valueOf('busy.env', 'WEBHOOK_SIGNING_KEY')).toBe(strong.webhook);

    first.kill('SIGKILL');
    await ended;
    const runs = await world.json<{
      runs: { run_id: string; state: string; environment: { name: string } }[];
    }>('runs', []);
    const open = runs.document.runs.find(
      ({ environment, state }) => environment.name === 'busy' && state === 'running',
    );
    expect(open).toBeDefined();
    const unlocked = await world.json<{ unlocked: boolean }>('run unlock', [
      'busy',
      '--reason',
      'its process is gone',
    ]);
    expect([unlocked.code, unlocked.document.unlocked]).toEqual([0, true]);
    await world.set('busy', { commands: { restart: { argv: ['true'] } } });
    const unsure = await world.json<Failure>('run resume', [String(open?.run_id)]);
    expect(unsure.code).toBe(2);
    const done = await world.json<Run>('run resume', [String(open?.run_id), '--yes']);
    expect([done.code, done.document.state]).toEqual([0, 'completed']);
    const none = await world.json<Failure>('run unlock', ['busy', '--reason', 'x']);
    expect([none.code, none.document.error.code]).toEqual([3, 'environment-not-locked']);
  });
});

describe('events', () => {
  test('filters', async () => {
    const of = async (...args: string[]) => (await world.json<Events>('events', args)).document.events;
    const one = await of('--env', 'one');
    expect(one.length).toBeGreaterThan(3);
    expect(new Set(one.map(({ environment }) => environment?.name))).toEqual(new Set(['one']));
    expect(new Set((await of('--type', 'key_rotation')).map(({ event_type }) => event_type))).toEqual(
      new Set(['key_rotation']),
    );
    expect(await of('--since', '2099-01-01')).toEqual([]);
    expect((await of('--limit', '2')).length).toBe(2);
    for (const args of [
      ['--type', 'nonsense'],
      ['--since', 'yesterday'],
      ['--limit', '0'],
      ['--before-seq', 'x'],
      ['--log', 'nonsense'],
      ['--log', '0123456789abcdef'],
      ['--env', 'nobody'],
    ]) {
      expect((await world.json('events', args)).code).toBe(2);
    }
  });

  test('verify, export and move', async () => {
    const { code, document, stderr } = await world.json<Verification>('events verify', []);
    expect([code, document.intact, document.problems, document.first_seq]).toEqual([0, true, [], 0]);
    expect(document.last_seq).toBe(document.size - 1);
    expect(stderr).toContain('100 %');
    const exported = await world.json<{ size: number; root: string }>('events export', ['--out', 'audit']);
    expect(exported.code).toBe(0);
    const copied = readFileSync(world.path('audit', 'events.jsonl'), 'utf8').trimEnd().split('\n');
    expect(copied).toHaveLength(exported.document.size);
    const { root } = (await world.json<Verification>('events verify', [])).document;
    expect(readdirSync(world.path('audit'))).toContain('events.jsonl');
    expect((await world.json('events export', ['--out', 'audit'])).code).toBe(2);

    mkdirSync(world.path('elsewhere'), { mode: 0o700 });
    const moved = await world.json<{ folder: string }>('events move', [
      '--to',
      'elsewhere/log',
      '--reason',
      'disk is full',
    ]);
    expect([moved.code, moved.document.folder]).toEqual([0, world.path('elsewhere', 'log')]);
    const first = readFileSync(world.path('elsewhere', 'log', 'events.jsonl'), 'utf8').split('\n')[0];
    expect(first).toContain(root);
    // The runs of the old log are not forgotten.
    expect((await world.json<{ runs: unknown[] }>('runs', [])).document.runs.length).toBeGreaterThan(1);
    await expectWholeHistory(copied);
  });

  /** The list goes on, page by page, from the new log (only the event of the move) into the old one. */
  async function expectWholeHistory(old: readonly string[]): Promise<void> {
    const all = (await world.json<Events>('events', ['--limit', '1000'])).document;
    expect(all.events.map(({ id }) => id).slice(1)).toEqual(old.map((line) => JSON.parse(line).id).reverse());
    expect(all.events.map(({ earlier_log }) => earlier_log)).toEqual([
      null,
      ...old.map(() => join(world.data, 'log')),
    ]);
    expect([all.next_before_seq, all.next_log, all.unreadable_log]).toEqual([null, null, null]);
    const paged: string[] = [];
    for (let from: string[] = []; ; ) {
      const page = (await world.json<Events>('events', ['--limit', '7', ...from])).document;
      paged.push(...page.events.map(({ id }) => id));
      if (page.next_before_seq === null) break;
      from = ['--before-seq', String(page.next_before_seq), '--log', page.next_log ?? ''];
    }
    expect(paged).toEqual(all.events.map(({ id }) => id));
    const text = (await world.call(['events', '--limit', '3'])).stdout.split('\n');
    expect(text[0]).toContain('log/moved');
    expect(text[1]).toBe(`Earlier log, in ${join(world.data, 'log')}:`);
  }

  test('a damaged log: verify says no (1), rotations stop (5), until a person acknowledges it', async () => {
    const log = world.path('elsewhere', 'log', 'events.jsonl');
    for (let more = 0; more < 3; more += 1) {
      await world.call(['mark', 'one', 'JWT_SECRET_KEY', '--compromised', '--reason', `note ${more}`]);
    }
    const text = readFileSync(log, 'utf8');
    writeFileSync(log, text.replace('note 1', 'note 7'));
    const { code, document } = await world.json<Verification>('events verify', []);
    expect([code, document.intact]).toEqual([1, false]);
    expect(document.problems.length).toBeGreaterThan(0);
    const before = world.read('one.env');
    const stopped = await world.json<Failure>('rotate', ['one', 'JWT_SECRET_KEY', '--yes', '--reason', 'x']);
    expect([stopped.code, stopped.document.error.code]).toEqual([5, 'log-corrupt']);
    expect(world.read('one.env')).toBe(before);
    expect((await world.json('events acknowledge', ['--reason', 'a test changed it'])).code).toBe(0);
    expect((await rotate('one')).code).toBe(0);
  });

  test('a log that cannot be written: 5, and nothing is rotated', async () => {
    const full = new RekeyWorld();
    mkdirSync(full.path('small'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full.path('small')]);
    expect(mounted.status, 'this test mounts a small tmpfs').toBe(0);
    try {
      await full.add('x', { JWT_SECRET_KEY: strong.jwt });
      await full.call(['events', 'move', '--to', full.path('small', 'log'), '--reason', 'test']);
      writeFileSync(full.path('small', 'filler'), '');
      spawnSync('sh', ['-c', 'cat /dev/zero > "$1" 2>/dev/null', 'sh', full.path('small', 'filler')]);
      const { code, document } = await full.json<Failure>('rotate', [
        'x',
        'JWT_SECRET_KEY',
        '--force',
        '--yes',
        '--reason',
        'x',
      ]);
      expect([code, document.error.code]).toEqual([5, 'log-unwritable']);
      expect(full.valueOf('x.env', 'JWT_SECRET_KEY')).toBe(strong.jwt);
    } finally {
      spawnSync('umount', [full.path('small')]);
      full.remove();
    }
  });
});

describe('keychain check', () => {
  test('the vault: 0; a wrong passphrase, or none: 5', async () => {
    const vault = new RekeyWorld({}, 'vault');
    try {
      const good = await vault.json<{ state: string; backend: string }>('keychain check', []);
      expect([good.code, good.document.state]).toEqual([0, 'durable']);
      await vault.add('x', { JWT_SECRET_KEY: strong.jwt }, { args: ['--verify', 'true'] });
      const done = await vault.json<Run>('rotate', ['x', '--all', '--yes', '--reason', 'x']);
      expect([done.code, done.document.state]).toEqual([0, 'completed']);
      vault.file('wrong', 'not the passphrase of it\n');
      const wrong = await vault.call(['keychain', 'check', '--json'], {
        env: { REKEY_PASSPHRASE_FILE: vault.path('wrong') },
      });
      expect(wrong.code).toBe(5);
      expect(() => JSON.parse(wrong.stdout)).not.toThrow();
    } finally {
      vault.remove();
    }
  });

  test('the OS keychain: 0; where there is none: 5', async () => {
    const os = new RekeyWorld();
    try {
      const real = await os.json<{ state: string }>('keychain check', []);
      expect([real.code, real.document.state]).toEqual([0, 'durable']);
      const nowhere = await os.json<{ state: string }>('keychain check', [], {
        env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
      });
      expect(nowhere.code).toBe(5);
      await os.add('x', { JWT_SECRET_KEY: strong.jwt }, { args: ['--verify', 'true'] });
      const done = await os.json<Run>('rotate', ['x', '--all', '--yes', '--reason', 'x']);
      expect([done.code, done.document.state]).toEqual([0, 'completed']);

      // To the vault and back: what is sealed opens with either.
      const decided = await os.json<Failure>('keychain use', ['vault']);
      expect([decided.code, decided.document.error.code]).toEqual([1, 'illegal-move']);
      const free = { REKEY_KEYCHAIN: null };
      const none = await os.json<Failure>('keychain use', ['vault'], { env: free });
      expect([none.code, none.document.error.code]).toEqual([5, 'vault-absent']);
      expect(none.document.error.remedy).toContain('REKEY_PASSPHRASE_FILE');
      const env = { ...free, REKEY_PASSPHRASE_FILE: os.file('passphrase', 'correct horse battery staple\n') };
      for (const store of ['vault', 'os']) {
        const used = await os.json<{ backend: string; state: string }>('keychain use', [store], { env });
        expect([used.code, used.document.backend, used.document.state]).toEqual([0, store, 'durable']);
        rmSync(os.path('x.env'));
        const recovered = await os.json<{ restored: string[] }>('recover', ['x'], { env });
        expect(recovered.code).toBe(0);
        expect(os.valueOf('x.env', 'JWT_SECRET_KEY')).not.toBe(strong.jwt);
      }
      expect((await os.call(['keychain', 'use', 'elsewhere'], { env })).code).toBe(2);
    } finally {
      os.remove();
    }
  });
});

describe('practice', () => {
  test('start, status, reset', async () => {
    const own = new RekeyWorld();
    try {
      const started = await own.json<{ id: string; running: boolean; url: string }>('practice start', []);
      expect([started.code, started.document.running]).toEqual([0, true]);
      const answer = await fetch(new URL('/health', started.document.url));
      expect(answer.status).toBe(200);
      expect((await own.json('status', [started.document.id])).code).toBe(1);
      const reset = await own.json<{ running: boolean }>('practice reset', []);
      expect([reset.code, reset.document.running]).toEqual([0, true]);
    } finally {
      // The service outlives the command on purpose; nothing else would end it.
      const { pid } = JSON.parse(own.read('data/practice/service.json'));
      process.kill(pid, 'SIGTERM');
      own.remove();
    }
  });
});

test('a guided run needs a terminal: 2', async () => {
  const { code, document } = await world.json<Failure>('run', ['planned', 'one']);
  expect([code, document.error.code]).toEqual([2, 'usage']);
});
