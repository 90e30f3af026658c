import type { Environment, LockOwner } from '#electron/environments/environment.ts';
import { atOnce } from '#electron/environments/fleet/at-once.ts';
import { mergedSnapshot } from '#electron/environments/fleet/fleet-snapshot.ts';
import { newState } from '#electron/environments/state-file.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { Secret } from '#shared/model/secret.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';

/** What bringing a host up to date changes: names of variables, no values. */
export interface CatchUp {
  set: string[];
  remove: string[];
  restarted: boolean;
}

/**
 * Brings one host of a fleet to what the others hold: the managed variables (keys with their slots) and what is
 * recorded of them, in one atomic change under its lock; then its service is restarted and verified, where commands
 * are configured. Everything else in its file stays. The values go from host to host through this process only.
 * Throws `conflict` when the other hosts do not agree with each other on what is right.
 */
export async function bringHostUpToDate(
  environment: Environment,
  host: string,
  owner: LockOwner,
): Promise<CatchUp> {
  const { fleet, config } = environment;
  const target = fleet?.hosts.find(({ name }) => name === host);
  if (!fleet || !target) {
    throw new RekeyError('invalid-input', {
      message: `"${config.name}" has no host "${host}".`,
      remedy: fleet
        ? `Its hosts are: ${fleet.hosts.map(({ name }) => name).join(', ')}.`
        : 'It is a single place: there is nothing to bring it up to.',
    });
  }
  const rules = keyRules(config.keys);
  const names = rules.flatMap(({ name, variables }) => [name, variables.previous, variables.next]);
  const read = await atOnce(
    fleet.hosts.filter(({ name }) => name !== host),
    fleet.atOnce,
    async ({ name, environment: other }) => ({ host: name, snapshot: await other.read({ thorough: false }) }),
  );
  const others = read.flatMap((result) => ('value' in result ? [result.value] : []));
  const right = mergedSnapshot(others, rules);
  const differing = right.findings.filter(({ code }) => code === 'host-drift');
  if (others.length === 0 || !right.state || differing.length > 0) {
    throw new RekeyError(others.length === 0 ? 'environment-unreachable' : 'conflict', {
      message:
        others.length === 0
          ? `No other host of "${config.name}" answers, so nothing says what is right.`
          : (differing[0]?.message ?? 'The other hosts have no records yet.'),
      remedy: 'Bring the other hosts into step first, or rotate the keys on those that answer.',
    });
  }
  const { state, values: wanted } = right;
  const held = await target.environment.lock(owner);
  try {
    const before = await target.environment.read({ thorough: false });
    if (before.state && before.state.fingerprintKey !== state.fingerprintKey) {
      throw new RekeyError('conflict', {
        message: `${host} has records of another environment.`,
        remedy: 'Move its state (the file whose name ends with .rekey.json) away, then try again.',
      });
    }
    const values = new Map<string, Secret | null>();
    for (const name of names) {
      const value = wanted.get(name);
      const now = before.values.get(name);
      if (value ? !now?.equals(value) : now !== undefined) values.set(name, value ?? null);
    }
    const pending = Object.fromEntries(
      rules
        .filter(({ name }) => values.has(name))
        .map(({ name }) => {
          const printOf = (value: Secret | null | undefined) => (value ? fingerprintIn(state, value) : null);
          return [name, { old: printOf(before.values.get(name)), new: printOf(values.get(name)) }];
        }),
    );
    await target.environment.apply(
      { values, pending, after: { ...(before.state ?? newState(config.id)), ...state } },
      before.revision,
    );
    const restarted = values.size > 0 && config.commands.restart !== undefined;
    for (const kind of ['restart', 'verify'] as const) {
      if (values.size === 0 || config.commands[kind] === undefined) continue;
      const { outcome, reason } = await target.environment.command(kind);
      if (outcome !== 'ok') {
        throw new RekeyError('command-failed', {
          message: `${host} holds the right values now, but its ${kind} command did not succeed: ${reason ?? outcome}`,
          unchanged: 'The file of the host was changed; its service may still use the old values.',
          remedy: 'Restart the service there, and look at its status.',
          details: { host },
        });
      }
    }
    const changed = [...values];
    return {
      set: changed.flatMap(([name, value]) => (value ? [name] : [])),
      remove: changed.flatMap(([name, value]) => (value ? [] : [name])),
      restarted,
    };
  } finally {
    await held.release().catch((error: unknown) => {
      if (!isRekeyError(error)) throw error;
    });
  }
}
