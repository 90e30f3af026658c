import { currentPath } from '#shared/logic/rotation-path.ts';
import type { HostProgress } from '#shared/model/run.ts';
import type { Taking } from './effect-result.ts';
import type { RotationSession } from './rotation-session.ts';

/** What is recorded of a host for this very step of the run; null when its last record is of another step. */
export function recordedOf(session: RotationSession, host: string, step: string): HostProgress | null {
  return session.run.hosts?.find((one) => one.host === host && one.step === step) ?? null;
}

/** Hosts that the roll-out before this restart has dealt with: restarted, or found in no need of it. */
export function rolledOutBefore(session: RotationSession, { rotation, step }: Taking): string[] {
  const path = currentPath(rotation);
  const write = path[path.findIndex(({ id }) => id === step.id) - 1]?.id;
  return (session.run.hosts ?? [])
    .filter((one) => one.step === write && one.state === 'done')
    .map(({ host }) => host);
}
