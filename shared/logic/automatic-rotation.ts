import type { CommandKind } from '../model/environment.ts';
import { isDue, type KeyRule, type KeyStatus } from '../model/key.ts';
import type { RotationPlan } from '../model/rotation.ts';

/**
 * Why an automatic rotation waits for a person before the old value is retired; null where nobody is needed. Data could
 * still be under the old value in a backup, and without a check nobody would learn that the old one is still accepted.
 */
export function retiresByPerson(
  { protects }: Pick<RotationPlan, 'protects'>,
  configured: ReadonlySet<CommandKind>,
): string | null {
  if (protects === 'data') return 'It protects data: a person decides when the old value goes.';
  if (!configured.has('verify-old-refused')) {
    return 'No verify-old-refused command is configured, so a person decides when the old value goes.';
  }
  return null;
}

/** Why a key is never rotated by itself, whatever its switch says; null where it can be. */
export function neverAutomatic({
  issuer,
  protects,
  slots,
}: Pick<KeyRule, 'issuer' | 'protects' | 'slots'>): string | null {
  if (issuer === 'supplied') return 'Its values are issued by someone else: a person supplies them.';
  if (protects === 'data' && slots === 'one') {
    return 'It protects data, and its consumer reads one value only: a person answers for the outage.';
  }
  return null;
}

/**
 * Why a key that is due is not rotated by itself now, from how it stands; null where its age alone makes it due. What
 * is compromised, missing, drifted or invalid is no planned rotation: a person finds out first.
 */
export function statusForPerson(status: KeyStatus): string | null {
  if (status === 'overdue' || status === 'due-soon' || !isDue(status)) return null;
  return `It is ${status}: a person looks at that first.`;
}
