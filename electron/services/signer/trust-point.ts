import { hexOf } from '#shared/logic/bytes.ts';
import { openCheckpoint, originOf } from '#shared/logic/checkpoint.ts';
import { makeVerifierKey, parseNote, signatureTypes } from '#shared/logic/signed-note.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogPosition } from '#shared/model/signer.ts';
import type { EventLog } from '../events/event-log.ts';
import { sha256 } from '../events/sha256.ts';
import type { SignerFacts } from './signing-keys.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

/** A checkpoint that other people may hold. */
export interface CheckpointAbroad {
  /** RFC 3339. */
  at: string;
  size: number;
  /** Hex. */
  root: string;
  /** In words: how it left this machine. */
  how: string;
}

/** Up to where what compromised keys signed stays trusted, and what a person should know about it. */
export interface TrustPoint {
  /** Null: nothing does. */
  position: LogPosition | null;
  warning: string | null;
}

/** What somebody writes who trusts nothing that the old keys signed. */
export const nothingTrusted = 'nothing';

/**
 * Up to where what compromised keys signed stays trusted.
 * @param given - the text of a checkpoint that was kept away from this machine; a number of events, for one of which
 * only the size is at hand; or `nothing`
 * @returns the place, and what a person should know about it
 * @throws `invalid-input`
 */
export function trustPoint(given: string, log: EventLog, facts: SignerFacts): TrustPoint {
  const text = given.trim();
  if (text.toLowerCase() === nothingTrusted) return { position: null, warning: null };
  const origin = logOrigin(log);
  if (origin === null) throw refused('The log has no events yet.');
  if (/^\d{1,15}$/.test(text)) {
    const size = Number(text);
    const root = log.rootAt(size);
    if (root === null || size === 0)
      throw refused(`The log never had ${size} events, or that cannot be told.`);
    return { position: { origin, size, root }, warning: null };
  }
  const { size, root } = checkpointOf(`${text}\n`, origin, facts);
  const position = { origin, size, root: hexOf(root) };
  const same = log.rootAt(size) === position.root;
  return {
    position,
    warning: same
      ? null
      : `The log of this machine does not agree with that checkpoint of ${size} events: it was rewritten or truncated since. What the checkpoint covers is trusted, this log is not.`,
  };
}

/** The name under which the log's key signs; null for a log without events. */
export function logOrigin(log: EventLog): string | null {
  for (const { id } of log.scan()) return originOf(id);
  return null;
}

/** Checkpoints that other people may hold, newest first: what reports told, what was exported or cosigned. */
export function checkpointsAbroad(log: EventLog): CheckpointAbroad[] {
  return [
    ...log.query({ type: 'report', limit: 100 }).events,
    ...log.query({ type: 'log', limit: 200 }).events,
  ]
    .flatMap(({ event_type, action, timestamp, data }) => {
      const size = data?.log_size ?? data?.size;
      const root = data?.log_root ?? data?.root;
      const how = howAbroad[`${event_type} ${action}`];
      if (!how || typeof size !== 'number' || typeof root !== 'string') return [];
      return [{ at: timestamp, size, root, how }];
    })
    .sort((one, other) => other.size - one.size);
}

const howAbroad: Readonly<Record<string, string>> = {
  'report created': 'in a report',
  'log checkpoint-exported': 'exported',
  'log cosignature-added': 'cosigned elsewhere',
};

function checkpointOf(text: string, origin: string, facts: SignerFacts) {
  try {
    const key = makeVerifierKey(sha256, origin, signatureTypes.ed25519, facts.logKey);
    return openCheckpoint(parseNote(Buffer.from(text)), key, verifyEd25519);
  } catch (cause) {
    throw refused(
      `This is no checkpoint of this log, signed by its key: ${cause instanceof Error ? cause.message : 'unreadable'}.`,
      cause,
    );
  }
}

function refused(message: string, cause?: unknown): RekeyError {
  return new RekeyError('invalid-input', {
    message,
    remedy: `Give the text of a checkpoint that was kept elsewhere, a number of events, or "${nothingTrusted}".`,
    cause,
  });
}
