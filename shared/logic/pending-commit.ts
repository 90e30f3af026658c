import type { KeyState } from '#shared/model/environment.ts';
import type { Fingerprint } from '#shared/model/key.ts';

/**
 * On which side of the commit a change stopped that is still marked as pending: `before` (the old value is there),
 * `after` (the new one), `neither` (someone changed it besides). Null when nothing is pending.
 */
export type CommitSide = 'before' | 'after' | 'neither' | null;

/** `present`: the fingerprint of the value that is in the environment now, null when it is absent. */
export function commitSide(pending: KeyState['pending'], present: Fingerprint | null): CommitSide {
  if (pending === null) return null;
  if (present === pending.new) return 'after';
  if (present === pending.old) return 'before';
  return 'neither';
}
