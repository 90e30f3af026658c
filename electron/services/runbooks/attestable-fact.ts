import { pendingStep } from '#shared/logic/rotation-path.ts';
import type { AttestedFact, RotationRecord } from '#shared/model/rotation.ts';

/** The fact for which rotations wait for a person's word, the first that is needed; null when for none. */
export function attestableFact(rotations: readonly RotationRecord[]): AttestedFact | null {
  for (const rotation of rotations) {
    switch (pendingStep(rotation)?.id) {
      case 'stop':
      case 'back-stop':
        if (!rotation.attested.includes('stopped')) return 'stopped';
        break;
      case 'reencrypt':
      case 'back-reencrypt':
      case 'verify-reencrypted':
      case 'back-verify-reencrypted':
        if (rotation.adoption !== 'unproven' && !rotation.attested.includes('re-encryption'))
          return 're-encryption';
        break;
      default:
        break;
    }
    if (rotation.adoption === 'unproven') return 'adoption';
  }
  return null;
}

/** What the person vouches for, as a sentence. */
export const factWords: Readonly<Record<AttestedFact, string>> = {
  adoption: 'the service uses the value that is in place now',
  're-encryption': 'all data is re-encrypted, and nothing is left under the other value',
  stopped: 'every process of the service is stopped',
  'old-refused': 'the service refuses the old value',
};
