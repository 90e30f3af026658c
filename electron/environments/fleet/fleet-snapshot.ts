import { createHash } from 'node:crypto';
import { mergedState } from '#shared/logic/fleet-state.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { KeyRule } from '#shared/model/key.ts';
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
    const held = readings.map(({ host, snapshot }) => ({ host, value: snapshot.values.get(rule.name) }));
    const reference = held.find(({ value }) => value !== undefined)?.value;
    if (reference === undefined || held.every(({ value }) => value?.equals(reference))) return [];
    const recorded = state?.keys[rule.name]?.fingerprint ?? null;
    const right = (value: Secret | undefined) =>
      state !== null && recorded !== null
        ? value !== undefined && fingerprintIn(state, value) === recorded
        : value?.equals(reference) === true;
    const behind = held.filter(({ value }) => !right(value)).map(({ host }) => host);
    return [
      {
        code: 'host-drift',
        severity: 'error',
        key: rule.name,
        message: `${rule.name} is not the same on all hosts: ${behind.join(', ')} ${behind.length === 1 ? 'differs' : 'differ'} from the ${recorded === null ? 'others' : 'recorded value'}.`,
        remedy: 'Bring the hosts that differ up to date, or rotate the key on all of them.',
      },
    ];
  });
}
