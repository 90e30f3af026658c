import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { pendingStep, profile } from '#shared/logic/rotation-path.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { AttestedFact, RotationRecord } from '#shared/model/rotation.ts';

export interface AttestationConcern {
  /** "a person's word that …" */
  words: string;
  applies(rotation: RotationRecord): boolean;
}

const inUse = ['activated', 'adopted', 're-encrypted', 'soaking', 'rolling-back'];

/** What a person may vouch for, and which rotations it concerns. */
export const concerns: Readonly<Record<AttestedFact, AttestationConcern>> = {
  adoption: {
    words: 'the value is in use',
    applies: (rotation) => inUse.includes(rotation.state) && rotation.adoption !== 'proven',
  },
  're-encryption': {
    words: 'the data is re-encrypted',
    applies: (rotation) => profile(rotation.plan).reencrypts && inUse.includes(rotation.state),
  },
  stopped: {
    words: 'the service is stopped',
    applies: (rotation) => {
      const next = pendingStep(rotation)?.effect;
      return !hasEnded(rotation) && profile(rotation.plan).stopped && (next === 'stop' || next === 'seal');
    },
  },
  'old-refused': {
    words: 'the old value is refused',
    applies: (rotation) => rotation.state === 'retired',
  },
};

/** Other words under which people look for the same. */
const names: Readonly<Record<string, AttestedFact>> = {
  adoption: 'adoption',
  adopted: 'adoption',
  attestation: 'adoption',
  verify: 'adoption',
  're-encryption': 're-encryption',
  're-encrypted': 're-encryption',
  reencrypt: 're-encryption',
  stopped: 'stopped',
  stop: 'stopped',
  'old-refused': 'old-refused',
  'verify-old-refused': 'old-refused',
};

/** Which fact a word of the command line names. Throws `step-unknown`. */
export function attestedFactOf(step: string): AttestedFact {
  const fact = names[step];
  if (fact) return fact;
  throw new RekeyError('step-unknown', {
    message: `There is no step "${step}" that a person could vouch for.`,
    remedy: 'Give one of: adopted, re-encrypted, stopped, old-refused.',
  });
}
