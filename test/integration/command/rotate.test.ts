import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RekeyWorld, strong } from './rekey-command.ts';

interface Rotation {
  key: string;
  state: string;
  adoption: string | null;
  old_fingerprint: string | null;
  new_fingerprint: string | null;
  retire_after: string | null;
}
interface Run {
  run_id: string;
  state: string;
  dry_run: boolean;
  drill: boolean;
  waits_for: string | null;
  resume_after: string | null;
  rotations: Rotation[];
}
interface Failure {
  error: { code: string; message: string; unchanged: string; remedy: string; details?: { run_id?: string } };
}
interface Status {
  environments: { keys: { key: string; status: string }[] }[];
}

let world: RekeyWorld;
beforeAll(() => {
  world = new RekeyWorld();
});
afterAll(() => world.remove());

const rotate = (env: string, ...args: string[]) =>
  world.json<Run>('rotate', [env, ...args, '--reason', 'test']);
const refused = (command: string, ...args: string[]) => world.json<Failure>(command, args);
const statusOf = async (env: string, key: string) =>
  (await world.json<Status>('status', [env])).document.environments[0]?.keys.find((one) => one.key === key)
    ?.status;
const baseline = (env: string, key: string, date: string) =>
  world.call(['baseline', env, key, '--date', date, '--reason', 'known from the ticket']);
const today = new Date().toISOString().slice(0, 10);

describe('what is due', () => {
  test('a named key that is not due refuses the whole command: 1, and nothing is done', async () => {
    const file = await world.add('due', { JWT_SECRET_KEY: strong.jwt, WEBHOOK_SIGNING_KEY: strong.webhook });
    await baseline('due', 'JWT_SECRET_KEY', today);
    const before = world.read(file);
    const { code, document } = await refused(
      'rotate',
      'due',
      'WEBHOOK_SIGNING_KEY',
      'JWT_SECRET_KEY',
      '--reason',
      'test',
      '--yes',
    );
    expect([code, document.error.code]).toEqual([1, 'not-due']);
    expect(document.error.message).toContain('JWT_SECRET_KEY');
    expect(world.read(file)).toBe(before);
    const runs = await world.json<{ runs: unknown[] }>('runs', []);
    expect(runs.document.runs).toEqual([]);
  });

  test('--all with none due: 1; --force rotates all the same', async () => {
    await baseline('due', 'WEBHOOK_SIGNING_KEY', today);
    const none = await refused('rotate', 'due', '--all', '--reason', 'test', '--yes');
    expect([none.code, none.document.error.code]).toEqual([1, 'not-due']);
    const forced = await rotate('due', 'JWT_SECRET_KEY', '--force', '--yes');
    expect([forced.code, forced.document.rotations[0]?.state]).toEqual([4, 'adopted']);
  });

  test('a key that is neither there nor known: 2', async () => {
    const { code, document } = await refused('rotate', 'due', 'NO_SUCH_KEY', '--reason', 'x', '--yes');
    expect([code, document.error.code]).toEqual([2, 'key-unknown']);
  });

  test('a known key that has no value and that nothing requires: 3; --force gives it a first value', async () => {
    const file = await world.add('absent', { JWT_SECRET_KEY: strong.jwt }, { args: ['--verify', 'true'] });
    const before = world.read(file);
    const args = ['absent', 'ENCRYPTION_KEY', '--reason', 'x', '--yes'];
    const { code, document } = await refused('rotate', ...args);
    expect([code, document.error.code]).toEqual([3, 'key-absent']);
    expect(document.error).toMatchObject({
      message: expect.stringContaining('ENCRYPTION_KEY has no value in "absent"'),
      unchanged: 'Nothing was changed.',
      remedy: expect.stringContaining('--force'),
    });
    expect(world.read(file)).toBe(before);
    const forced = await world.json<Run>('rotate', [...args, '--force']);
    expect([forced.code, forced.document.state]).toEqual([0, 'completed']);
    expect(world.valueOf(file, 'ENCRYPTION_KEY')).toMatch(/^[\w-]{32}$/);
  });

  test.each([
    ['no key', ['--yes']],
    ['a key and --all', ['JWT_SECRET_KEY', '--all', '--yes']],
    ['no --yes', ['JWT_SECRET_KEY']],
  ])('%s is wrong usage: 2', async (_what, args) => {
    const { code, document } = await refused('rotate', 'due', ...args, '--reason', 'x');
    expect([code, document.error.code]).toEqual([2, 'usage']);
  });

  test('--dry-run shows the plan, needs no --yes, and writes nothing', async () => {
    const file = await world.add('dry', { JWT_SECRET_KEY: strong.jwt });
    const before = world.read(file);
    const { code, document } = await world.json<{ state: string; set: string[]; plans: { key: string }[] }>(
      'rotate',
      ['dry', 'JWT_SECRET_KEY', '--reason', 'x', '--dry-run'],
    );
    expect([code, document.state, document.set]).toEqual([0, 'draft', ['JWT_SECRET_KEY']]);
    expect(document.plans.map((plan) => plan.key)).toEqual(['JWT_SECRET_KEY']);
    expect(world.read(file)).toBe(before);
  });
});

describe('without overlap', () => {
  test('unproven stops: 4, paused, adopted; a person’s word and advance complete it', async () => {
    const file = await world.add('word', { JWT_SECRET_KEY: strong.jwt });
    const stopped = await rotate('word', 'JWT_SECRET_KEY', '--yes');
    expect(stopped.code).toBe(4);
    expect(stopped.document).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ key: 'JWT_SECRET_KEY', state: 'adopted', adoption: 'unproven' }],
    });
    expect(world.valueOf(file, 'JWT_SECRET_KEY')).not.toBe(strong.jwt);
    expect(stopped.stderr).not.toBe('');
    const { run_id } = stopped.document;

    const early = await world.json<Run>('run advance', [run_id, '--yes']);
    expect([early.code, early.document.waits_for]).toEqual([4, 'attestation']);

    world.file('seen.txt', 'HTTP/1.1 200 OK\n');
    const wrong = await refused('run attest', run_id, 'nonsense', '--evidence', 'seen.txt', '--reason', 'x');
    expect([wrong.code, wrong.document.error.code]).toEqual([2, 'step-unknown']);
    const none = await refused('run attest', run_id, 'adopted', '--evidence', 'none.txt', '--reason', 'x');
    expect([none.code, none.document.error.code]).toEqual([2, 'invalid-input']);

    const word = await world.json<Run>('run attest', [
      run_id,
      'adopted',
      '--evidence',
      'seen.txt',
      '--reason',
      'the service answers under the new key',
    ]);
    expect([word.code, word.document.rotations[0]?.adoption]).toEqual([0, 'attested']);
    const unsure = await refused('run advance', run_id);
    expect([unsure.code, unsure.document.error.code]).toEqual([2, 'usage']);
    const done = await world.json<Run>('run advance', [run_id.slice(0, 13), '--yes']);
    expect(done.code).toBe(0);
    expect(done.document).toMatchObject({ state: 'completed', rotations: [{ state: 'closed' }] });
    expect(await statusOf('word', 'JWT_SECRET_KEY')).toBe('ok');

    const late = await refused('run rollback', run_id, '--reason', 'x', '--yes');
    expect([late.code, late.document.error.code]).toEqual([1, 'point-of-no-return']);
    expect((await refused('run abort', run_id, '--reason', 'x')).code).toBe(1);
  });

  test('a passing verify command proves it: 0, completed', async () => {
    await world.add(
      'proven',
      { JWT_SECRET_KEY: strong.jwt },
      { args: ['--restart', 'true', '--verify', 'true'] },
    );
    const { code, document } = await rotate('proven', 'JWT_SECRET_KEY', '--yes');
    expect([code, document.state, document.rotations[0]?.adoption]).toEqual([0, 'completed', 'proven']);
  });

  test('a failing restart stops it for a person: 4; rolled back, the old value is primary again', async () => {
    const file = await world.add('failing', { JWT_SECRET_KEY: strong.jwt }, { args: ['--restart', 'false'] });
    const { code, document } = await rotate('failing', 'JWT_SECRET_KEY', '--yes');
    expect([code, document.state]).toEqual([4, 'paused']);
    await world.set('failing', { commands: { restart: { argv: ['true'] } } });
    const unsure = await refused('run rollback', document.run_id, '--reason', 'outage');
    expect(unsure.code).toBe(2);
    const back = await world.json<Run>('run rollback', [document.run_id, '--reason', 'outage', '--yes']);
    expect([back.code, back.document.state]).toEqual([0, 'rolled-back']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY')).toBe(strong.jwt);
  });

  test('a supplied value comes from standard input alone', async () => {
    const file = await world.add('supplied', { JWT_SECRET_KEY: strong.jwt }, { args: ['--verify', 'true'] });
    await world.set('supplied', { keys: { JWT_SECRET_KEY: { issuer: 'supplied' } } });
    const without = await rotate('supplied', 'JWT_SECRET_KEY', '--yes');
    expect([without.code, without.document.waits_for]).toEqual([4, 'supplied-value']);
    const given = await world.json<Run>('run resume', [without.document.run_id, '--value-stdin', '--yes'], {
      input: `${strong.other}\n`,
    });
    expect([given.code, given.document.state]).toEqual([0, 'completed']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY')).toBe(strong.other);
    expect(given.stdout + given.stderr).not.toContain(strong.other);

    const again = await world.json<Run>(
      'rotate',
      ['supplied', 'JWT_SECRET_KEY', '--force', '--value-stdin', '--yes', '--reason', 'new from the partner'],
      { input: strong.webhook },
    );
    expect([again.code, world.valueOf(file, 'JWT_SECRET_KEY')]).toEqual([0, strong.webhook]);
  });
});

describe('with overlap', () => {
  test('soaks: 0, soaking; too early is 1; --early REASON retires', async () => {
    const file = await world.add('soak', { JWT_SECRET_KEY: strong.jwt });
    await world.set('soak', { keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '2h' } } });
    const { code, document } = await rotate('soak', 'JWT_SECRET_KEY', '--yes');
    expect([code, document.state, document.waits_for]).toEqual([0, 'soaking', 'soak']);
    expect(document.rotations[0]).toMatchObject({ state: 'soaking', adoption: 'unproven' });
    expect(document.resume_after).toBe(document.rotations[0]?.retire_after);
    expect(world.valueOf(file, 'JWT_SECRET_KEY_PREVIOUS')).toBe(strong.jwt);
    expect(await statusOf('soak', 'JWT_SECRET_KEY')).toBe('soaking');

    const early = await refused('run advance', document.run_id, '--yes');
    expect([early.code, early.document.error.code]).toEqual([1, 'too-early']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY_PREVIOUS')).toBe(strong.jwt);

    const occupied = await refused('rotate', 'soak', 'JWT_SECRET_KEY', '--force', '--reason', 'x', '--yes');
    expect([occupied.code, occupied.stdout]).toEqual([expect.any(Number), expect.stringContaining('error')]);
    expect(occupied.code).not.toBe(0);

    const word = ['--evidence', world.file('e.txt', 'ok'), '--reason', 'seen'];
    await world.json<Run>('run attest', [document.run_id, 'adopted', ...word]);
    const done = await world.json<Run>('run advance', [
      document.run_id,
      '--early',
      'nobody is logged in',
      '--yes',
    ]);
    expect([done.code, done.document.state]).toEqual([0, 'completed-with-deviations']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY_PREVIOUS')).toBeNull();
  });

  test('when its time has come and adoption is unproven, advance waits: 4', async () => {
    await world.add('brief', { JWT_SECRET_KEY: strong.jwt });
    await world.set('brief', { keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '1s' } } });
    const { code, document } = await rotate('brief', 'JWT_SECRET_KEY', '--yes');
    expect([code, document.state]).toEqual([0, 'soaking']);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const waiting = await world.json<Run>('run advance', [document.run_id, '--yes']);
    expect([waiting.code, waiting.document.waits_for]).toEqual([4, 'attestation']);
    const back = await world.json<Run>('run rollback', [document.run_id, '--reason', 'not sure', '--yes']);
    expect([back.code, back.document.state]).toEqual([0, 'soaking']);
    expect(back.document.rotations[0]?.state).toBe('rolling-back');
    expect(world.valueOf('brief.env', 'JWT_SECRET_KEY')).toBe(strong.jwt);
  });

  test('in an emergency a signing key gets no overlap, due or not', async () => {
    const file = await world.add('leak', { JWT_SECRET_KEY: strong.jwt });
    await world.set('leak', { keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '2h' } } });
    await baseline('leak', 'JWT_SECRET_KEY', today);
    await world.json('mark', ['leak', 'JWT_SECRET_KEY', '--compromised', '--reason', 'in a public log']);
    const { code, document } = await rotate('leak', 'JWT_SECRET_KEY', '--emergency', '--yes');
    expect([code, document.rotations[0]?.adoption]).toEqual([4, 'unproven']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY_PREVIOUS')).toBeNull();

    const plain = await refused('run rollback', document.run_id, '--reason', 'outage', '--yes');
    expect([plain.code, plain.document.error.code]).toEqual([1, 'compromised-restore']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY')).not.toBe(strong.jwt);
    const restored = await world.json<Run>('run rollback', [
      document.run_id,
      '--restore-compromised',
      '--reason',
      'the outage is worse',
      '--yes',
    ]);
    // The old value is primary again; the new one stays accepted until somebody has seen the old one in use.
    expect([restored.code, restored.document.state]).toEqual([4, 'paused']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY')).toBe(strong.jwt);
    expect(await statusOf('leak', 'JWT_SECRET_KEY')).toBe('compromised');
    const word = ['--evidence', world.file('e.txt', 'ok'), '--reason', 'seen'];
    await world.json<Run>('run attest', [document.run_id, 'adopted', ...word]);
    const done = await world.json<Run>('run advance', [
      document.run_id,
      '--early',
      'nobody logs in',
      '--yes',
    ]);
    expect([done.code, done.document.state]).toEqual([0, 'rolled-back']);
    expect(world.valueOf(file, 'JWT_SECRET_KEY_PREVIOUS')).toBeNull();
  });
});

describe('data', () => {
  test('one slot and no commands: a person stops the service; what was not activated can be aborted', async () => {
    const file = await world.add('rows', { TOKEN_ENCRYPTION_KEY: strong.token });
    const { code, document } = await rotate('rows', 'TOKEN_ENCRYPTION_KEY', '--yes');
    expect([code, document.rotations[0]?.state]).toEqual([4, 'pending']);
    expect(world.valueOf(file, 'TOKEN_ENCRYPTION_KEY')).toBe(strong.token);
    const shown = await world.call(['run', 'show', document.run_id]);
    expect(shown.stdout).toContain(`run attest ${document.run_id} stopped`);
    const given = await world.json<Run>('run abort', [document.run_id, '--reason', 'not tonight']);
    expect([given.code, given.document.state]).toEqual([0, 'aborted']);
    expect(await statusOf('rows', 'TOKEN_ENCRYPTION_KEY')).toBe('unrecorded');
  });

  test('stop, re-encrypt, start and verify: 0, completed, with proof', async () => {
    const count = JSON.stringify([
      'sh',
      '-c',
      'cat >/dev/null; echo \'{"total":3,"changed":3,"remaining_old":0}\'',
    ]);
    const file = await world.add(
      'reencrypted',
      { TOKEN_ENCRYPTION_KEY: strong.token },
      { args: ['--stop', 'true', '--start', 'true', '--reencrypt', count, '--verify', 'true'] },
    );
    const { code, document } = await rotate('reencrypted', '--all', '--yes');
    expect([code, document.state]).toEqual([0, 'completed']);
    expect(world.valueOf(file, 'TOKEN_ENCRYPTION_KEY')).not.toBe(strong.token);
  });
});

test('rotating all due keys is one run', async () => {
  await world.add(
    'all',
    { TOKEN_ENCRYPTION_KEY: strong.token, JWT_SECRET_KEY: 'changeme', WEBHOOK_SIGNING_KEY: strong.webhook },
    { args: ['--verify', 'true', '--restart', 'true'] },
  );
  await baseline('all', 'TOKEN_ENCRYPTION_KEY', today);
  const { code, document } = await rotate('all', '--all', '--yes');
  expect([code, document.rotations.map(({ key }) => key).sort()]).toEqual([
    0,
    ['JWT_SECRET_KEY', 'WEBHOOK_SIGNING_KEY'],
  ]);
});
