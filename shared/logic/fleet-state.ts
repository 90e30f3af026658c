import { type EnvironmentState, emptyKeyState, type KeyState } from '../model/environment.ts';
import type { KeyName } from '../model/key.ts';

/**
 * What the hosts of one fleet record, as one state: of each key the newest record that any host has. A host that
 * missed a change (it was down, or left out of a run) does not hide what the others know. Null while none has a
 * state. All states are of one environment: the caller has made sure.
 */
export function mergedState(states: readonly (EnvironmentState | null)[]): EnvironmentState | null {
  const known = states.filter((state) => state !== null);
  const [first] = known;
  if (!first) return null;
  const names = new Set(known.flatMap((state) => Object.keys(state.keys)));
  const keys: Record<KeyName, KeyState> = {};
  for (const name of [...names].sort()) {
    keys[name] = known.map((state) => state.keys[name] ?? emptyKeyState).reduce(newer);
  }
  return { ...first, keys };
}

/**
 * Which of two records of a key is newer: by its version, then by what only a person can have recorded. A mark as
 * compromised is never outvoted by a host that has not heard of it.
 */
function newer(a: KeyState, b: KeyState): KeyState {
  if (a.version !== b.version) return a.version > b.version ? a : b;
  if (a.fingerprint !== b.fingerprint && (a.fingerprint === null || b.fingerprint === null)) {
    return a.fingerprint === null ? b : a;
  }
  if ((a.compromised === null) !== (b.compromised === null)) return a.compromised ? a : b;
  if ((a.baseline === null) !== (b.baseline === null)) return a.baseline ? a : b;
  if ((a.pending === null) !== (b.pending === null)) return a.pending ? a : b;
  return a;
}
