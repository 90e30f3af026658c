import { createHash } from 'node:crypto';
import type { ReportRotation } from '#shared/model/report.ts';
import { leaf, root, subtreeRoots } from './plain-tree.ts';

/** A log for test bundles: lines as the event log writes them, made up, the same for the same name. */
export interface SampleLog {
  readonly origin: string;
  readonly lines: readonly string[];
  readonly leaves: readonly string[];
  readonly root: string;
  /** Leaf indexes of which the events go into the bundle; the rest is hashes. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly gaps: readonly { first: number; last: number }[];
}

export interface EventOf {
  event_type: string;
  action: string;
  timestamp: string;
  id?: string;
  rotation_id?: string;
  data?: Record<string, unknown>;
}

export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `lost`: the sequence numbers that are missing, as a damaged log has them. */
export function sampleLog(
  name: string,
  events: readonly EventOf[],
  ranges: SampleLog['ranges'],
  lost: readonly { first: number; last: number }[] = [],
): SampleLog {
  let seq = 0;
  const lines = events.map((event, index) => {
    const gap = lost.find(({ first }) => first === seq);
    if (gap) seq = gap.last + 1;
    const line = eventLine(`${name} ${index}`, seq, event);
    seq += 1;
    return line;
  });
  return logOf(lines, ranges, lost);
}

export function logOf(
  lines: readonly string[],
  ranges: SampleLog['ranges'],
  gaps: readonly { first: number; last: number }[],
): SampleLog {
  const leaves = lines.map((line) => leaf(line));
  const origin = `rekey/log/${(JSON.parse(lines[0] as string) as { id: string }).id}`;
  return { origin, lines, leaves, root: root(leaves), ranges, gaps };
}

function eventLine(name: string, seq: number, event: EventOf): string {
  return JSON.stringify({
    timestamp: event.timestamp,
    event_type: event.event_type,
    key_type: null,
    action: event.action,
    reason: null,
    user_id: 'carla@example.com',
    compliance_status: null,
    next_rotation_due: null,
    seq,
    id: event.id ?? uuidOf(name),
    environment: null,
    run_id: null,
    rotation_id: event.rotation_id ?? null,
    drill: null,
    user_id_source: 'declared',
    host: 'officer-laptop',
    os_user: 'carla',
    app_version: '0.1.0',
    data: event.data ?? { share: 0.25, note: `“${name}” \u00e9` },
  });
}

export function seqOf(line: string): number {
  return (JSON.parse(line) as { seq: number }).seq;
}

/** proof.json, before it is written canonically. */
export function logPart(log: SampleLog): Record<string, unknown> {
  const segments: unknown[] = [];
  let at = 0;
  const hashes = (to: number) => {
    if (to > at) segments.push({ kind: 'hashes', from: at, to, nodes: subtreeRoots(at, to, log.leaves) });
  };
  for (const [from, to] of log.ranges) {
    hashes(from);
    segments.push({ kind: 'events', from, to, first_seq: seqOf(log.lines[from] as string) });
    at = to;
  }
  hashes(log.lines.length);
  return { schema_version: 1, origin: log.origin, size: log.lines.length, root: log.root, segments };
}

/** events.jsonl: the lines of the ranges. */
export function eventsFile(log: SampleLog): Buffer {
  return Buffer.from(
    log.ranges
      .flatMap(([from, to]) => log.lines.slice(from, to))
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** The closing event of each rotation, with some of its run before it. */
export function eventsOfRotations(rotations: readonly ReportRotation[]): EventOf[] {
  return rotations.flatMap((rotation) => [
    { event_type: 'step', action: 'done', timestamp: rotation.planned_at },
    {
      event_type: 'key_rotation',
      action: rotation.outcome === 'rotated' ? 'rotated' : 'rolled-back',
      timestamp: rotation.ended_at ?? rotation.planned_at,
      rotation_id: rotation.rotation_id,
    },
  ]);
}
