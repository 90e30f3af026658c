import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '#electron/services/events/checkpoint-store.ts';
import { Checkpoints, describeCheckpoint } from '#electron/services/events/checkpoints.ts';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { verifyEd25519 } from '#electron/services/signer/verify-ed25519.ts';
import { openCheckpoint } from '#shared/logic/checkpoint.ts';
import { formatNote, parseNote, type VerifierKey } from '#shared/logic/signed-note.ts';
import { UnsealedSigningKeys } from '../../support/unsealed-signing-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, logOptions, openLog, step } from './log-fixture.ts';

interface Signed {
  log: FileEventLog;
  checkpoints: Checkpoints;
  keys: UnsealedSigningKeys;
  warnings: string[];
}

function signed(folder: string, log: FileEventLog, keys = new UnsealedSigningKeys()): Signed {
  const { clock, identity } = logOptions(folder);
  const warnings: string[] = [];
  const checkpoints = new Checkpoints({
    log,
    folder: () => folder,
    keys,
    clock,
    identity,
    warn: (line) => warnings.push(line),
  });
  return { log, checkpoints, keys, warnings };
}

/** A log of so many events, with a checkpoint at each of these sizes. */
async function logWithCheckpoints(
  folder: string,
  size: number,
  at: readonly number[] = [size],
): Promise<void> {
  const log = openLog(folder);
  const { checkpoints } = signed(folder, log);
  for (let count = 1; count <= size; count += 1) {
    log.append(step('done', { count }));
    if (at.includes(count)) await checkpoints.make();
  }
  log.close();
}

const text = (folder: string) => join(folder, 'events.jsonl');
const linesOf = (folder: string) => readFileSync(text(folder), 'utf8').split('\n').slice(0, -1);

/** Replaces the text and lets the hashes be made anew, as somebody who knows Rekey would. */
function rewrite(folder: string, lines: readonly string[]): void {
  writeFileSync(text(folder), lines.map((line) => `${line}\n`).join(''));
  rmSync(join(folder, 'hashes'), { force: true });
}

/** What a start finds: state, message, problems. */
function found(folder: string) {
  const log = openLog(folder);
  try {
    const { state, message } = log.health();
    let refused: unknown = null;
    try {
      log.append(step('after'));
    } catch (error) {
      refused = error;
    }
    return { state, message, refused };
  } finally {
    log.close();
  }
}

describe('checkpoints', () => {
  it('are signed notes of size and root, as openssl finds too, and durable beside the log', async () => {
    const folder = temporaryFolder();
    const { log, checkpoints, keys } = signed(folder, filledLog(folder, 21));
    expect(checkpoints.newest()).toBeNull();
    const made = await checkpoints.make();
    const [first] = log.scan();
    expect(made).toMatchObject({ size: 21, origin: `rekey/log/${first?.id}` });
    expect(Buffer.from(made.root).toString('hex')).toBe(log.root());
    const stored = readFileSync(join(folder, 'checkpoints', '0000000000000021.note'));
    const note = parseNote(stored);
    expect(openCheckpoint(note, checkpoints.key() as VerifierKey, verifyEd25519)).toMatchObject({ size: 21 });
    expect(stored.toString()).toBe(formatNote(made.note));

    const scratch = temporaryFolder();
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(scratch, name), content);
      return join(scratch, name);
    };
    const openssl = (body: string) =>
      execFileSync('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-rawin',
        '-inkey',
        file('key.pem', keys.publicPem()),
        '-in',
        file('body', body),
        '-sigfile',
        file('signature', note.signatures[0]?.signature as Uint8Array),
      ]).toString();
    expect(openssl(note.text)).toContain('Signature Verified Successfully');
    expect(() => openssl(note.text.replace('21', '22'))).toThrow();
    log.close();
  });

  it('are made once for one size, and again when the key was replaced', async () => {
    const folder = temporaryFolder();
    const { log, checkpoints, keys } = signed(folder, filledLog(folder, 3));
    const first = await checkpoints.make();
    expect(describeCheckpoint(await checkpoints.make())).toEqual(describeCheckpoint(first));
    expect(keys.signatures).toBe(1);
    keys.replace();
    const again = await checkpoints.make();
    expect(again.note.text).toBe(first.note.text);
    expect(again.note.signatures).toHaveLength(2);
    expect(openCheckpoint(again.note, checkpoints.key() as VerifierKey, verifyEd25519).size).toBe(3);
    expect(checkpoints.list()).toHaveLength(1);
    log.close();
  });

  it('can be had for any earlier size', async () => {
    const folder = temporaryFolder();
    const { log, checkpoints } = signed(folder, filledLog(folder, 40));
    await checkpoints.make();
    const then = await checkpoints.at(17);
    expect(Buffer.from(then.root).toString('hex')).toBe(log.rootAt(17));
    expect(checkpoints.list().map(({ size }) => size)).toEqual([40, 17]);
    await expect(checkpoints.at(41)).rejects.toThrow(RangeError);
    log.close();
  });

  it('come by themselves after a run or report, once there are keys, and change nothing in the log', async () => {
    const folder = temporaryFolder();
    const { log, checkpoints, keys, warnings } = signed(folder, filledLog(folder, 5));
    log.onAppend((event) => checkpoints.notice(event));
    const end = () => log.append({ event_type: 'run', action: 'completed' });
    end();
    await checkpoints.settled();
    expect([checkpoints.newest(), warnings]).toEqual([null, []]);

    await keys.ensure();
    log.append(step('no occasion'));
    await checkpoints.settled();
    expect(checkpoints.newest()).toBeNull();
    end();
    end();
    await checkpoints.settled();
    expect(checkpoints.newest()?.size).toBe(log.size());
    expect([log.size(), keys.signatures]).toEqual([9, 1]);
    log.append({ event_type: 'report', action: 'created' });
    await checkpoints.settled();
    expect(checkpoints.newest()?.size).toBe(10);
    log.close();
  });

  it('that cannot be made hinder nothing: it is said, and the next one makes up for it', async () => {
    const folder = temporaryFolder();
    const { log, checkpoints, keys, warnings } = signed(folder, filledLog(folder, 5));
    await keys.ensure();
    keys.locked = true;
    checkpoints.makeSoon();
    await checkpoints.settled();
    expect(checkpoints.skipped).toBe('The keychain is locked.');
    expect(warnings).toEqual([
      'No checkpoint of the log was made: The keychain is locked. The next one makes up for it.',
    ]);
    keys.locked = false;
    checkpoints.makeSoon();
    await checkpoints.settled();
    expect([checkpoints.skipped, checkpoints.newest()?.size]).toEqual([null, 5]);
    log.close();
  });

  it('are never made of a log that is damaged', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 20, [10, 20]);
    rewrite(folder, linesOf(folder).slice(0, 15));
    const { log, checkpoints } = signed(folder, openLog(folder));
    await expect(checkpoints.make()).rejects.toMatchObject({ code: 'log-corrupt' });
    log.close();
  });

  it('are thinned out, the older the more; cosigned ones stay', async () => {
    const folder = temporaryFolder();
    const { clock, identity } = logOptions(folder);
    const store = new CheckpointStore(folder, { clock, identity });
    for (let size = 1; size <= 1_000; size += 1) {
      const signatures = Array.from({ length: size === 3 ? 2 : 1 }, (_, at) => ({
        name: `signer-${at}`,
        keyId: '00000000',
        signature: new Uint8Array(64),
      }));
      const checkpoint = { origin: 'x', size, root: new Uint8Array(32), extensions: [] };
      const note = { text: `x\n${size}\n${Buffer.alloc(32).toString('base64')}\n`, signatures };
      store.put(checkpoint, note, '2026-01-01T00:00:00.000Z', []);
    }
    const sizes = [...store.list()].map(({ size }) => size);
    expect(sizes.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, at) => 1_000 - at));
    expect(sizes.length).toBeLessThan(64 + 64 * 5);
    expect(sizes).toContain(3);
    expect(readdirSync(join(folder, 'checkpoints')).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});

describe('a log that differs from its newest checkpoint', () => {
  it('is truncated: the missing events are named, at every start, until somebody acknowledges it', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 100, [40, 100]);
    rewrite(folder, linesOf(folder).slice(0, 80));
    for (let start = 0; start < 2; start += 1) {
      const { state, message, refused } = found(folder);
      expect(state).toBe('corrupt');
      expect(message).toBe(
        'The log was truncated: its newest checkpoint counts 100 events, and 80 are there. Events 80 to 99 are missing.',
      );
      expect(refused).toMatchObject({ code: 'log-corrupt', details: { first_seq: 80, last_seq: 99 } });
    }
    const log = openLog(folder);
    const verified = await log.verify();
    expect(verified).toMatchObject({ intact: false, size: 80, problems: [{ code: 'log-truncated' }] });
    log.acknowledge('the disk was restored');
    expect(log.health().state).toBe('corrupt-acknowledged');
    log.append(step('after'));
    const { checkpoints } = signed(folder, log);
    const made = await checkpoints.make();
    expect(checkpoints.list().map(({ size }) => size)).toEqual([made.size, 40]);
    expect(existsSync(join(folder, 'checkpoints', 'set-aside', '0000000000000100.note'))).toBe(true);
    log.close();
    expect(found(folder).state).toBe('corrupt-acknowledged');
  });

  it('is truncated also when nothing is left', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 10);
    rmSync(text(folder));
    rmSync(join(folder, 'hashes'));
    expect(found(folder)).toMatchObject({ state: 'corrupt', refused: { code: 'log-corrupt' } });
  });

  it('is rewritten: the changed event is found among what the checkpoints know', async () => {
    const cases: { at: number[]; first: number; last: number }[] = [
      { at: [100], first: 0, last: 63 },
      { at: [32, 48, 100], first: 32, last: 47 },
      { at: Array.from({ length: 100 }, (_, index) => index + 1), first: 37, last: 37 },
    ];
    for (const { at, first, last } of cases) {
      const folder = temporaryFolder();
      await logWithCheckpoints(folder, 100, at);
      rewrite(
        folder,
        linesOf(folder).map((line, index) => (index === 37 ? line.replace('done', 'undone') : line)),
      );
      const { state, message, refused } = found(folder);
      expect(state).toBe('corrupt');
      expect(message).toContain('The log was rewritten since its newest checkpoint (of 100 events).');
      expect(refused).toMatchObject({ details: { first_seq: first, last_seq: last } });
    }
  });

  it('is forked when an old copy was put back and went on', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 60, [60]);
    const copy = join(temporaryFolder(), 'copy');
    cpSync(folder, copy, { recursive: true });
    const log = openLog(folder);
    const { checkpoints } = signed(folder, log);
    for (let count = 0; count < 40; count += 1) log.append(step('here', { count }));
    await checkpoints.make();
    log.close();

    // The copy goes on without knowing of the checkpoint at 100.
    const other = openLog(copy);
    for (let count = 0; count < 70; count += 1) other.append(step('there', { count }));
    other.close();
    renameSync(text(copy), text(folder));
    renameSync(join(copy, 'hashes'), join(folder, 'hashes'));

    const { state, message, refused } = found(folder);
    expect(state).toBe('corrupt');
    expect(message).toContain('The log was forked');
    // The checkpoint at 60 still holds; of that at 100 already the subtree over the first 64 does not.
    expect(refused).toMatchObject({ details: { first_seq: 60, last_seq: 63 } });
  });

  it('is not found in a log that only grew, with whatever lies among the checkpoints', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 30, [10, 20, 30]);
    writeFileSync(join(folder, 'checkpoints', '0000000000000031.note'), 'half a no');
    writeFileSync(join(folder, 'checkpoints', '0000000000000030.json'), '{');
    writeFileSync(join(folder, 'checkpoints', 'notes.txt'), 'x');
    expect(found(folder)).toMatchObject({ state: 'ok', refused: null });
    const log = openLog(folder);
    expect((await log.verify()).intact).toBe(true);
    expect(log.size()).toBe(31);
    log.close();
  });

  it('is noticed by a process that had the log open', async () => {
    const folder = temporaryFolder();
    await logWithCheckpoints(folder, 30);
    const log = openLog(folder);
    expect(log.health().state).toBe('ok');
    const forged = linesOf(folder).map((line, index) =>
      index === 3 ? line.replace('done', 'undone') : line,
    );
    rmSync(text(folder));
    rewrite(folder, forged);
    expect(log.health()).toMatchObject({ state: 'corrupt' });
    expect(() => log.append(step('after'))).toThrow('The log was rewritten');
    log.close();
  });
});
