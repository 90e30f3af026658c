import { ConsistencyProof } from '#shared/model/log-proof.ts';
import type { Report, ReportLog } from '#shared/model/report.ts';
import { readLimits } from './bundle-rules.ts';
import { demandCanonical } from './json-file.ts';
import { type Event, readLogPart, type VerifiedLog } from './log-part.ts';
import { isExtension } from './merkle-check.ts';
import { demand, NotApplicable } from './outcome.ts';
import {
  type Checkpoint,
  demandCheckpoint,
  type NoteVerifier,
  parseVerifierKey,
} from './signed-note-check.ts';
import type { Held } from './verification-run.ts';
import type { VerifiedFiles } from './verified-files.ts';

/** `checkpoint`: the log's size and root, signed by its key, are those that the report was computed from. */
export function checkCheckpoint(
  files: VerifiedFiles,
  report: Report,
  verifier: NoteVerifier,
): Held<Checkpoint> {
  const checkpoint = demandCheckpoint('log/checkpoint', files.read('log/checkpoint', readLimits.note), [
    verifier,
  ]);
  demandSame('log/checkpoint', checkpoint, report.logs[0] as ReportLog);
  return {
    reason: `the log's key signed its size ${checkpoint.size} and its root ${checkpoint.root}`,
    fact: checkpoint,
  };
}

/** `events`: the events in the bundle are, unchanged and in full, those ranges of the log. */
export function checkEvents(
  files: VerifiedFiles,
  report: Report,
  checkpoint: Checkpoint,
  askedSize: number | null,
): Held<VerifiedLog> {
  const log = readLogPart(files, report.logs[0] as ReportLog, checkpoint, {
    reportId: report.report_id,
    askedSize,
  });
  demandBegun(report, log.begun);
  return {
    reason: `${log.events} events and the hashes beside them give the root of the log's ${checkpoint.size} events`,
    fact: log,
  };
}

/** `consistency`: the log of the previous report is the beginning of this one. */
export function checkConsistency(
  files: VerifiedFiles,
  report: Report,
  checkpoint: Checkpoint,
  verifiers: readonly NoteVerifier[],
): Held<Checkpoint> {
  const path = 'log/previous-checkpoint';
  const named = report.previous_report;
  if (!files.has(path)) {
    demand(named === null, 'report.json names a previous report, and its checkpoint is missing');
    throw new NotApplicable('this is the first report on this log');
  }
  const previous = demandCheckpoint(path, files.read(path, readLimits.note), verifiers);
  demand(
    named !== null && named.log_size === previous.size && named.log_root === previous.root,
    'report.json names another previous report than log/previous-checkpoint',
  );
  const proofPath = 'log/proofs/consistency.json';
  const proof = demandCanonical(proofPath, files.read(proofPath, readLimits.proof), ConsistencyProof);
  demand(
    proof.origin === checkpoint.origin &&
      isSame({ size: proof.first_size, root: proof.first_root }, previous) &&
      isSame({ size: proof.second_size, root: proof.second_root }, checkpoint),
    `${proofPath} is about other checkpoints`,
  );
  demand(
    isExtension(previous, checkpoint, proof.path),
    `${proofPath} does not lead from the previous checkpoint to this one: the log was rewritten in between`,
  );
  return {
    reason: `the log only grew since the previous report, from ${previous.size} events`,
    fact: previous,
  };
}

/** `other-logs`: the same for the logs that this one continues, and for those of other installations. */
export function checkOtherLogs(files: VerifiedFiles, report: Report, own: VerifiedLog): Held<null> {
  const [, ...others] = report.logs;
  const folders = new Set(others.map((log) => log.folder));
  const stray = files.paths.find(
    (path) => path.startsWith('logs/') && !folders.has(path.replace(/\/[^/]*$/, '')),
  );
  demand(stray === undefined, `${stray} belongs to no log that report.json names`);
  if (others.length === 0) throw new NotApplicable('the report covers no other log');
  let successor = own;
  for (const log of others) {
    const told = { origin: log.origin, size: log.size, root: log.root };
    if (log.kind === 'imported') demandImported(files, log);
    else if (log.anchored_by === 'moved-event') demandMoved(log, successor);
    else demand(log.anchored_by === 'nothing', `the log ${log.id} has no checkpoint that could anchor it`);
    const found = readLogPart(files, log, told, { reportId: null, askedSize: null });
    if (log.kind === 'earlier') successor = found;
  }
  return {
    reason: `the events of ${others.map((log) => log.id).join(', ')} give the roots of their logs`,
    fact: null,
  };
}

function demandImported(files: VerifiedFiles, log: ReportLog): void {
  const line = files.read(`${log.folder}/log.vkey`, readLimits.key).toString('utf8');
  const verifier = line.endsWith('\n') ? parseVerifierKey(line.slice(0, -1)) : null;
  demand(verifier !== null, `${log.folder}/log.vkey is not a usable note verifier key`);
  const path = `${log.folder}/checkpoint`;
  demandSame(path, demandCheckpoint(path, files.read(path, readLimits.note), [verifier]), log);
  demand(log.anchored_by === 'checkpoint', `report.json does not say that ${path} anchors its log`);
}

function demandMoved(log: ReportLog, successor: VerifiedLog): void {
  const named = successor.moved.some((event) => {
    const data = event.data as Event | null;
    return data?.previous_root === log.root && data.previous_size === log.size;
  });
  demand(named, `no event of the log after ${log.id} names its size and root`);
}

function demandBegun(report: Report, event: Event | null): void {
  demand(event !== null, 'the event by which this report was begun is not among the events');
  const data = event.data as Event | null;
  const chosen = report.scope.chosen?.map((environment) => environment.id) ?? null;
  const agrees =
    event.timestamp === report.generated.at &&
    data?.from === report.period.first_day &&
    data.to === report.period.last_day &&
    data.time_zone === report.period.time_zone &&
    JSON.stringify(sorted(data.environments)) === JSON.stringify(sorted(chosen));
  demand(
    agrees,
    'the event by which this report was begun tells of another time, period or scope than report.json',
  );
}

function sorted(ids: unknown): unknown {
  return Array.isArray(ids) ? ids.map(String).sort() : ids;
}

function isSame(one: { size: number; root: string }, other: { size: number; root: string }): boolean {
  return one.size === other.size && one.root === other.root;
}

function demandSame(path: string, checkpoint: Checkpoint, log: ReportLog): void {
  demand(
    checkpoint.origin === log.origin && isSame(checkpoint, log),
    `${path} is of another log, size or root than report.json says`,
  );
}
