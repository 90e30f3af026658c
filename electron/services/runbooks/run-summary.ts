import { nextDue } from '#electron/services/rotation/rotation-closing.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { waitingUntil } from '#shared/logic/run-fold.ts';
import type { Clock } from '#shared/model/clock.ts';
import { durationInWords } from '#shared/model/duration.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { elapsed } from './run-detail-builder.ts';

/** What a run came to: what changed, deviations, how long, next due dates, and what is still open. */
export function runSummary(run: RunRecord, runbook: Runbook | null, clock: Clock): string[] {
  const marks = `${run.drill ? 'DRILL. ' : ''}${run.dry_run ? 'DRY RUN: nothing was carried out. ' : ''}`;
  const lines = [`${marks}${run.title} on ${run.environment.name}: ${run.state}.`];
  lines.push(...changed(run.rotations));
  for (const { what, reason, by } of run.deviations) lines.push(`Deviation: ${what}. ${reason} (${by})`);
  lines.push(...open(run, clock));
  lines.push(`Took ${durationInWords(elapsed(run, clock.now().toISOString()))}.`);
  lines.push(...longest(run, runbook));
  return lines;
}

function changed(rotations: readonly RotationRecord[]): string[] {
  return rotations.map((rotation) => {
    const { key, state, adoption, old_fingerprint: old, new_fingerprint: fresh } = rotation;
    const proof = adoption === null ? '' : `, adoption ${adoption}`;
    switch (state) {
      case 'rolled-back':
        return `${key}: rolled back; the value with fingerprint ${old ?? 'none'} is primary again.`;
      case 'abandoned':
        return `${key}: given up before activation; nothing changed.`;
      default:
        return rotation.steps_done.includes('activate')
          ? `${key}: ${old ?? 'none'} was replaced by ${fresh}${proof}; ${state}.`
          : `${key}: ${state}; nothing was activated.`;
    }
  });
}

function open(run: RunRecord, clock: Clock): string[] {
  const lines: string[] = [];
  for (const rotation of run.rotations) {
    if (rotation.state === 'closed')
      lines.push(`${rotation.key}: next due ${nextDue(rotation, clock).slice(0, 10)}.`);
    if (hasEnded(rotation)) continue;
    const until = waitingUntil(rotation);
    lines.push(`Still open: ${rotation.key} is ${rotation.state}${until === null ? '' : ` until ${until}`}.`);
  }
  return lines;
}

/** The three steps that took longest: where the next drill can save time. */
function longest(run: RunRecord, runbook: Runbook | null): string[] {
  return run.steps
    .filter(({ duration_ms }) => (duration_ms ?? 0) >= 1_000)
    .sort((one, other) => (other.duration_ms ?? 0) - (one.duration_ms ?? 0))
    .slice(0, 3)
    .map(({ id, duration_ms }) => {
      const title = runbook?.steps.find((step) => step.id === id)?.title ?? id;
      return `Longest: "${title}", ${durationInWords(duration_ms ?? 0)}.`;
    });
}
