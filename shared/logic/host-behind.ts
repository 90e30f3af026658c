import type { KeyName } from '../model/key.ts';
import type { HostStatus } from '../model/status.ts';

/**
 * The keys in which a host of a fleet differs from what is right: those that were changed there, and those that it
 * lacks and another host has. None of a host that does not answer.
 */
export function keysBehind(host: HostStatus, fleet: readonly HostStatus[]): KeyName[] {
  const hasElsewhere = (name: KeyName) =>
    fleet.some(({ keys }) => keys.some(({ key, status }) => key === name && status !== 'missing'));
  return host.keys
    .filter(({ key, status }) => status === 'drifted' || (status === 'missing' && hasElsewhere(key)))
    .map(({ key }) => key);
}
