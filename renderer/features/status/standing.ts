import type { EnvironmentStatus, KeyStatusEntry } from '#shared/model/status.ts';
import { keyStatusWords } from './key-status-words.ts';

export interface KeyAt {
  environment: EnvironmentStatus;
  key: KeyStatusEntry;
}

const stageRank = { production: 0, staging: 1, development: 2 } as const;

/** Environments in the order in which they matter: production first, then by name. */
export function byImportance(environments: readonly EnvironmentStatus[]): EnvironmentStatus[] {
  return [...environments].sort(
    (a, b) =>
      stageRank[a.stage] - stageRank[b.stage] || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

/** The hosts of a fleet that do not answer: nothing is known of their keys. */
export function silentHosts({ hosts = [] }: EnvironmentStatus): string[] {
  return hosts.filter(({ reachable }) => !reachable).map(({ host }) => host);
}

export function allKeys(environments: readonly EnvironmentStatus[]): KeyAt[] {
  return environments.flatMap((environment) => environment.keys.map((key) => ({ environment, key })));
}

/** The worst status among some keys, or null where there are none. */
export function worstStatus(keys: readonly KeyStatusEntry[]): KeyStatusEntry['status'] | null {
  return keys.reduce<KeyStatusEntry['status'] | null>(
    (worst, { status }) =>
      worst === null || keyStatusWords[status].rank < keyStatusWords[worst].rank ? status : worst,
    null,
  );
}

/** Whether a status counts as kept policy in the compliance score. */
export function isCompliant(status: KeyStatusEntry['status']): boolean {
  return status === 'ok' || status === 'rotating' || status === 'soaking' || status === 'due-soon';
}

/** The score over several environments: round(100 × keys compliant or due soon / keys listed); null without keys. */
export function complianceScore(
  keys: readonly KeyAt[],
): { score: number; compliant: number; listed: number } | null {
  if (keys.length === 0) return null;
  const compliant = keys.filter(({ key }) => isCompliant(key.status)).length;
  return { score: Math.round((100 * compliant) / keys.length), compliant, listed: keys.length };
}
