import type { Environment } from '#electron/environments/environment.ts';
import {
  bringHostUpToDate,
  commandOnHost,
  compareHost,
  type HostDifference,
  isSame,
} from '#electron/services/environments/host-catch-up.ts';
import type { CommandKind } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import type { GuidedDependencies } from '../guided-dependencies.ts';
import { type ActionCall, type ActionCode, answer, done } from './action.ts';
import { commandAnswer } from './command-answer.ts';

type Names = Extract<ActionName, `host.${string}`>;

/** One host of a fleet that is behind the others: what it lacks, and how it gets there. */
export const hostActions: Readonly<Record<Names, ActionCode>> = {
  'host.compare': async (services, call) => {
    const { environment, host } = hostOfRun(services, call.run);
    const difference = await compareHost(environment, host);
    return answer(
      call,
      call.arguments.same !== true || isSame(difference),
      differenceInWords(host, difference),
      'Bring the host up to date, then compare again.',
    );
  },

  'host.catch-up': async (services, call) => {
    const { run, config } = call;
    const { environment, host } = hostOfRun(services, run);
    refuseWhileRotating(services, call);
    record(services, run, 'host-catch-up-intended', { host });
    const changed = await bringHostUpToDate(environment, host, {
      runId: run.run_id,
      operator: services.operator(),
      isOver: (runId) => services.runs.isOver(runId),
    });
    record(services, run, 'host-caught-up', { host, ...changed });
    const names = [...changed.set, ...changed.remove];
    return done(
      names.length === 0
        ? `${host} held the same values already.`
        : `${host} holds what the others hold now.`,
      ...(names.length > 0 ? [`Changed: ${names.join(', ')}.`] : []),
      ...(names.length > 0 && config.commands.restart === undefined
        ? ['Its service may still use the old values: it has to be restarted.']
        : []),
    );
  },

  'host.restart': (services, call) => runOnHost(services, call, 'restart', 'was restarted'),
  'host.verify': (services, call) => runOnHost(services, call, 'verify', 'passes its verify command'),
};

/** Whether a host holds what the others hold, for whoever finds an interrupted `host.catch-up`. */
export async function isCaughtUp(services: GuidedDependencies, run: RunRecord): Promise<boolean> {
  const { environment, host } = hostOfRun(services, run);
  return isSame(await compareHost(environment, host));
}

/** What `host.catch-up` would change, in names. */
export async function catchUpPreview(services: GuidedDependencies, run: RunRecord): Promise<string[]> {
  const { environment, host } = hostOfRun(services, run);
  const difference = await compareHost(environment, host);
  if (isSame(difference)) return [`${host} holds what the other hosts hold: nothing is written.`];
  const { set, remove } = difference;
  return [
    ...(set.length > 0 ? [`Sets on ${host}: ${set.join(', ')}.`] : []),
    ...(remove.length > 0 ? [`Removes there: ${remove.join(', ')}.`] : []),
    'Brings its records of the keys to those of the other hosts.',
  ];
}

function hostOfRun(services: GuidedDependencies, run: RunRecord): { environment: Environment; host: string } {
  if (run.host === undefined) throw new RangeError('The run is about no host');
  return { environment: services.environments.open(run.environment.id), host: run.host };
}

function differenceInWords(host: string, difference: HostDifference): string[] {
  if (isSame(difference)) return [`${host} holds what the other hosts hold.`];
  const { set, remove } = difference;
  return [
    `${host} differs from the other hosts.`,
    ...(set.length > 0 ? [`Other values there: ${set.join(', ')}.`] : []),
    ...(remove.length > 0 ? [`Only there: ${remove.join(', ')}.`] : []),
    ...(difference.records ? ['Its records of the keys are older.'] : []),
  ];
}

/** What is right on all hosts is not settled while a key is being rotated. */
function refuseWhileRotating(services: GuidedDependencies, { config }: ActionCall): void {
  for (const { name } of keyRules(config.keys)) {
    const open = services.runs.openRotation(config.id, name);
    if (!open) continue;
    throw new RekeyError('run-open', {
      message: `The rotation of ${name} in run ${open.run_id} is not finished (${open.state}).`,
      remedy: 'Finish that run first: what is right on all hosts is not settled yet.',
      details: { run_id: open.run_id, key: name },
    });
  }
}

async function runOnHost(
  services: GuidedDependencies,
  call: ActionCall,
  kind: CommandKind,
  good: string,
): ReturnType<ActionCode> {
  const { environment, host } = hostOfRun(services, call.run);
  record(services, call.run, `${kind}-intended`, { host });
  const result = await commandOnHost(environment, host, kind, {
    signal: call.signal,
    onOutput: call.onProgress,
  });
  record(services, call.run, `${kind}-done`, {
    host,
    outcome: result.outcome,
    exit_code: result.exitCode,
    duration_ms: result.durationMs,
  });
  return commandAnswer(call, result, `${host} ${good}.`);
}

function record(
  { log }: GuidedDependencies,
  { environment, run_id, drill, reason }: RunRecord,
  action: string,
  data: Record<string, unknown>,
): void {
  log.append({ event_type: 'environment', action, environment, run_id, drill, reason, data });
}
