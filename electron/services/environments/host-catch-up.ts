import type { CommandResult, Environment, LockOwner } from '#electron/environments/environment.ts';
import { atOnce } from '#electron/environments/fleet/at-once.ts';
import type { Fleet, FleetHost } from '#electron/environments/fleet/fleet.ts';
import { mergedSnapshot } from '#electron/environments/fleet/fleet-snapshot.ts';
import { newState } from '#electron/environments/state-file.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { Secret } from '#shared/model/secret.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';

/** What bringing a host up to date changes: names of variables, no values. */
export interface HostDifference {
  set: string[];
  remove: string[];
  /** What is recorded of the keys differs. */
  records: boolean;
}

/** What the other hosts agree on. */
interface Agreed {
  state: EnvironmentState;
  values: ReadonlyMap<string, Secret>;
}

/** A host of a fleet, as it is named there. Throws `invalid-input`. */
export function hostOf(environment: Environment, host: string): { fleet: Fleet; target: FleetHost } {
  const { fleet, config } = environment;
  const target = fleet?.hosts.find(({ name }) => name === host);
  if (fleet && target) return { fleet, target };
  throw new RekeyError('invalid-input', {
    message: `"${config.name}" has no host "${host}".`,
    remedy: fleet
      ? `Its hosts are: ${fleet.hosts.map(({ name }) => name).join(', ')}.`
      : 'It is a single place: there is nothing to bring it up to.',
  });
}

/**
 * In what a host of a fleet differs from what the others hold: the managed variables (keys with their slots), and what
 * is recorded of them. Throws `conflict` when the others do not agree with each other on what is right, or the host has
 * records of another environment; `environment-unreachable` when none of them answers.
 */
export async function compareHost(environment: Environment, host: string): Promise<HostDifference> {
  const agreed = await agreedByOthers(environment, host);
  return (await differenceOf(environment, host, agreed)).difference;
}

/**
 * Brings a host to what the others hold, in one atomic change under its lock. Everything else in its file stays. The
 * values go from host to host through this process only. Returns what it changed. Throws what `compareHost` throws.
 */
export async function bringHostUpToDate(
  environment: Environment,
  host: string,
  owner: LockOwner,
): Promise<HostDifference> {
  const { target } = hostOf(environment, host);
  const agreed = await agreedByOthers(environment, host);
  const held = await target.environment.lock(owner);
  try {
    const { difference, values, before } = await differenceOf(environment, host, agreed);
    if (isSame(difference)) return difference;
    const { state } = agreed;
    const printOf = (value: Secret | null | undefined) => (value ? fingerprintIn(state, value) : null);
    const pending = Object.fromEntries(
      keyRules(environment.config.keys)
        .filter(({ name }) => values.has(name))
        .map(({ name }) => [name, { old: printOf(before.values.get(name)), new: printOf(values.get(name)) }]),
    );
    await target.environment.apply(
      { values, pending, after: stateAfter(agreed, before.state) },
      before.revision,
    );
    return difference;
  } finally {
    await held.release().catch((error: unknown) => {
      if (!isRekeyError(error)) throw error;
    });
  }
}

/** Whether a host holds what the others hold. */
export function isSame({ set, remove, records }: HostDifference): boolean {
  return set.length === 0 && remove.length === 0 && !records;
}

/** Runs a command on one host of a fleet. */
export function commandOnHost(
  environment: Environment,
  host: string,
  ...command: Parameters<Environment['command']>
): Promise<CommandResult> {
  return hostOf(environment, host).target.environment.command(...command);
}

async function agreedByOthers(environment: Environment, host: string): Promise<Agreed> {
  const { fleet } = hostOf(environment, host);
  const { config } = environment;
  const read = await atOnce(
    fleet.hosts.filter(({ name }) => name !== host),
    fleet.atOnce,
    async ({ name, environment: other }) => ({ host: name, snapshot: await other.read({ thorough: false }) }),
  );
  const others = read.flatMap((result) => ('value' in result ? [result.value] : []));
  if (others.length === 0) {
    throw new RekeyError('environment-unreachable', {
      message: `No other host of "${config.name}" answers, so nothing says what is right.`,
      remedy: 'Bring the other hosts back first, or rotate the keys on those that answer.',
    });
  }
  const { state, values, findings } = mergedSnapshot(others, keyRules(config.keys));
  const differing = findings.find(({ code }) => code === 'host-drift');
  if (state && !differing) return { state, values };
  throw new RekeyError('conflict', {
    message: differing?.message ?? 'The other hosts have no records yet.',
    remedy: 'Bring the other hosts into step first, or rotate the keys on those that answer.',
  });
}

async function differenceOf(environment: Environment, host: string, agreed: Agreed) {
  const before = await hostOf(environment, host).target.environment.read({ thorough: false });
  if (before.state && before.state.fingerprintKey !== agreed.state.fingerprintKey) {
    throw new RekeyError('conflict', {
      message: `${host} has records of another environment.`,
      remedy: 'Move its state (the file whose name ends with .rekey.json) away, then try again.',
    });
  }
  const values = new Map<string, Secret | null>();
  for (const { name, variables } of keyRules(environment.config.keys)) {
    for (const variable of [name, variables.previous, variables.next]) {
      const right = agreed.values.get(variable);
      const now = before.values.get(variable);
      if (right ? !now?.equals(right) : now !== undefined) values.set(variable, right ?? null);
    }
  }
  const changed = [...values];
  const difference: HostDifference = {
    set: changed.flatMap(([name, value]) => (value ? [name] : [])),
    remove: changed.flatMap(([name, value]) => (value ? [] : [name])),
    records: JSON.stringify(stateAfter(agreed, before.state)) !== JSON.stringify(before.state),
  };
  return { difference, values, before };
}

/** What the others have recorded; what only this host's state knows beside it stays. */
function stateAfter({ state }: Agreed, before: EnvironmentState | null): EnvironmentState {
  return { ...(before ?? newState(state.environmentId)), ...state };
}
