import type { Command } from 'commander';
import { RekeyError } from '#shared/model/errors.ts';
import { EventQuery, EventType, type ListedEvent, type LogVerification } from '#shared/model/event.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';
import { registerEventsEvidence } from './events-evidence.ts';

interface ListOptions {
  env?: string;
  since?: string;
  type?: string;
  limit: string;
  beforeSeq?: string;
  log?: string;
  imported?: string;
}

/** `events …`: what happened, and whether the log is whole. */
export function registerEvents(program: Command, run: RunAction): void {
  const group = program
    .command('events')
    .option('--env <env>', 'name or id')
    .option('--since <time>', 'RFC 3339, or a day as YYYY-MM-DD')
    .option('--type <type>', EventType.options.join(' | '))
    .option('--limit <n>', 'at most so many, newest first', '200')
    .option('--before-seq <n>', 'go on below this number (next_before_seq of the list before)')
    .option(
      '--log <id>',
      'the log in which that number counts (next_log); default: the one that is written now',
    )
    .option('--imported <name>', 'show the log of another installation, as it was imported')
    .description('show what happened, newest first, the logs before a move included')
    .action((options: ListOptions, command: Command) =>
      run(command, async (context) => {
        const { environments, history, importedLogs } = await context.services();
        const query = EventQuery.safeParse({
          ...(options.env === undefined ? {} : { environment: environments.find(options.env).id }),
          ...(options.since === undefined ? {} : { since: parseTime(options.since) }),
          ...(options.type === undefined ? {} : { type: options.type }),
          ...(options.beforeSeq === undefined ? {} : { beforeSeq: Number(options.beforeSeq) }),
          ...(options.log === undefined ? {} : { log: options.log }),
          limit: Number(options.limit),
        });
        if (!query.success) {
          throw new RekeyError('usage', {
            message: 'The filter does not fit.',
            remedy: `--type is one of: ${EventType.options.join(', ')}; --limit is a number from 1 to 1000; --before-seq and --log are next_before_seq and next_log of the list before.`,
          });
        }
        if (options.imported !== undefined) {
          const page = importedLogs.query(importedLogs.find(options.imported), query.data);
          const listed = page.events.map((event) => ({ ...event, earlier_log: null }));
          const rest = { next_before_seq: page.nextBeforeSeq, next_log: null, unreadable_log: null };
          context.output.answer({ events: listed, ...rest }, eventsText(listed, null));
          return;
        }
        const { events, next, unreadable } = history.query(query.data);
        context.output.answer(
          {
            events,
            next_before_seq: next?.beforeSeq ?? null,
            next_log: next?.log ?? null,
            unreadable_log: unreadable,
          },
          eventsText(events, next === null ? unreadable : null),
        );
      }),
    );

  group
    .command('export')
    .requiredOption('--out <dir>', 'a folder that does not exist yet')
    .description('copy the log with its size and root, signed where there are signing keys')
    .action((options: { out: string }, command: Command) =>
      run(command, async (context) => {
        const { exportLog } = await context.services();
        const exported = await exportLog(context.path(options.out));
        const signed = exported.signed
          ? 'It is signed: another installation can import it.'
          : `It is not signed: ${exported.unsigned_because}`;
        context.output.answer(
          exported,
          `${exported.size} events are in ${exported.folder}. Root: ${exported.root}\n${signed}`,
        );
      }),
    );

  group
    .command('move')
    .requiredOption('--to <dir>', 'the new folder')
    .requiredOption('--reason <reason>', 'why')
    .description('begin a new log in another folder; the old one stays')
    .action((options: { to: string; reason: string }, command: Command) =>
      run(command, async (context) => {
        const services = await context.services();
        const health = await services.moveLog(context.path(options.to), options.reason);
        context.output.answer(
          health,
          `The log is now in ${health.folder}. Its first event names the old log’s last root.`,
        );
      }),
    );

  group
    .command('acknowledge')
    .requiredOption('--reason <reason>', 'what is known about the damage')
    .description('accept a reported corruption, so that rotations can go on')
    .action((options: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { acknowledgeLog } = await context.services();
        const health = await acknowledgeLog(options.reason);
        context.output.answer(health, 'The damage is acknowledged, and that is an event.');
      }),
    );

  group
    .command('verify')
    .description('check the whole log: order, leaves, tree, root')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { log } = await context.services();
        let last = -1;
        const verification = await log.verify({
          onProgress: (share) => {
            const percent = Math.floor(share * 10) * 10;
            if (percent > last) context.output.progress(`${percent} %`);
            last = Math.max(last, percent);
          },
        });
        context.output.answer(verification, verificationText(verification));
        if (!verification.intact) context.exit(1);
      }),
    );

  registerEventsEvidence(group, run);
}

function parseTime(text: string): string {
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00.000Z` : text);
  if (Number.isNaN(time.getTime())) {
    throw new RekeyError('usage', {
      message: `"${text}" is not a time.`,
      remedy: 'Give a day, or an RFC 3339 time.',
    });
  }
  return time.toISOString();
}

/** `unreadable`: folder of the log that the last of these events continues, when it cannot be read. */
function eventsText(events: readonly ListedEvent[], unreadable: string | null): string {
  const parts: string[] = [];
  for (let from = 0; from < events.length; ) {
    const folder = events[from]?.earlier_log ?? null;
    const end = events.findIndex(({ earlier_log }, index) => index > from && earlier_log !== folder);
    const part = events.slice(from, end === -1 ? undefined : end);
    if (folder !== null) parts.push(`Earlier log, in ${folder}:`);
    parts.push(table(part.map(cellsOf)));
    from += part.length;
  }
  if (events.length === 0) parts.push('No event.');
  if (unreadable !== null) parts.push(`The log before this one, in ${unreadable}, cannot be read now.`);
  return parts.join('\n');
}

function cellsOf(event: ListedEvent): string[] {
  return [
    String(event.seq),
    event.timestamp.slice(0, 19).replace('T', ' '),
    `${event.event_type}/${event.action}`,
    event.key_type ?? '',
    event.environment?.name ?? '',
    event.user_id,
  ];
}

function verificationText(verification: LogVerification): string {
  const problems = verification.problems.map((problem) => `  ${problem.message}`);
  return [
    verification.intact ? 'The log is intact.' : 'The log is NOT intact.',
    `Events: ${verification.size}`,
    `Root: ${verification.root}`,
    ...problems,
  ].join('\n');
}
