import type { Environment } from '#electron/environments/environment.ts';
import { pendingStep, profile } from '#shared/logic/rotation-path.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { isWriteStep, look, type Sighting, sightingInWords } from './environment-writes.ts';
import { readPlaces } from './places.ts';

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

/** What the environment holds for a rotation now, on every host of a fleet, and whether that fits the rotation at all. */
export async function probeEnvironment(environment: Environment, rotation: RotationRecord): Promise<Probe> {
  const places = (await readPlaces(environment)).map(({ host, snapshot }) => {
    const sighting = look(snapshot, rotation);
    return { host, sighting, found: sightingInWords(rotation, sighting) };
  });
  const sightings = places.map(({ sighting }) => sighting);
  return {
    clear: sightings.every((sighting) => fits(rotation, sighting)),
    found: foundInWords(places),
    // Of a fleet that is half way: a host that is not there yet.
    sighting: sightings.find(({ primary }) => primary !== 'new') ?? sightings[0] ?? null,
  };
}

function fits(rotation: RotationRecord, sighting: Sighting): boolean {
  return (
    (sighting.primary === 'old' || sighting.primary === 'new' || isMissingAsPlanned(rotation, sighting)) &&
    (rotation.plan.slots === 'one' || sighting.previous !== 'other' || isDropped(rotation)) &&
    (rotation.plan.slots !== 'next+previous' || sighting.next !== 'other')
  );
}

/** One sentence where all places are alike; else one for each kind, with its hosts. */
function foundInWords(places: readonly { host: string | null; found: string }[]): string {
  const hostsOf = new Map<string, string[]>();
  for (const { host, found } of places) hostsOf.set(found, [...(hostsOf.get(found) ?? []), host ?? '']);
  if (hostsOf.size === 1) return places[0]?.found ?? '';
  return [...hostsOf].map(([found, hosts]) => `On ${hosts.join(', ')}: ${found}`).join(' ');
}

/**
 * Whether the new value is primary although no activation is recorded: the effect was done, and what recorded it was
 * lost, or a fleet is half way. Such a rotation cannot be given up, which would destroy a value that is in use; it goes
 * on, or back.
 */
export async function newIsInPlace(environment: Environment, rotation: RotationRecord): Promise<boolean> {
  if (pendingStep(rotation)?.id !== 'activate' || rotation.new_fingerprint === null) return false;
  const places = await readPlaces(environment);
  return places.some(({ snapshot }) => look(snapshot, rotation).primary === 'new');
}

function isMissingAsPlanned(rotation: RotationRecord, { primary }: Sighting): boolean {
  return primary === 'absent' && !profile(rotation.plan).hasOld;
}

/** Without overlap the previous slot is emptied, whatever stands in it. */
function isDropped(rotation: RotationRecord): boolean {
  return !profile(rotation.plan).overlap;
}
