import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { logKey } from '#electron/services/events/checkpoints.ts';
import { Cosigner, cosignerKey } from '#electron/services/events/cosigner.ts';
import { KnownLogs } from '#electron/services/events/known-logs.ts';
import { sha256 } from '#electron/services/events/sha256.ts';
import { verifyEd25519 } from '#electron/services/signer/verify-ed25519.ts';
import { cosignatureTimes, formatCheckpoint, originOf } from '#shared/logic/checkpoint.ts';
import { formatCheckpointRequest } from '#shared/logic/checkpoint-request.ts';
import { consistencyProof } from '#shared/logic/merkle-proofs.ts';
import { formatNote, formatVerifierKey, parseNote } from '#shared/logic/signed-note.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { UnsealedSigningKeys } from '../../support/unsealed-signing-keys.ts';
import { StoredTree } from '../../unit/events/stored-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { logOptions } from './log-fixture.ts';

const origin = originOf('0190a000-0000-7000-8000-000000000001');
/** One history, and another one that is the same up to its 20th event. */
const histories = [0, 1].map(
  (which) =>
    new StoredTree(
      Array.from({ length: 60 }, (_, index) => Buffer.from(index < 20 ? `${index}` : `${which} ${index}`)),
    ),
) as [StoredTree, StoredTree];

let theirs: UnsealedSigningKeys;
let own: UnsealedSigningKeys;
let events: EventDraft[];
let cosigner: Cosigner;
let path: string;
let key: string;

function newCosigner(): Cosigner {
  const { clock, identity } = logOptions('');
  const known = new KnownLogs({ path, identity, clock });
  return new Cosigner({
    known,
    keys: own,
    clock,
    append: (draft) => events.push(draft),
    ownOrigin: () => originOf('0190a000-0000-7000-8000-00000000ffff'),
  });
}

beforeEach(async () => {
  path = join(temporaryFolder(), 'cosigned.json');
  theirs = new UnsealedSigningKeys();
  own = new UnsealedSigningKeys('0190a000-0000-7000-8000-00000000bbbb');
  events = [];
  key = formatVerifierKey(logKey(origin, (await theirs.ensure()).logKey));
  cosigner = newCosigner();
});

/** What the other installation sends: its checkpoint at `size`, proven from `oldSize`. */
async function request(history: StoredTree, size: number, oldSize: number): Promise<Uint8Array> {
  const text = formatCheckpoint({ origin, size, root: history.rootAt(size), extensions: [] });
  const signer = logKey(origin, (await theirs.ensure()).logKey);
  const signature = await theirs.sign('log', Buffer.from(text));
  const note = Buffer.from(formatNote({ text, signatures: [{ ...signer, signature }] }));
  const proof = oldSize > 0 && oldSize <= size ? consistencyProof(sha256, oldSize, size, history.read) : [];
  return formatCheckpointRequest({ oldSize, path: proof, note });
}

describe('a cosigner', () => {
  it('signs what only grew, so that others can check it', async () => {
    const first = await cosigner.cosign(await request(histories[0], 10, 0), key);
    const second = await newCosigner().cosign(await request(histories[0], 33, 10));
    expect([first.previousSize, second.previousSize]).toEqual([null, 10]);
    const note = parseNote(Buffer.from(second.note));
    const [time] = cosignatureTimes(note, cosignerKey(await own.ensure()), verifyEd25519);
    expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(60);
    expect(note.signatures).toHaveLength(2);
    expect(events.map(({ action, data }) => [action, data?.size])).toEqual([
      ['cosigned', 10],
      ['cosigned', 33],
    ]);
  });

  it('accepts exactly the checkpoints that go on from the last one, whatever comes in which order', async () => {
    const asked = fc.record({
      which: fc.constantFrom(0, 1),
      size: fc.integer({ min: 1, max: 60 }),
      old: fc.oneof(fc.constant('seen' as const), fc.nat({ max: 60 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 12 }), async (requests) => {
        path = join(temporaryFolder(), 'cosigned.json');
        const fresh = newCosigner();
        let seen: { which: number; size: number } | null = null;
        for (const { which, size, old } of requests) {
          const oldSize: number = old === 'seen' ? (seen?.size ?? 0) : old;
          const same = seen !== null && (seen.which === which || Math.min(seen.size, size) <= 20);
          const goesOn: boolean =
            seen === null ||
            (size === seen.size
              ? same
              : size > seen.size && oldSize === seen.size && (seen.which === which || seen.size <= 20));
          const cosigned = fresh.cosign(
            await request(histories[which] as StoredTree, size, oldSize),
            seen === null ? key : null,
          );
          if (goesOn) {
            expect((await cosigned).size).toBe(size);
            seen = { which, size };
          } else await expect(cosigned).rejects.toMatchObject({ code: 'checkpoint-refused' });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says what is wrong, and remembers nothing of what it refused', async () => {
    await cosigner.cosign(await request(histories[0], 30, 0), key);
    const refusals: [Uint8Array, string][] = [
      [await request(histories[0], 29, 0), 'it has only 29 events now; it had 30'],
      [await request(histories[1], 30, 30), 'with another root'],
      [await request(histories[0], 40, 20), 'does not prove that it only grew'],
      [await request(histories[1], 40, 30), 'does not lead from there'],
    ];
    for (const [wrong, why] of refusals) {
      await expect(cosigner.cosign(wrong)).rejects.toMatchObject({
        code: 'checkpoint-refused',
        message: expect.stringContaining(why),
      });
    }
    expect(JSON.parse(readFileSync(path, 'utf8')).logs).toMatchObject([{ origin, size: 30 }]);
    expect(events).toHaveLength(1);
    expect((await cosigner.cosign(await request(histories[0], 31, 30))).size).toBe(31);
  });

  it('takes a new key of a log only from a person, and only for a log that goes on', async () => {
    await cosigner.cosign(await request(histories[0], 30, 0), key);
    theirs.replace();
    const next = formatVerifierKey(logKey(origin, (await theirs.ensure()).logKey));
    await expect(cosigner.cosign(await request(histories[0], 40, 30))).rejects.toMatchObject({
      code: 'checkpoint-refused',
      message: expect.stringContaining('not signed by'),
    });
    await expect(cosigner.cosign(await request(histories[1], 40, 30), next)).rejects.toThrow('does not lead');
    expect((await cosigner.cosign(await request(histories[0], 40, 30), next)).previousSize).toBe(30);
    expect((await cosigner.cosign(await request(histories[0], 41, 40))).size).toBe(41);
    await expect(cosigner.cosign(await request(histories[0], 42, 41), key)).rejects.toMatchObject({
      code: 'checkpoint-refused',
    });
  });

  it('remembers before it signs, and signs nothing that its log could not record', async () => {
    await own.ensure();
    own.locked = true;
    await expect(cosigner.cosign(await request(histories[0], 30, 0), key)).rejects.toMatchObject({
      code: 'keychain-locked',
    });
    own.locked = false;
    await expect(cosigner.cosign(await request(histories[1], 31, 0))).rejects.toThrow('it had 30 events');
    expect((await cosigner.cosign(await request(histories[0], 30, 0))).previousSize).toBe(30);

    const { clock, identity } = logOptions('');
    const unwritable = new Cosigner({
      known: new KnownLogs({ path, identity, clock }),
      keys: own,
      clock,
      append: () => {
        throw new Error('the log is full');
      },
      ownOrigin: () => null,
    });
    const before = own.signatures;
    await expect(unwritable.cosign(await request(histories[0], 50, 30))).rejects.toThrow('the log is full');
    expect(own.signatures).toBe(before);
    expect(JSON.parse(readFileSync(path, 'utf8')).logs).toMatchObject([{ size: 30 }]);
  });

  it('never begins anew because its memory cannot be read', async () => {
    await cosigner.cosign(await request(histories[0], 30, 0), key);
    writeFileSync(path, '{');
    await expect(newCosigner().cosign(await request(histories[1], 40, 0), key)).rejects.toMatchObject({
      code: 'configuration-invalid',
    });
  });
});
