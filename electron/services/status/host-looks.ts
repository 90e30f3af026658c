import type { LockStatus, ReadableHosts, Snapshot } from '#electron/environments/environment.ts';
import { atOnce } from '#electron/environments/fleet/at-once.ts';
import { mergedSnapshot } from '#electron/environments/fleet/fleet-snapshot.ts';
import { hostsFailed } from '#electron/environments/fleet/hosts-failed.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError, type RekeyError } from '#shared/model/errors.ts';
import type { Finding } from '#shared/model/finding.ts';
import { keyStatuses } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { HostStatus, KeyStatusEntry } from '#shared/model/status.ts';

/** What was read of one host of a fleet, or why it could not be. */
export type HostLook = { host: string } & ({ snapshot: Snapshot } | { error: RekeyError });

/**
 * Looks at every host of a fleet; those that answer are merged into one snapshot. Throws, naming all of them, only when
 * none answers.
 */
export async function lookAtHosts(
  config: EnvironmentConfig,
  { list, atOnce: limit }: ReadableHosts,
  thorough: boolean,
): Promise<{ config: EnvironmentConfig; snapshot: Snapshot; lock: LockStatus | null; hosts: HostLook[] }> {
  const results = await atOnce(list, limit, async ({ reader }) => ({
    snapshot: await reader.read({ thorough }),
    lock: await reader.lockStatus(),
  }));
  const failures = results.filter((result) => 'error' in result);
  if (failures.length === results.length) throw hostsFailed(failures, results.length, 'read');
  const answered = results.flatMap((result) =>
    'value' in result ? [{ host: result.item.name, ...result.value }] : [],
  );
  return {
    config,
    snapshot: mergedSnapshot(answered, keyRules(config.keys)),
    lock: answered.find(({ lock }) => lock !== null)?.lock ?? null,
    hosts: results.map((result): HostLook => {
      const host = result.item.name;
      if ('value' in result) return { host, snapshot: result.value.snapshot };
      if (!isRekeyError(result.error)) throw result.error;
      return { host, error: result.error };
    }),
  };
}

/** A host that does not answer is a finding of its own: nothing is known of its keys. */
export function hostFindings(hosts: readonly HostLook[]): Finding[] {
  return hosts.flatMap((look) =>
    'error' in look
      ? [
          {
            code: look.error.code,
            severity: 'error' as const,
            host: look.host,
            message: look.error.message.includes(look.host)
              ? look.error.message
              : `${look.host}: ${look.error.message}`,
            remedy: look.error.remedy,
          },
        ]
      : [],
  );
}

/**
 * A key whose value was never recorded says nothing of drift by itself: on a host that differs from the others it has
 * drifted all the same.
 */
export function withDrift(entry: KeyStatusEntry, differs: boolean): KeyStatusEntry {
  if (!differs || entry.status !== 'unrecorded') return entry;
  const drifted = {
    code: 'drifted',
    severity: 'error' as const,
    message: 'The value is not the one that the other hosts hold.',
  };
  return { ...entry, status: 'drifted', problems: [drifted, ...entry.problems] };
}

/** A key of a fleet: as it stands on the host where it stands worst, saying on which hosts. */
export function worstOf(merged: KeyStatusEntry, hosts: readonly HostStatus[]): KeyStatusEntry {
  const entries = hosts.flatMap(({ host, keys }) =>
    keys.filter(({ key }) => key === merged.key).map((entry) => ({ host, entry })),
  );
  const worst = keyStatuses.find((status) => entries.some(({ entry }) => entry.status === status));
  if (worst === undefined || worst === merged.status) return merged;
  const there = entries.filter(({ entry }) => entry.status === worst);
  const first = there[0]?.entry.problems[0];
  return {
    ...merged,
    status: worst,
    problems: [
      ...(first
        ? [{ ...first, message: `On ${there.map(({ host }) => host).join(', ')}: ${first.message}` }]
        : []),
      ...merged.problems,
    ],
  };
}
