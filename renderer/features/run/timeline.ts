import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { rotationStateWords } from './rotation-state-words.ts';
import { stepStateWords } from './step-state-words.ts';

export interface TimelineEntry {
  at: string;
  text: string;
  by: string | null;
  mark: { word: string; tone: Tone } | null;
}

/** What happened in a run, newest first. The log has every detail; this is what a person retells. */
export function timelineOf(detail: RunDetail): TimelineEntry[] {
  const { run } = detail;
  const entries: TimelineEntry[] = [
    { at: run.started_at, text: `Run started: ${run.reason ?? run.title}`, by: run.operator, mark: null },
  ];
  for (const view of run.steps) {
    const title = detail.steps.find(({ id }) => id === view.id)?.title ?? view.id;
    if (view.ended_at === null) continue;
    const { word, tone } = stepStateWords[view.state];
    entries.push({
      at: view.ended_at,
      text: title,
      by: null,
      mark: view.state === 'done' ? null : { word, tone },
    });
  }
  for (const note of run.notes) {
    entries.push({ at: note.at, text: note.text, by: note.by, mark: { word: 'Note', tone: 'neutral' } });
  }
  for (const { at, by, what, reason } of run.deviations) {
    entries.push({ at, text: `${what}: ${reason}`, by, mark: { word: 'Deviation', tone: 'warning' } });
  }
  for (const jump of run.clock_jumps) {
    const seconds = Math.round(jump.milliseconds / 1_000);
    entries.push({
      at: jump.at,
      text: `The machine's clock jumped by ${seconds} seconds`,
      by: null,
      mark: { word: 'Clock', tone: 'warning' },
    });
  }
  if (run.recovery_file) {
    const { at, written, reason } = run.recovery_file;
    entries.push({
      at,
      text: written ? 'Recovery file written' : `No recovery file: ${reason ?? 'declined'}`,
      by: null,
      mark: null,
    });
  }
  for (const rotation of run.rotations) {
    if (rotation.ended_at === null) continue;
    entries.push({
      at: rotation.ended_at,
      text: `${rotation.key}: ${rotationStateWords[rotation.state].toLowerCase()}`,
      by: null,
      mark: null,
    });
  }
  if (run.ended_at !== null) entries.push({ at: run.ended_at, text: 'Run ended', by: null, mark: null });
  return entries.sort((a, b) => b.at.localeCompare(a.at));
}
