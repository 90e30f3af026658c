import type { Environment } from '#electron/environments/environment.ts';
import { pendingStep, profile } from '#shared/logic/rotation-path.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { isWriteStep, look, type Sighting, sightingInWords } from './environment-writes.ts';

export interface Probe {
  /** Whether what is there fits one side of the effect, so that the machine may go on by itself. */
  clear: boolean;
  found: string;
  /** Null where the environment was not looked at. */
  sighting: Sighting | null;
}

/**
 * What became of an announced effect whose result is not known. Writes are told by fingerprints; everything else may
 * simply be done again (commands are asked to be idempotent, sealing and destroying are).
 */
export async function probeStep(environment: Environment, rotation: RotationRecord): Promise<Probe> {
  const step = rotation.indeterminate_step ?? '';
  if (!isWriteStep(step)) {
    return { clear: true, found: `"${rotation.indeterminate}" is done again.`, sighting: null };
  }
  return probeEnvironment(environment, rotation);
}

/** What the environment holds for a rotation now, and whether that fits the rotation at all. */
export async function probeEnvironment(environment: Environment, rotation: RotationRecord): Promise<Probe> {
  const sighting = look(await environment.read({ thorough: false }), rotation);
  const fits =
    (sighting.primary === 'old' || sighting.primary === 'new' || isMissingAsPlanned(rotation, sighting)) &&
    (rotation.plan.slots === 'one' || sighting.previous !== 'other' || isDropped(rotation)) &&
    (rotation.plan.slots !== 'next+previous' || sighting.next !== 'other');
  return { clear: fits, found: sightingInWords(rotation, sighting), sighting };
}

/**
 * Whether the new value is primary although no activation is recorded: the effect was done, and what recorded it was
 * lost. Such a rotation cannot be given up, which would destroy the old value; it goes on, or back.
 */
export async function newIsInPlace(environment: Environment, rotation: RotationRecord): Promise<boolean> {
  if (pendingStep(rotation)?.id !== 'activate' || rotation.new_fingerprint === null) return false;
  return look(await environment.read({ thorough: false }), rotation).primary === 'new';
}

function isMissingAsPlanned(rotation: RotationRecord, { primary }: Sighting): boolean {
  return primary === 'absent' && !profile(rotation.plan).hasOld;
}

/** Without overlap the previous slot is emptied, whatever stands in it. */
function isDropped(rotation: RotationRecord): boolean {
  return !profile(rotation.plan).overlap;
}
