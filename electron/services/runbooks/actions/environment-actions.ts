import { durationInWords } from '#shared/model/duration.ts';
import type { CommandKind } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import { environmentOfRun } from '../../rotation/places.ts';
import { type ActionCall, type ActionCode, answer, done } from './action.ts';
import { commandAnswer } from './command-answer.ts';

type Names = Extract<ActionName, `environment.${string}`>;

/** Looking at an environment, and restarting its service. */
export const environmentActions: Readonly<Record<Names, ActionCode>> = {
  'environment.status': async (services, { run }) => {
    const status = await services.status(run.environment.id);
    const lines = status.keys.map(
      ({ key, status: state, age_days: age, due_at: due }) =>
        `${key}: ${state}${age === null ? '' : `, ${age} days old`}${due === null ? '' : `, due ${due.slice(0, 10)}`}`,
    );
    if (!status.reachable) {
      const [why] = status.findings;
      throw new RekeyError('environment-unreachable', {
        message: why?.message ?? 'The environment cannot be read.',
        remedy: why?.remedy ?? 'Check the path and its permissions.',
      });
    }
    return done(`Compliance score: ${status.compliance_score} of 100`, ...lines);
  },

  'environment.validate': async (services, call) => {
    const report = await services.environments.validate(call.run.environment.id);
    const problems = [...report.errors, ...report.warnings].map(
      ({ key, severity, message }) => `${severity}: ${key}: ${message}`,
    );
    const own = report.errors.filter(({ key }) => call.run.keys.includes(key));
    const others = call.arguments.own_keys === true && !report.valid && own.length === 0;
    const head = report.valid
      ? 'The startup validation passes.'
      : others
        ? 'The startup validation passes for the keys of this run; others have errors.'
        : 'The startup validation fails.';
    return answer(
      call,
      report.valid || others,
      [head, ...problems],
      'Rotate the keys that it names, or correct their rules, then try again.',
    );
  },

  'environment.health': async (services, call) => {
    const report = await environmentOfRun(services.environments, call.run).health(call.signal);
    const good = report.configured && report.reachable && report.healthy;
    const known = Object.keys(report.fingerprints);
    services.log.append({
      event_type: 'health_check',
      action: good ? 'healthy' : 'not-healthy',
      environment: call.run.environment,
      run_id: call.run.run_id,
      drill: call.run.drill,
      data: { http_status: report.httpStatus, duration_ms: report.durationMs, problem: report.problem },
    });
    return answer(
      call,
      good,
      [
        good
          ? `The service is healthy (HTTP ${report.httpStatus}, ${durationInWords(report.durationMs)}).`
          : `The service is not healthy: ${report.problem ?? `HTTP ${report.httpStatus}`}`,
        ...(known.length > 0 ? [`It reports the fingerprints of ${known.join(', ')}.`] : []),
      ],
      'Look at the log of the service. When it is healthy again, try again.',
    );
  },

  'environment.connection': async (services, call) => {
    const checks = await services.environments.test(
      call.run.environment.id,
      call.signal,
      call.run.excluded_hosts?.map(({ host }) => host),
    );
    const words = { ok: 'good', warning: 'look', failed: 'failed', 'not-configured': 'not configured' };
    const failed = checks.filter(({ outcome }) => outcome === 'failed');
    const lines = checks.flatMap(({ title, outcome, message, remedy }) => [
      `${title}: ${words[outcome]}. ${message}`,
      ...(outcome === 'failed' && remedy ? [`  ${remedy}`] : []),
    ]);
    const head = failed.length === 0 ? 'The connection is good.' : `${failed.length} of the tests failed.`;
    return answer(
      call,
      failed.length === 0,
      [head, ...lines],
      failed[0]?.remedy ?? 'Mend what failed first.',
    );
  },

  'environment.findings': async (services, { run }) => {
    const { findings } = await services.status(run.environment.id);
    if (findings.length === 0) return done('There is nothing unusual about the environment.');
    return done(
      ...findings.map(
        ({ severity, message, remedy, line }) =>
          `${severity}: ${message}${line === undefined ? '' : ` (line ${line})`}${remedy ? ` ${remedy}` : ''}`,
      ),
    );
  },

  'environment.restart': (services, call) =>
    runCommand(services, call, 'restart', 'The service was restarted.'),
  'environment.verify': (services, call) =>
    runCommand(services, call, 'verify', 'The verify command passes.'),

  'environment.next-due': async (services, { run }) => {
    const { keys } = await services.status(run.environment.id);
    const due = keys
      .filter(({ due_at }) => due_at !== null)
      .sort((one, other) => (one.due_at ?? '').localeCompare(other.due_at ?? ''));
    const unknown = keys.filter(({ due_at }) => due_at === null).map(({ key }) => key);
    return done(
      ...due.map(({ key, due_at, status }) => `${key}: due ${due_at?.slice(0, 10)} (${status})`),
      ...(unknown.length > 0 ? [`No date is known for ${unknown.join(', ')}.`] : []),
    );
  },
};

async function runCommand(
  services: Parameters<ActionCode>[0],
  call: ActionCall,
  kind: CommandKind,
  good: string,
): ReturnType<ActionCode> {
  const environment = environmentOfRun(services.environments, call.run);
  const record = (action: string, data: Record<string, unknown> | null) =>
    services.log.append({
      event_type: 'environment',
      action,
      environment: call.run.environment,
      run_id: call.run.run_id,
      drill: call.run.drill,
      data,
    });
  record(`${kind}-intended`, null);
  const result = await environment.command(kind, { signal: call.signal, onOutput: call.onProgress });
  record(`${kind}-done`, {
    outcome: result.outcome,
    exit_code: result.exitCode,
    duration_ms: result.durationMs,
  });
  return commandAnswer(call, result, good);
}
