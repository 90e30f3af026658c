import { durationInWords } from '#shared/model/duration.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { StepEventData } from '#shared/model/step-event.ts';

/** A run as Markdown: summary, steps with durations, evidence, and every event in order. Times are UTC. */
export function timelineMarkdown(
  run: RunRecord,
  runbook: Runbook | null,
  summary: readonly string[],
  events: Iterable<LogEvent>,
): string {
  const title = (id: string) => runbook?.steps.find((step) => step.id === id)?.title ?? id;
  const lines = [
    `# ${run.drill ? 'DRILL: ' : ''}${run.dry_run ? 'DRY RUN: ' : ''}${escaped(run.title)}`,
    '',
    `- Environment: ${escaped(run.environment.name)} (${run.environment.stage})`,
    `- Run: ${run.run_id}`,
    `- Runbook: ${run.runbook}${run.runbook_version ? ` ${run.runbook_version}` : ''}${run.runbook_sha256 ? `, SHA-256 ${run.runbook_sha256}` : ''}`,
    `- Started: ${run.started_at}${run.ended_at ? `, ended: ${run.ended_at}` : ''}`,
    `- Operator: ${escaped(run.operator)}`,
    ...(run.reason ? [`- Reason: ${escaped(run.reason)}`] : []),
    '',
    '## Summary',
    '',
    ...summary.map((line) => `- ${escaped(line)}`),
    '',
    '## Steps',
    '',
    '| step | state | took | answer |',
    '|---|---|---|---|',
    ...run.steps
      .filter(({ state }) => state !== 'pending')
      .map(
        ({ id, state, duration_ms: took, choice, skipped_reason: skipped }) =>
          `| ${cell(title(id))} | ${state} | ${took === null ? '' : durationInWords(took)} | ${cell(skipped ?? choice ?? '')} |`,
      ),
    '',
    ...evidence(run, title),
    ...notes(run),
    '## Timeline',
    '',
  ];
  for (const event of events) lines.push(`- \`${event.timestamp}\` ${eventLine(event)}`);
  return `${lines.join('\n')}\n`;
}

function evidence(run: RunRecord, title: (id: string) => string): string[] {
  const rows = run.steps.flatMap((step) =>
    step.evidence.map(
      (one) =>
        `| ${cell(title(step.id))} | ${cell(one.label)} | ${one.kind} | ${one.redactions} | ${cell(one.by)} | \`${one.sha256}\` |`,
    ),
  );
  if (rows.length === 0) return [];
  return [
    '## Evidence',
    '',
    'Redacted before it was hashed; kept in the folder of the run under its SHA-256.',
    '',
    '| step | what | kind | redacted | by | SHA-256 |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function notes(run: RunRecord): string[] {
  if (run.notes.length === 0) return [];
  return [
    '## Notes',
    '',
    ...run.notes.map(({ at, by, text }) => `- \`${at}\` ${escaped(by)}: ${escaped(text)}`),
    '',
  ];
}

function eventLine(event: LogEvent): string {
  const by = event.user_id === 'system' ? '' : ` (${escaped(event.user_id)})`;
  const reason = event.reason ? `: ${escaped(event.reason)}` : '';
  const step = event.event_type === 'step' ? StepEventData.safeParse(event.data) : null;
  if (step?.success) {
    const choice = step.data.choice ? `, chose "${step.data.choice}"` : '';
    const error = step.data.error ? `: ${escaped(step.data.error.message)}` : '';
    const result = (step.data.result ?? []).map((line) => `\n  - ${escaped(line)}`).join('');
    return `**${escaped(step.data.title)}** ${event.action}${choice}${reason}${error}${by}${result}`;
  }
  const key = event.key_type ? ` ${event.key_type}` : '';
  return `${event.event_type}${key} ${event.action}${reason}${by}, event ${event.seq}`;
}

/** Text of people, so that it cannot become headings, links or HTML of the document. */
function escaped(text: string): string {
  return text.replace(/\s*\n\s*/g, ' / ').replace(/[\\`*_{}[\]<>#|]/g, '\\$&');
}

function cell(text: string): string {
  return escaped(text);
}
