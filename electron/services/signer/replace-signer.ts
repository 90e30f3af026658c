import { readSmallText } from '#electron/storage/small-text-file.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventLog } from '../events/event-log.ts';
import type { SignerService } from './signer-service.ts';
import type { SignerFacts } from './signing-keys.ts';
import { trustPoint } from './trust-point.ts';

export interface ReplaceSignerRequest {
  reason: string;
  compromised: boolean;
  /** After a compromise: as `trustPoint` takes it. Null otherwise. */
  trustedUntil: string | null;
  runId: string | null;
}

/**
 * Replaces the signing keys as a person asks for it.
 * @returns the new facts, and what they should know about the checkpoint that they gave
 * @throws `invalid-input`, `signer-absent`, or what `SignerService.rollover` throws
 */
export async function replaceSigner(
  signer: SignerService,
  log: EventLog,
  { reason, compromised, trustedUntil, runId }: ReplaceSignerRequest,
): Promise<{ facts: SignerFacts; warning: string | null }> {
  const present = signer.facts();
  if (reason.trim() === '') {
    throw new RekeyError('invalid-input', {
      message: 'The replacement has no reason.',
      remedy: 'Say in a few words why; the statement and the record ask for it.',
    });
  }
  // Asked again after a crash: the checkpoint was signed by the key that is gone by now.
  if (runId !== null && (await signer.replacedBy(runId)))
    return { facts: await signer.ensure(), warning: null };
  const { position, warning } =
    compromised && present ? trustPoint(trustedUntil ?? '', log, present) : { position: null, warning: null };
  const facts = await signer.rollover({
    reason: reason.trim(),
    compromised,
    trustedUntil: position,
    runId,
  });
  return { facts, warning };
}

/**
 * What a person gave for `trustedUntil`: a number of events and `nothing` as they are, anything else as the path of a
 * checkpoint file, whose text it gives. Throws `invalid-input`.
 */
export function readTrustPoint(given: string): string {
  const text = given.trim();
  return /^(\d+|nothing)$/i.test(text) ? text : readSmallText(text);
}
