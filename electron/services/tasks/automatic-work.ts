import { neverAutomatic, retiresByPerson, statusForPerson } from '#shared/logic/automatic-rotation.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isDue, type KeyName } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import { configuredCommands } from '../rotation/rotation-planner.ts';
import type { RunRegistry } from '../rotation/run-registry.ts';

/** What may be done in an environment without a person, now. */
export interface AutomaticWork {
  /** Runs that were begun so, and can go on. */
  toContinue: RunRecord[];
  /** Keys that are due and switched on, a run each: those that a person retires hold up no others. */
  toRotate: KeyName[][];
  /** Keys that are due and switched on, and all the same left to a person. */
  left: { key: KeyName; why: string }[];
}

/** Whether anything in an environment is switched on, or was when it was begun. */
export function isAutomatic({ id, keys }: EnvironmentConfig, runs: Pick<RunRegistry, 'openRuns'>): boolean {
  return Object.values(keys).some(({ automatic }) => automatic) || automaticRuns(id, runs).length > 0;
}

/** From how an environment stands. Changes nothing. */
export function automaticWork(
  config: EnvironmentConfig,
  status: EnvironmentStatus,
  runs: Pick<RunRegistry, 'openRuns' | 'openRotation'>,
  now: Date,
): AutomaticWork {
  const [alone, withPerson]: [KeyName[], KeyName[]] = [[], []];
  const left: AutomaticWork['left'] = [];
  const configured = configuredCommands(config);
  const rules = new Map(keyRules(config.keys).map((rule) => [rule.name, rule]));
  for (const { key, status: keyStatus } of status.keys) {
    const rule = rules.get(key);
    if (!rule?.automatic || !isDue(keyStatus)) continue;
    const open = runs.openRotation(config.id, key);
    const why =
      open === null
        ? (neverAutomatic(rule) ?? statusForPerson(keyStatus))
        : `A rotation of it is under way: run ${open.run_id}.`;
    if (why !== null) left.push({ key, why });
    else (retiresByPerson(rule, configured) === null ? alone : withPerson).push(key);
  }
  return {
    toContinue: automaticRuns(config.id, runs).filter((run) => canGoOn(run, now)),
    toRotate: [alone, withPerson].filter((keys) => keys.length > 0),
    left,
  };
}

function automaticRuns(environmentId: string, runs: Pick<RunRegistry, 'openRuns'>): RunRecord[] {
  return runs.openRuns(environmentId).filter(({ automatic }) => automatic);
}

/** Whether anything but a person's word is missing: time passed, a crash, or what may be provable by now. */
function canGoOn({ state, waits_for, resume_after }: RunRecord, now: Date): boolean {
  if (state === 'running') return true;
  if (state === 'soaking') return resume_after === null || resume_after <= now.toISOString();
  return state === 'paused' && (waits_for === 'unlock' || waits_for === 'attestation');
}
