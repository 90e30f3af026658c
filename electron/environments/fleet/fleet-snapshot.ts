import { createHash } from 'node:crypto';
import { mergedState } from '#shared/logic/fleet-state.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { KeyName, KeyRule } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import { fingerprintIn } from '../../services/secrets/fingerprint.ts';
import type { Revision, Snapshot } from '../environment.ts';

/** What was read of one host. */
export interface HostReading {
  host: string;
  snapshot: Snapshot;
}

/**
 * The hosts of a fleet as one environment. Where they hold the same value, that; where they do not, the value that
 * the records call right, else the first host's; the findings say which hosts differ in a managed key.
 */
export function mergedSnapshot(readings: readonly HostReading[], rules: readonly KeyRule[]): Snapshot {
  const state = mergedState(readings.map(({ snapshot }) => snapshot.state));
  return {
    values: mergedValues(readings, state),
    state,
    revision: mergedRevision(readings),
    findings: [
      ...driftFindings(readings, rules, state),
      ...readings.flatMap(({ host, snapshot }) => snapshot.findings.map((finding) => ({ ...finding, host }))),
    ],
  };
}

/** The same text as long as the same hosts are at the same revisions. */
function mergedRevision(readings: readonly HostReading[]): Revision {
  const hash = createHash('sha256');
  for (const { host, snapshot } of readings) hash.update(`${JSON.stringify(host)} ${snapshot.revision}\n`);
  return hash.digest('hex').slice(0, 32);
}

function mergedValues(
  readings: readonly HostReading[],
  state: EnvironmentState | null,
): ReadonlyMap<string, Secret> {
  const merged = new Map<string, Secret>();
  const names = new Set(readings.flatMap(({ snapshot }) => [...snapshot.values.keys()]));
  for (const name of names) {
    const values = readings.flatMap(({ snapshot }) => snapshot.values.get(name) ?? []);
    const [first] = values;
    if (!first) continue;
    const recorded = state?.keys[name]?.fingerprint ?? null;
    const right =
      state && recorded !== null && !values.every((value) => value.equals(first))
        ? values.find((value) => fingerprintIn(state, value) === recorded)
        : undefined;
    // A slot that one host only has left is no value of the fleet's.
    merged.set(name, right ?? first);
  }
  return merged;
}

/** A managed variable that is not the same on all hosts, with the hosts that differ from the recorded value. */
export function driftFindings(
  readings: readonly HostReading[],
  rules: readonly KeyRule[],
  state: EnvironmentState | null,
): Finding[] {
  return rules.flatMap((rule): Finding[] => {
    const behind = hostsThatDiffer(readings, rule.name, state);
    if (behind.length === 0) return [];
    const from = recordedFingerprint(state, rule.name) === null ? 'others' : 'recorded value';
    return [
      {
        code: 'host-drift',
        severity: 'error',
        key: rule.name,
        message: `${rule.name} is not the same on all hosts: ${behind.join(', ')} ${behind.length === 1 ? 'differs' : 'differ'} from the ${from}.`,
        remedy: 'Bring the hosts that differ up to date, or rotate the key on all of them.',
      },
    ];
  });
}

/**
 * The hosts whose value of a key is not the recorded one; while none is recorded, not the one that most hosts hold.
 * None where all hosts hold the same: that one which was changed outside on all of them is the key's own matter.
 */
export function hostsThatDiffer(
  readings: readonly HostReading[],
  key: KeyName,
  state: EnvironmentState | null,
): string[] {
  const held = readings.map(({ host, snapshot }) => ({ host, value: snapshot.values.get(key) }));
  const most = mostHeld(held.flatMap(({ value }) => value ?? []));
  if (most === null || held.every(({ value }) => value?.equals(most))) return [];
  const recorded = recordedFingerprint(state, key);
  const isRight = (value: Secret | undefined) =>
    state !== null && recorded !== null
      ? value !== undefined && fingerprintIn(state, value) === recorded
      : value?.equals(most) === true;
  return held.filter(({ value }) => !isRight(value)).map(({ host }) => host);
}

function recordedFingerprint(state: EnvironmentState | null, key: KeyName): string | null {
  return state?.keys[key]?.fingerprint ?? null;
}

/** The first of those that occur most often; null of none. */
function mostHeld(values: readonly Secret[]): Secret | null {
  const count = (value: Secret) => values.filter((other) => other.equals(value)).length;
  const [first, ...rest] = values;
  if (first === undefined) return null;
  // The rule in a fleet, and hundreds of hosts are quickly compared.
  if (rest.every((value) => value.equals(first))) return first;
  return rest.reduce((most, value) => (count(value) > count(most) ? value : most), first);
}
