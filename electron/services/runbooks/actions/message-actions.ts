import type { ActionName } from '#shared/model/runbook.ts';
import { type ActionCall, type ActionCode, done } from './action.ts';

type Names = Extract<ActionName, `message.${string}`>;

/** Messages for people to send by their own channels. They hold names, times and fingerprints, and no secret. */
export const messageActions: Readonly<Record<Names, ActionCode>> = {
  'message.compose': async (_services, call) => {
    switch (call.arguments.audience) {
      case 'security':
        return done(...toSecurity(call));
      case 'operations':
        return done(...toOperations(call));
      default:
        return done(...toDependents(call));
    }
  },
};

function head({ run }: ActionCall): string {
  const marks = `${run.drill ? '[DRILL] ' : ''}${run.dry_run ? '[DRY RUN] ' : ''}`;
  const what = run.mode === 'emergency' ? 'Emergency key rotation' : 'Planned key rotation';
  return `Subject: ${marks}${what} in ${run.environment.name}`;
}

function toDependents(call: ActionCall): string[] {
  const { run } = call;
  return [
    head(call),
    '',
    `We are replacing ${run.keys.join(', ')} in ${run.environment.name} (${run.environment.stage}) now.`,
    'What was signed with the old value may be refused from the restart on: users log in again, senders sign again.',
    'If you see errors that do not end within 15 minutes, call the person below.',
    '',
    `Acting: ${run.operator}. Reference: run ${run.run_id}.`,
  ];
}

function toOperations(call: ActionCall): string[] {
  const { run } = call;
  const start = run.steps.find(({ id }) => id === 'window')?.input?.start;
  return [
    head(call),
    '',
    `We are rotating ${run.keys.join(', ')} in ${run.environment.name} (${run.environment.stage}).`,
    `Window: ${start ?? 'now'}. The service restarts at least once.`,
    'Please hold other changes to this service until we say that the window is over.',
    '',
    `Acting: ${run.operator}. Reference: run ${run.run_id}.`,
  ];
}

function toSecurity(call: ActionCall): string[] {
  const { run } = call;
  const incident = run.steps.find(({ id }) => id === 'incident')?.input;
  return [
    head(call),
    '',
    `Incident: ${incident?.reference ?? 'no reference yet'}`,
    `What was seen: ${incident?.what ?? run.reason ?? 'not recorded'}`,
    ...(incident?.since ? [`Since: ${incident.since}`] : []),
    `Environment: ${run.environment.name} (${run.environment.stage})`,
    `Started: ${run.started_at}, by ${run.operator}`,
    '',
    ...run.rotations.map(
      ({ key, state, adoption, old_fingerprint: old, new_fingerprint: fresh }) =>
        `- ${key}: ${state}${adoption === null ? '' : `, adoption ${adoption}`}; fingerprint ${old ?? 'none'} to ${fresh ?? 'none yet'}`,
    ),
    ...(run.rotations.length === 0 ? [`- ${run.keys.join(', ')}: not replaced yet`] : []),
    '',
    ...(run.deviations.length > 0
      ? ['Deviations:', ...run.deviations.map(({ what, reason }) => `- ${what}: ${reason}`), '']
      : []),
    `The whole record is run ${run.run_id} in the event log.`,
  ];
}
