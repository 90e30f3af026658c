import { isDue, KeyStatus } from '#shared/model/key.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { RotationCheckResult } from '#shared/model/task.ts';

const worstFirst = KeyStatus.options;

/**
 * The seed's `automated_key_rotation_check`: which keys are due, from how the environments stand.
 * @param hasAutomaticWork - whether `execute-rotations` has something to do in an environment
 */
export function checkRotations(
  statuses: readonly EnvironmentStatus[],
  hasAutomaticWork: (status: EnvironmentStatus) => boolean,
): RotationCheckResult {
  const keys = statuses.flatMap(({ id, name, stage, keys }) =>
    keys.map(({ key, status, due_at }) => ({ environment: { id, name, stage }, key, status, due_at })),
  );
  const byDate = (a: { due_at: string | null }, b: { due_at: string | null }) =>
    (a.due_at ?? '').localeCompare(b.due_at ?? '');
  const due = keys
    .filter(({ status }) => isDue(status))
    .sort((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status) || byDate(a, b));
  const [next = null] = keys.filter(({ status, due_at }) => !isDue(status) && due_at !== null).sort(byDate);
  const unreachable = statuses
    .filter(({ reachable, hosts = [] }) => !reachable || hosts.some((host) => !host.reachable))
    .map(({ id, name, stage }) => ({ id, name, stage }));
  const automatic = statuses
    .filter((status) => status.reachable && hasAutomaticWork(status))
    .map(({ id, name, stage }) => ({ id, name, stage }));
  return { due, next, unreachable, automatic };
}
