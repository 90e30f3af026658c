import type { CommandResult, Environment } from '#electron/environments/environment.ts';
import { canRestart } from '#shared/logic/rotation-machine.ts';
import type { CommandKind } from '#shared/model/environment.ts';
import { ReencryptionCounts, type RotationRecord } from '#shared/model/rotation.ts';
import { commandProblem } from './adoption.ts';
import { commandResult, type EffectResult, eachOf, shared, type Taking } from './effect-result.ts';
import { rolledOutBefore } from './host-progress.ts';
import { configuredCommands } from './rotation-planner.ts';
import type { RotationSession } from './rotation-session.ts';

/** Restarts the service, or stops and starts it; a start by itself where that is all the step wants. */
export async function restartService(
  session: RotationSession,
  group: readonly Taking[],
): Promise<Map<string, EffectResult>> {
  const { environment } = session;
  const starts = group.some(({ step }) => step.effect === 'start');
  if (starts && environment.config.commands.start) {
    return shared(group, commandResult(await runCommand(session, 'start')));
  }
  const [first] = group;
  const rolledOut = environment.fleet?.commandsOnHosts && first ? rolledOutBefore(session, first) : [];
  const left = environment.fleet && rolledOut.length > 0 ? environment.fleet.without(rolledOut) : environment;
  if (left.fleet?.hosts.length === 0) {
    return shared(group, { outcome: 'done', data: { restarted_in_waves: rolledOut.length } });
  }
  return shared(group, commandResult(await restart(left, session.options)));
}

/** Restarts a service, or stops and starts it, whichever is configured. */
export async function restart(
  environment: Environment,
  { onProgress, signal }: Pick<RotationSession['options'], 'onProgress' | 'signal'>,
): Promise<CommandResult> {
  const configured = configuredCommands(environment.config);
  const options = {
    onOutput: (line: string) => onProgress?.(line),
    ...(signal ? { signal } : {}),
  };
  if (configured.has('restart')) return environment.command('restart', options);
  if (!canRestart({ configured })) throw new RangeError('Nothing can restart the service');
  const stopped = await environment.command('stop', options);
  return stopped.outcome === 'ok' ? environment.command('start', options) : stopped;
}

/** Whether the service accepts the next value: by its command, else by its health. */
export async function checkAcceptance(
  session: RotationSession,
  group: readonly Taking[],
): Promise<Map<string, EffectResult>> {
  const { environment } = session;
  const result = environment.config.commands['accepts-next']
    ? await runCommand(session, 'accepts-next')
    : null;
  const health =
    !result && environment.config.health ? await environment.health(session.options.signal) : null;
  return eachOf(group, async ({ rotation }) => {
    const failed =
      result && result.outcome !== 'ok'
        ? commandProblem(result)
        : health && !health.healthy && rotation.healthy_before === true
          ? 'The service was healthy before it was given the next value, and is not now.'
          : null;
    // Nothing ever hard-locks an emergency: what was not accepted is recorded, and the rotation goes on.
    if (failed !== null && rotation.plan.mode !== 'emergency') {
      return { outcome: 'failed', code: 'command-failed', message: failed };
    }
    return {
      outcome: 'done',
      data: { checked_by: result ? 'accepts-next' : 'health', accepted: failed === null, problem: failed },
    };
  });
}

/** Re-encrypts what is under the value to be left, and takes only proven counts for done. */
export async function reencrypt(session: RotationSession, rotation: RotationRecord): Promise<EffectResult> {
  const [from, to] = rotation.rollback === null ? (['old', 'new'] as const) : (['new', 'old'] as const);
  const result = await runCommand(session, 'reencrypt', {
    key: rotation.key,
    old: await session.values.open(rotation, from),
    new: await session.values.open(rotation, to),
  });
  if (result.signal !== null || ['timed-out', 'stopped', 'lost'].includes(result.outcome)) {
    // How far it came is not known, and is not assumed.
    return { outcome: 'blocked', why: `${commandProblem(result)} How far it came is not known.` };
  }
  if (result.outcome !== 'ok')
    return { outcome: 'failed', code: 'command-failed', message: commandProblem(result) };
  const counts = ReencryptionCounts.safeParse(result.report);
  if (!counts.success) {
    return {
      outcome: 'failed',
      code: 'command-failed',
      message:
        'The reencrypt command did not end with the line {"total": n, "changed": n, "remaining_old": n}, so nothing is known about its result.',
    };
  }
  if (counts.data.remaining_old > 0) {
    return {
      outcome: 'failed',
      code: 'command-failed',
      message: `${counts.data.remaining_old} of ${counts.data.total} are still under the ${from} value.`,
    };
  }
  return {
    outcome: 'done',
    data: { counts: counts.data },
    line: `${rotation.key}: ${counts.data.changed} of ${counts.data.total} re-encrypted, none left under the ${from} value`,
  };
}

/**
 * Whether the service refuses the old value, which is removed by then. That it does not is a failure that a person looks
 * into and tries again; where nobody is there, nobody knows what still accepts it, and nothing is tried again.
 */
export async function verifyOldRefused(
  session: RotationSession,
  rotation: RotationRecord,
): Promise<EffectResult> {
  const result = await runCommand(session, 'verify-old-refused', {
    key: rotation.key,
    old: await session.values.open(rotation, 'old'),
    new: await session.values.open(rotation, 'new'),
  });
  const checked = commandResult(result);
  if (checked.outcome !== 'failed' || !session.options.automatic) return checked;
  return { outcome: 'blocked', why: `The old value is removed. ${checked.message}` };
}

/** Runs one of the environment's commands; its output is progress, and it stops with the session. */
export async function runCommand(
  session: RotationSession,
  kind: CommandKind,
  input?: NonNullable<Parameters<RotationSession['environment']['command']>[1]>['input'],
): Promise<CommandResult> {
  return session.environment.command(kind, {
    onOutput: (line) => session.options.onProgress?.(line),
    ...(input ? { input } : {}),
    ...(session.options.signal ? { signal: session.options.signal } : {}),
  });
}
