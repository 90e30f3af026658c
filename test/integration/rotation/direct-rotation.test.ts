import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '#shared/model/secret.ts';
import { rowsOf } from '#test/crash/consumer-environment.ts';
import { rotationWorlds } from './world-fixture.ts';

const newWorld = rotationWorlds();
const hour = 3_600_000;

const messages = (slots: 'one' | 'previous' | 'next+previous', soak: '0s' | '1h' = '1h') => ({
  API_SIGNING_KEY: { protects: 'messages', slots, soak } as const,
});
const data = (slots: 'one' | 'previous' | 'next+previous') => ({
  ENCRYPTION_KEY: { protects: 'data', slots } as const,
});

describe('rotating messages', () => {
  it('one slot: swaps, restarts, proves, destroys the old value', async () => {
    const world = newWorld({ keys: messages('one') });
    const before = world.variables().get('API_SIGNING_KEY');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'completed', waits_for: null, recovery_file: { written: false } });
    expect(run.rotations).toMatchObject([{ state: 'closed', adoption: 'proven' }]);
    expect(world.variables().get('API_SIGNING_KEY')).not.toBe(before);
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
    expect(world.running()).toEqual(world.variables());
    expect(world.sealed.list().map(({ role }) => role)).toEqual(['new']);
    const events = [...world.log.scan()];
    const rotated = events.filter(({ action }) => action === 'rotated');
    expect(rotated).toMatchObject([
      {
        event_type: 'key_rotation',
        key_type: 'API_SIGNING_KEY',
        reason: 'test',
        user_id: 'ada@example.org',
        compliance_status: 'compliant',
      },
    ]);
    const due = Date.parse(rotated[0]?.next_rotation_due ?? '') - Date.parse(rotated[0]?.timestamp ?? '');
    expect(Math.round(due / 86_400_000)).toBe(180);
  });

  it('previous slot: soaks, refuses to go on too early, retires when the time has come', async () => {
    const world = newWorld({ keys: messages('previous') });
    const before = world.variables().get('API_SIGNING_KEY');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'soaking', waits_for: 'soak' });
    expect(Date.parse(run.resume_after ?? '') - world.clock.now().getTime()).toBeGreaterThan(hour - 60_000);
    expect(world.variables().get('API_SIGNING_KEY_PREVIOUS')).toBe(before);
    await expect(world.direct.advance(run.run_id)).rejects.toMatchObject({ code: 'too-early', exitCode: 1 });

    world.clock.offset = hour + 1000;
    const ended = await world.direct.advance(run.run_id);
    expect(ended.state).toBe('completed');
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
    expect(world.running()).toEqual(world.variables());
  });

  it('early retirement needs a reason, and is a deviation', async () => {
    const world = newWorld({ keys: messages('previous') });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    const ended = await world.direct.advance(run.run_id, { earlyRetirementReason: 'No token is out there.' });
    expect(ended).toMatchObject({
      state: 'completed-with-deviations',
      deviations: [{ reason: 'No token is out there.' }],
    });
  });

  it('next slot: the consumer accepts the new value before it is used', async () => {
    const world = newWorld({ keys: messages('next+previous', '0s') });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run.state).toBe('completed');
    const actions = world.actions();
    const accepted = actions.indexOf('API_SIGNING_KEY accept-done');
    expect(accepted).toBeGreaterThan(actions.indexOf('API_SIGNING_KEY restart-done (restart-staged)'));
    expect(actions.indexOf('API_SIGNING_KEY activate-intended')).toBeGreaterThan(accepted);
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
  });

  it('a consumer that does not accept the new value stops the rotation before it is used', async () => {
    const world = newWorld({ keys: messages('next+previous') });
    const before = world.variables().get('API_SIGNING_KEY');
    world.tell('fail-accepts-next');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'paused', waits_for: 'operator', rotations: [{ state: 'pending' }] });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before);
    const aborted = await world.direct.abort(run.run_id, 'It will not accept it.');
    expect(aborted).toMatchObject({ state: 'aborted', rotations: [{ state: 'abandoned' }] });
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
    expect(world.sealed.list()).toEqual([]);
  });

  it('an emergency has no overlap, and restoring the attacker’s value needs to be asked for', async () => {
    const world = newWorld({ keys: messages('previous', '0s'), commands: ['restart'] });
    const before = world.variables().get('API_SIGNING_KEY');
    const run = await world.direct.rotate(
      world.request(['API_SIGNING_KEY'], { mode: 'emergency', force: false }),
    );
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ state: 'adopted', adoption: 'unproven' }],
    });
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
    await expect(
      world.direct.rollBack(run.run_id, { reason: 'x', restoreCompromised: false }),
    ).rejects.toMatchObject({ code: 'compromised-restore', exitCode: 1 });
    const back = await world.direct.rollBack(run.run_id, { reason: 'false alarm', restoreCompromised: true });
    expect(back.rotations).toMatchObject([{ state: 'rolling-back', adoption: 'unproven' }]);
    expect(back).toMatchObject({ state: 'paused', waits_for: 'attestation' });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before);
    await world.direct.attest(run.run_id, 'adopted', { text: 'seen', reason: 'seen' });
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'rolled-back' });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before);
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
  });

  it('unproven adoption without a soak waits for a person’s word, and then goes on', async () => {
    const world = newWorld({ keys: messages('one'), commands: ['restart'] });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ state: 'adopted', adoption: 'unproven' }],
    });
    const attested = await world.direct.attest(run.run_id, 'adopted', {
      text: 'HTTP 200',
      reason: 'I looked.',
    });
    expect(attested.rotations).toMatchObject([{ state: 'adopted', adoption: 'attested' }]);
    expect(await world.direct.resume(run.run_id)).toMatchObject({
      state: 'completed',
      rotations: [{ state: 'closed', adoption: 'attested' }],
    });
    await expect(
      world.direct.attest(run.run_id, 'no-such-step', { text: '', reason: '' }),
    ).rejects.toMatchObject({ code: 'step-unknown', exitCode: 2 });
  });

  it('a soak is a good answer whatever the adoption; advancing then waits for a person', async () => {
    const world = newWorld({ keys: messages('previous'), commands: ['restart'] });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'soaking', rotations: [{ adoption: 'unproven' }] });
    world.clock.offset = hour + 1000;
    expect(await world.direct.advance(run.run_id)).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ state: 'soaking' }],
    });
  });

  it('a failing verify stops after activation; resume tries again, rollback goes back', async () => {
    const world = newWorld({ keys: messages('previous') });
    const before = world.variables().get('API_SIGNING_KEY');
    world.tell('fail-verify');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'operator',
      rotations: [{ state: 'activated' }],
    });
    expect(await world.direct.resume(run.run_id)).toMatchObject({ rotations: [{ state: 'activated' }] });
    world.tell('fail-verify', false);
    const back = await world.direct.rollBack(run.run_id, { reason: 'broken', restoreCompromised: false });
    expect(back).toMatchObject({ state: 'soaking', rotations: [{ state: 'rolling-back' }] });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before);
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(true);
    world.clock.offset = hour + 1000;
    const ended = await world.direct.advance(run.run_id);
    expect(ended).toMatchObject({ state: 'rolled-back', rotations: [{ state: 'rolled-back' }] });
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before);
  });

  it('while the previous slot is occupied a planned rotation is refused; an emergency drops it first', async () => {
    const world = newWorld({ keys: messages('previous') });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    await expect(world.direct.rotate(world.request(['API_SIGNING_KEY']))).rejects.toMatchObject({
      code: 'previous-occupied',
      exitCode: 1,
    });
    const second = world.variables().get('API_SIGNING_KEY');
    const urgent = await world.direct.rotate(world.request(['API_SIGNING_KEY'], { mode: 'emergency' }));
    expect(urgent.state).toBe('completed');
    expect(world.runs.get(run.run_id)).toMatchObject({
      state: 'completed-with-deviations',
      rotations: [{ state: 'closed' }],
    });
    expect(world.variables().get('API_SIGNING_KEY')).not.toBe(second);
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
    expect(world.actions().filter((action) => action.endsWith(' rotated'))).toHaveLength(2);
    expect(world.sealed.list()).toHaveLength(1);
  });

  it('a previous slot that nobody here filled is not overwritten', async () => {
    const world = newWorld({ keys: messages('previous') });
    const file = join(world.environmentFolder, '.env');
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}API_SIGNING_KEY_PREVIOUS=somebody-elses-value-0123456789\n`,
    );
    await expect(world.direct.rotate(world.request(['API_SIGNING_KEY']))).rejects.toMatchObject({
      code: 'previous-occupied',
    });
    expect(world.runs.list()).toEqual([]);
  });

  it('after retiring there is no way back', async () => {
    const world = newWorld({ keys: messages('one') });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    await expect(
      world.direct.rollBack(run.run_id, { reason: 'x', restoreCompromised: true }),
    ).rejects.toMatchObject({ code: 'point-of-no-return', exitCode: 1 });
  });

  it('an old value that is still accepted keeps the rotation open', async () => {
    const world = newWorld({ keys: messages('one') });
    world.tell('fail-verify-old-refused');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'paused', waits_for: 'operator', rotations: [{ state: 'retired' }] });
    await world.direct.attest(run.run_id, 'old-refused', { text: '401', reason: 'The check is broken.' });
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
  });

  it('a missing key gets its first value', async () => {
    const world = newWorld({ keys: messages('previous'), missing: ['API_SIGNING_KEY'] });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run).toMatchObject({ state: 'completed', rotations: [{ old_fingerprint: null }] });
    expect([...world.variables().keys()]).toEqual(['PORT', 'API_SIGNING_KEY']);
  });

  it('a supplied value comes from outside, is judged, and is not taken twice', async () => {
    const world = newWorld({ keys: { API_SIGNING_KEY: { issuer: 'supplied' } } });
    const request = world.request(['API_SIGNING_KEY']);
    const waiting = await world.direct.rotate(request);
    expect(waiting).toMatchObject({ state: 'paused', waits_for: 'supplied-value' });
    const supplied = (text: string) => ({ suppliedValues: new Map([['API_SIGNING_KEY', new Secret(text)]]) });
    await expect(world.direct.resume(waiting.run_id, supplied('short'))).rejects.toMatchObject({
      code: 'not-valid',
      exitCode: 1,
    });
    const value = 'k8Jq2_Lr7vXw3Zb9Tn5Yc1Md6Hs4Pf0Ge';
    const run = world.runs.get(waiting.run_id);
    expect(run.ended_at).toBeNull();
    expect(await world.direct.resume(waiting.run_id, supplied(value))).toMatchObject({ state: 'completed' });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(value);
    await expect(world.direct.rotate(request, supplied(value))).rejects.toMatchObject({ code: 'not-valid' });
  });
});

describe('rotating data', () => {
  for (const slots of ['one', 'previous', 'next+previous'] as const) {
    it(`${slots}: everything is re-encrypted before the old value goes`, async () => {
      const world = newWorld({ keys: data(slots) });
      const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
      expect(run).toMatchObject({
        state: 'completed',
        rotations: [{ state: 'closed', reencryption: { total: 3, changed: 3, remaining_old: 0 } }],
      });
      const value = world.variables().get('ENCRYPTION_KEY');
      expect(rowsOf(world.root).map((row) => row.value)).toEqual([value, value, value]);
      expect([...world.variables().keys()]).toEqual(['PORT', 'ENCRYPTION_KEY']);
      expect(world.running()).toEqual(world.variables());
    });

    it(`${slots}: rolling back re-encrypts back`, async () => {
      const world = newWorld({ keys: data(slots) });
      const before = world.variables().get('ENCRYPTION_KEY');
      world.tell('fail-verify');
      const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
      expect(run).toMatchObject({ state: 'paused', rotations: [{ state: 'activated' }] });
      world.tell('fail-verify', false);
      const back = await world.direct.rollBack(run.run_id, { reason: 'broken', restoreCompromised: false });
      expect(back).toMatchObject({ state: 'rolled-back', rotations: [{ state: 'rolled-back' }] });
      expect(rowsOf(world.root).map((row) => row.value)).toEqual([before, before, before]);
      expect([...world.variables().keys()]).toEqual(['PORT', 'ENCRYPTION_KEY']);
      expect(world.running()).toEqual(world.variables());
    });
  }

  it('without stop and start a person vouches for the stopped service', async () => {
    const world = newWorld({ keys: data('one'), commands: ['restart', 'reencrypt', 'verify'] });
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ state: 'pending' }],
    });
    await world.direct.attest(run.run_id, 'stopped', { text: 'inactive (dead)', reason: 'I stopped it.' });
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
  });

  it('without a verify command a person vouches for the re-encryption', async () => {
    const world = newWorld({ keys: data('previous'), commands: ['restart', 'reencrypt'] });
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ state: 'adopted' }],
    });
    await world.direct.attest(run.run_id, 're-encrypted', { text: 'SELECT count(*)', reason: 'none left' });
    await world.direct.attest(run.run_id, 'adopted', { text: 'reads', reason: 'reads' });
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
  });

  it('what is left under the old value keeps the rotation open', async () => {
    const world = newWorld({ keys: data('previous') });
    world.tell('leave-one');
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({ state: 'paused', waits_for: 'operator', rotations: [{ state: 'adopted' }] });
    expect(run.rotations[0]?.failed?.message).toContain('2 of 3 are still under the old value');
    world.tell('leave-one', false);
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
  });

  it('a killed re-encryption blocks: nothing is assumed, nothing destroyed, a person goes on', async () => {
    const world = newWorld({ keys: data('one') });
    world.tell('kill-reencrypt');
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({ state: 'blocked', waits_for: 'decision', rotations: [{ state: 'blocked' }] });
    expect(world.sealed.list()).toHaveLength(2);
    const probe = await world.engine.probe(run.run_id);
    expect(probe.lines[0]).toContain('holds the new value');
    expect(world.runs.get(run.run_id).state).toBe('blocked');
    world.tell('kill-reencrypt', false);
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
    expect(world.running()).toEqual(world.variables());
  });

  it('the old value is archived while backups under it can be restored, and restored from there', async () => {
    const world = newWorld({ keys: data('previous') });
    const before = world.variables().get('ENCRYPTION_KEY');
    world.tell('fail-verify-old-refused');
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run.rotations).toMatchObject([{ state: 'retired' }]);
    world.tell('fail-verify-old-refused', false);
    const expiry = new Date(world.clock.now().getTime() + 30 * 24 * hour).toISOString();
    await world.engine.recordBackupExpiry(run.run_id, expiry);
    const archived = await world.direct.resume(run.run_id);
    expect(archived).toMatchObject({ state: 'soaking', waits_for: 'backup-date', resume_after: expiry });
    expect(world.sealed.list()).toHaveLength(2);
    // Another rotation may begin meanwhile, and leaves the archive alone.
    const next = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(next.state).toBe('completed');
    expect(world.sealed.list()).toHaveLength(3);
    world.clock.offset = 31 * 24 * hour;
    expect(await world.direct.advance(run.run_id)).toMatchObject({ state: 'completed' });
    expect(world.sealed.list()).toMatchObject([{ rotationId: next.rotations[0]?.rotation_id, role: 'new' }]);
    expect(world.variables().get('ENCRYPTION_KEY')).not.toBe(before);
  });

  it('an emergency while the old value still decrypts finishes the re-encryption first', async () => {
    const world = newWorld({ keys: { ENCRYPTION_KEY: { protects: 'data', slots: 'previous', soak: '1h' } } });
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({ state: 'soaking' });
    const urgent = await world.direct.rotate(world.request(['ENCRYPTION_KEY'], { mode: 'emergency' }));
    expect(urgent).toMatchObject({ state: 'completed' });
    expect(world.runs.get(run.run_id).state).toBe('completed-with-deviations');
    const value = world.variables().get('ENCRYPTION_KEY');
    expect(rowsOf(world.root).map((row) => row.value)).toEqual([value, value, value]);
  });

  it('an emergency waits where the earlier re-encryption cannot be finished', async () => {
    const world = newWorld({ keys: data('previous') });
    world.tell('fail-reencrypt');
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']));
    expect(run).toMatchObject({ state: 'paused', rotations: [{ state: 'adopted' }] });
    await expect(
      world.direct.rotate(world.request(['ENCRYPTION_KEY'], { mode: 'emergency' })),
    ).rejects.toMatchObject({ code: 'run-waits', exitCode: 4 });
    expect(world.runs.list().map(({ state }) => state)).toEqual(['aborted', 'paused']);
  });
});
