import { attestableFact } from '#electron/services/runbooks/attestable-fact.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { waitingUntil } from '#shared/logic/run-fold.ts';
import { type ActionOutcome, actionMeanings } from '#shared/logic/runbook-actions.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import { changeOf } from '../../rotation/rotation-engine.ts';
import { RotationJournal } from '../../rotation/rotation-journal.ts';
import type { RotationProgress, RotationRequest, RotationTarget } from '../../rotation/rotation-service.ts';
import type { GuidedDependencies } from '../guided-dependencies.ts';
import { type ActionCall, type ActionCode, done } from './action.ts';

type Names = Extract<ActionName, `rotation.${string}`>;

/** The rotations of the run, phase by phase through the rotation service. */
export const rotationActions: Readonly<Record<Names, ActionCode>> = {
  'rotation.plan': async (services, call) => {
    const begun = await services.rotations.begin(call.run.run_id, requestOf(call));
    return done(...begun.flatMap(({ key, plan }) => planLines(key, plan)));
  },

  'rotation.preview': async (services, call) => {
    const run = services.runs.get(call.run.run_id);
    const open = run.rotations.filter((rotation) => !hasEnded(rotation));
    const plans =
      open.length > 0 ? open.map(({ plan }) => plan) : await services.rotations.plan(requestOf(call));
    const { set, remove } = changeOf(plans);
    const restarts = call.config.commands.restart !== undefined || call.config.commands.start !== undefined;
    return done(
      `Written in ${placeInWords(call.config.connector)}: ${set.join(', ') || 'nothing'}`,
      ...(remove.length > 0 ? [`Removed: ${remove.join(', ')}`] : []),
      restarts ? 'The service is restarted by Rekey.' : 'The service is restarted by you.',
      ...plans.flatMap((plan) => planLines(plan.key, plan)),
    );
  },

  'rotation.preflight': drive('rotation.preflight'),
  'rotation.prepare': drive('rotation.prepare'),
  'rotation.stage': drive('rotation.stage'),
  'rotation.activate': drive('rotation.activate'),
  'rotation.adopt': drive('rotation.adopt'),
  'rotation.reencrypt': drive('rotation.reencrypt'),
  'rotation.soak': drive('rotation.soak'),
  'rotation.retire': drive('rotation.retire'),

  'rotation.backup-expiry': async (services, call) => {
    const date = String(call.arguments.date ?? '');
    const rotations = await services.rotations.recordBackupExpiry(call.run.run_id, date);
    const kept = rotations.filter(({ archived_until }) => archived_until !== null).map(({ key }) => key);
    return done(`${kept.join(', ') || 'No key'}: the old value is kept until ${date}.`);
  },

  'rotation.close': async (services, call) => {
    const outcome = await drive('rotation.close')(services, call);
    const open = services.runs.get(call.run.run_id).rotations.filter((rotation) => !hasEnded(rotation));
    const archived = open.length > 0 && open.every(({ state }) => state === 'archived');
    if (!archived || outcome.outcome === 'failed') return outcome;
    // An archive outlives the run's steps: the run stays open for it, and its steps go on.
    const until = open
      .map((rotation) => waitingUntil(rotation) ?? '')
      .sort()
      .at(-1);
    return done(
      ...outcome.lines,
      `The old value of ${open.map(({ key }) => key).join(', ')} is archived until ${until}.`,
    );
  },

  'rotation.probe': async (services, { run }) => {
    const own = services.runs.get(run.run_id);
    const concerned = own.rotations.some((rotation) => !hasEnded(rotation))
      ? [own]
      : openRotationRuns(services, run.environment.id);
    const lines: string[] = [];
    let waits = false;
    for (const one of concerned) {
      const progress = await services.rotations.probe(one.run_id);
      lines.push(...progress.lines);
      waits ||= progress.waitsFor !== null && one.run_id === run.run_id;
    }
    if (waits) return { outcome: 'waits', lines, waitsFor: 'decision' };
    return done(...(lines.length > 0 ? lines : ['No rotation is open on this environment.']));
  },

  'rotation.rollback-plan': async (services, { run }) => {
    const target = rollbackTarget(services, run.run_id, run.environment.id);
    if (!target) return done('No run on this environment can be rolled back.');
    const plan = services.rotations.rollbackPlan(target.run_id);
    return done(
      `Run ${target.run_id} (${target.title}):`,
      ...plan.lines,
      ...(plan.restoresCompromised ? ['The old value is marked as compromised.'] : []),
    );
  },

  'rotation.rollback': async (services, call) => {
    const target = rollbackTarget(services, call.run.run_id, call.run.environment.id);
    if (!target) {
      throw new RekeyError('illegal-move', {
        message:
          'No run on this environment can be rolled back: nothing is activated, or the old value is retired.',
        remedy: 'Go forward instead: rotate again, or restore the file.',
      });
    }
    const underWay = target.rotations.some(({ state }) => state === 'rolling-back');
    const progress = underWay
      ? await services.rotations.advance(target.run_id, {
          until: 'planned',
          unattended: false,
          ...driveOptions(call),
        })
      : await services.rotations.rollBack(target.run_id, {
          reason: String(call.arguments.reason ?? call.run.reason ?? 'Rolled back by a runbook'),
          restoreCompromised: call.restoreCompromised || call.arguments.restore_compromised === true,
          ...driveOptions(call),
        });
    const after = services.runs.get(target.run_id);
    if (after.rotations.every(hasEnded)) {
      if (target.run_id !== call.run.run_id && after.ended_at === null) {
        const reason = `Rolled back by run ${call.run.run_id}`;
        new RotationJournal(services.log).run(after, 'rolled-back', null, reason);
      }
      return done(...progress.lines);
    }
    return outcomeOf(services, call, target.run_id, progress, null);
  },
};

const reads: Readonly<Record<RotationRecord['plan']['slots'], string>> = {
  one: 'the service reads one value only',
  previous: 'the service also accepts the previous value',
  'next+previous': 'the service also accepts the next and the previous value',
};

function planLines(key: string, plan: RotationRecord['plan']): string[] {
  const way = `protects ${plan.protects}, ${reads[plan.slots]}, ${plan.mode}`;
  return [`${key} (${way}):`, ...plan.consequences.map((line) => `  ${line}`)];
}

function requestOf({ run, arguments: given }: ActionCall): RotationRequest {
  return {
    environmentId: run.environment.id,
    keys: run.keys,
    mode: run.mode,
    reason: String(given.reason ?? run.reason ?? run.title),
    // The person who walks the runbook has chosen these keys, and said why.
    force: true,
    drill: run.drill,
  };
}

function driveOptions(call: ActionCall) {
  return { onProgress: call.onProgress, signal: call.signal, pause: call.pause };
}

function drive(name: Names): ActionCode {
  return async (services, call) => {
    const until = actionMeanings[name].until as RotationTarget;
    requireRotations(services, call);
    const progress = await services.rotations.advance(call.run.run_id, {
      until,
      unattended: false,
      suppliedValues: call.supplied,
      ...driveOptions(call),
      ...(call.earlyReason === null ? {} : { earlyRetirementReason: call.earlyReason }),
    });
    return outcomeOf(services, call, call.run.run_id, progress, until);
  };
}

function requireRotations(services: GuidedDependencies, { run }: ActionCall): void {
  if (services.runs.get(run.run_id).rotations.length > 0) return;
  throw new RekeyError('illegal-move', {
    message: 'No rotation is planned in this run yet.',
    remedy: 'Do the step that plans the rotation first.',
  });
}

/** From what the rotation service says to what the step does next. */
function outcomeOf(
  services: GuidedDependencies,
  call: ActionCall,
  runId: string,
  progress: RotationProgress,
  until: RotationTarget | null,
): ActionOutcome {
  const { rotations } = services.runs.get(runId);
  const open = rotations.filter((rotation) => !hasEnded(rotation));
  const lines = [...progress.lines];
  if (progress.waitsFor === 'operator' && (call.signal.aborted || call.pause.aborted)) {
    return { outcome: 'waits', lines, waitsFor: 'operator' };
  }
  const failed = open.find((rotation) => rotation.failed !== null)?.failed;
  if (failed && progress.waitsFor === 'operator') {
    return {
      outcome: 'failed',
      lines,
      error: {
        code: failed.code,
        message: failed.message,
        unchanged: 'What was recorded as done stays done; nothing more was changed.',
        remedy: 'Mend what is named, then try again; or roll back.',
      },
    };
  }
  switch (progress.waitsFor) {
    case null:
      break;
    case 'operator': {
      // One rotation may stand still only because another one waits for a person's word.
      const word = attestableFact(open) !== null;
      return { outcome: 'waits', lines, waitsFor: word ? 'attestation' : 'operator' };
    }
    case 'soak':
    case 'backup-date': {
      const times = open.map(waitingUntil).filter((time) => time !== null);
      return { outcome: 'waits', lines, waitsFor: progress.waitsFor, resumeAfter: times.sort()[0] ?? null };
    }
    default:
      return { outcome: 'waits', lines, waitsFor: progress.waitsFor };
  }
  if (until === 'adopted' && open.some(({ adoption }) => adoption === 'unproven')) {
    const keys = open.filter(({ adoption }) => adoption === 'unproven').map(({ key }) => key);
    lines.push(`Nothing could prove that ${keys.join(', ')} is in use. Make sure yourself, then attest it.`);
    return { outcome: 'waits', lines, waitsFor: 'attestation' };
  }
  if (until === 'soaking') {
    const times = open.map(({ retire_after }) => retire_after).filter((time) => time !== null);
    const latest = times.sort().at(-1);
    if (latest && latest > services.clock.now().toISOString()) {
      return { outcome: 'waits', lines, waitsFor: 'soak', resumeAfter: latest };
    }
  }
  if (attestableFact(open) === null && open.some(({ state }) => state === 'blocked')) {
    return { outcome: 'waits', lines, waitsFor: 'decision' };
  }
  return done(...lines);
}

/** The run that rolling back concerns: this one if it has anything to roll back, else the newest of the environment. */
function rollbackTarget(services: GuidedDependencies, runId: string, environmentId: string) {
  const own = services.runs.get(runId);
  if (own.rotations.some((rotation) => !hasEnded(rotation))) return own;
  return openRotationRuns(services, environmentId).find(
    (run) => services.rotations.rollbackPlan(run.run_id).possible,
  );
}

/** Runs of an environment with rotations that have not ended, newest first. */
function openRotationRuns(services: GuidedDependencies, environmentId: string) {
  return services.runs
    .openRuns(environmentId)
    .filter(({ rotations }) => rotations.some((rotation) => !hasEnded(rotation)))
    .reverse();
}
