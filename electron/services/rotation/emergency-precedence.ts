import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { directRunbook } from '#shared/logic/run-fold.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { environmentOfRun } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import type { RotationJournal } from './rotation-journal.ts';
import { newIsInPlace } from './rotation-probe.ts';
import type { RotationRequest, RotationService } from './rotation-service.ts';

const unactivated = ['planned', 'preflighted', 'pending', 'staged'];

/**
 * Before an emergency: whatever other rotation of the same keys is under way is brought to an end. One that was not
 * activated is given up. One of messages loses its overlap at once. One of data is finished (re-encrypted and
 * retired), or else the emergency waits for a person, because dropping its old value could make data unreadable.
 * Returns whether there was any.
 */
export async function clearTheWay(
  dependencies: RotationDependencies,
  journal: RotationJournal,
  service: RotationService,
  request: RotationRequest,
  emergencyRunId: string,
): Promise<boolean> {
  let found = false;
  for (const key of request.keys) {
    const open = dependencies.runs.openRotation(request.environmentId, key);
    if (!open || open.run_id === emergencyRunId) continue;
    found = true;
    await endOne(dependencies, journal, service, open, request.reason, emergencyRunId);
  }
  return found;
}

async function endOne(
  dependencies: RotationDependencies,
  journal: RotationJournal,
  service: RotationService,
  open: RotationRecord,
  reason: string,
  emergencyRunId: string,
): Promise<void> {
  const runId = open.run_id;
  const why = `Emergency rotation of ${open.key} in run ${emergencyRunId}: ${reason}`;
  const only = { unattended: true, onlyRotation: open.rotation_id };
  // Find out first what an interrupted effect left.
  await service.advance(runId, { ...only, until: 'planned' });
  const run = dependencies.runs.get(runId);
  let rotation = rotationOf(dependencies, open);
  if (hasEnded(rotation)) return;
  if (await newIsInPlace(environmentOfRun(dependencies.environments, run), rotation)) {
    // Giving it up would destroy the old value, which data may still be under: its activation is completed instead.
    await service.advance(runId, { ...only, until: 'activated' });
    rotation = rotationOf(dependencies, open);
  }
  if (rotation.state === 'blocked' && rotation.plan.protects === 'messages') {
    // An emergency is never locked out: the old value of messages is not needed. What is sealed of it is kept.
    const data = { decision: 'superseded', to: rotation.state_before_block, unclear: true };
    journal.record(run, rotation, 'unblocked', data, { reason: why });
    rotation = rotationOf(dependencies, open);
  }

  if (unactivated.includes(rotation.state)) {
    if (rotation.abandon_reason === null)
      journal.record(run, rotation, 'abandon-requested', {}, { reason: why });
    await service.advance(runId, { ...only, until: 'planned' });
  } else if (
    rotation.plan.protects === 'messages' &&
    ['activated', 'adopted', 'soaking'].includes(rotation.state)
  ) {
    const what = `The overlap of ${open.key} was ended by an emergency.`;
    journal.run(run, 'deviation', { what, step: null }, why);
    journal.record(run, rotation, 'superseded', { by: emergencyRunId }, { reason: why });
    await service.advance(runId, { ...only, until: 'closed' });
  } else if (rotation.state !== 'blocked') {
    const what = `The rotation of ${open.key} was finished early for an emergency.`;
    journal.run(run, 'deviation', { what, step: null }, why);
    await service.advance(runId, { ...only, until: 'closed', earlyRetirementReason: why });
  }
  const after = dependencies.runs.openRotation(rotation.environment.id, rotation.key);
  if (!after) {
    completeRun(dependencies, journal, runId);
    return;
  }
  const left = dependencies.runs.get(runId);
  if (left.runbook === directRunbook && left.state === 'running') {
    journal.run(left, 'paused', { waits_for: 'operator', why: 'An emergency could not finish it.' });
  }
  throw new RekeyError(after.state === 'blocked' ? 'run-blocked' : 'run-waits', {
    message: `An earlier rotation of ${open.key} (run ${runId}, ${after.state}) must be ended first: ${
      after.blocked_reason ?? after.failed?.message ?? 'its old value may still be needed'
    }`,
    unchanged: 'The emergency rotation was not begun.',
    remedy: `See "rekey run show ${runId}". Finish it (resume, attest), roll it back or abort it, then rotate again.`,
    details: { key: open.key, run_id: runId },
  });
}

function rotationOf(dependencies: RotationDependencies, open: RotationRecord): RotationRecord {
  const found = dependencies.runs
    .get(open.run_id)
    .rotations.find(({ rotation_id }) => rotation_id === open.rotation_id);
  return found ?? open;
}

/** A direct run whose last rotation has ended is over. Guided runs are ended by the person who walks them. */
function completeRun(dependencies: RotationDependencies, journal: RotationJournal, runId: string): void {
  const run = dependencies.runs.get(runId);
  if (run.runbook !== directRunbook || run.ended_at !== null || !run.rotations.every(hasEnded)) return;
  const closed = run.rotations.some(({ state }) => state === 'closed');
  journal.run(run, closed ? 'completed' : 'aborted', null, closed ? null : 'Given up for an emergency.');
}
