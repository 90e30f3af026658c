import type { Command } from 'commander';
import { RekeyError } from '#shared/model/errors.ts';
import { type CreatedReport, type ListedReport, ReportRequest } from '#shared/model/report-making.ts';
import { type BundleVerification, isTrusted } from '#shared/model/verification.ts';
import type { CommandContext } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import type { Style } from '../output.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface CreateOptions {
  from?: string;
  to?: string;
  env?: string[];
  out?: string;
  zip?: boolean;
  paper?: string;
  timeZone?: string;
}

/** `report create|list|verify`: signed evidence for auditors. */
export function registerReport(program: Command, run: RunAction): void {
  const group = program
    .command('report')
    .description('signed reports that an auditor verifies without Rekey');

  group
    .command('create')
    .option('--from <day>', 'first day, YYYY-MM-DD (default: Monday of the last full week)')
    .option('--to <day>', 'last day, included')
    .option('--env <env...>', 'names or ids; default: all')
    .option('--out <dir>', 'the folder in which the bundle is put (default: reports in the data folder)')
    .option('--zip', 'also as a zip beside it')
    .option('--paper <paper>', 'A4 | Letter', 'A4')
    .option('--time-zone <zone>', 'IANA name: where the days begin and end (default: this machine’s)')
    .description('make a signed report, and see that it verifies')
    .action((options: CreateOptions, command: Command) =>
      run(command, (context) => createReport(context, options)),
    );

  group
    .command('list')
    .description('show the reports that were made')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { reports } = await context.services();
        const listed = reports.list();
        context.output.answer({ reports: listed }, reportsText(listed));
      }),
    );

  group
    .command('verify')
    .argument('<bundle>', 'a folder or a zip')
    .option('--trust <signer>', 'who must have signed: SHA256:…, a CA’s fingerprint, or the path of its PEM')
    .option('--checkpoint <file>', 'a checkpoint that the log must have passed through')
    .description('verify a report of any installation. Exit 0 only if it is intact and its signer known')
    .action((bundle: string, options: { trust?: string; checkpoint?: string }, command: Command) =>
      run(command, (context) => verifyReport(context, bundle, options)),
    );
}

async function createReport(context: CommandContext, options: CreateOptions): Promise<void> {
  const services = await context.services();
  const { reports } = services;
  const zone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const request = ReportRequest.safeParse({
    ...reports.lastWeek(zone),
    ...daysOf(options),
    environments: options.env?.map((env) => services.environments.find(env).id) ?? null,
    paper: options.paper,
  });
  if (!request.success) {
    throw new RekeyError('usage', {
      message: 'The options do not fit.',
      remedy: 'Give days as YYYY-MM-DD, and A4 or Letter as paper.',
    });
  }
  let shown = '';
  const created = await interruptible((signal) =>
    reports.create(request.data, {
      out: options.out === undefined ? undefined : context.path(options.out),
      zip: options.zip,
      signal,
      onProgress: ({ stage, share }) => {
        const line = `${String(Math.floor(share * 10) * 10).padStart(3)} % ${stageWords[stage]}`;
        if (line !== shown) context.output.progress(line);
        shown = line;
      },
    }),
  );
  const { bundle, zip, verified } = created;
  context.output.answer({ bundle, zip, verified }, createdText(created));
}

/** One day without the other is a question of what was meant. */
function daysOf({ from, to }: CreateOptions): { from?: string; to?: string } {
  if (from === undefined && to === undefined) return {};
  if (from !== undefined && to !== undefined) return { from, to };
  throw new RekeyError('usage', {
    message: 'Give both --from and --to, or neither.',
    remedy: 'Without them the report is on the last week that is over, Monday to Sunday.',
  });
}

async function verifyReport(
  context: CommandContext,
  bundle: string,
  options: { trust?: string; checkpoint?: string },
): Promise<void> {
  const { reportVerification } = await context.services();
  const trust = options.trust;
  const verification = await interruptible((signal) =>
    reportVerification.verify({
      path: context.path(bundle),
      // A fingerprint stands for itself; anything else may be a path.
      trust: trust === undefined ? null : isFingerprint(trust) ? trust : context.path(trust),
      checkpointPath: options.checkpoint === undefined ? null : context.path(options.checkpoint),
      signal,
    }),
  );
  context.output.answer(verification, verificationText(verification, context.output.style));
  if (!isTrusted(verification)) context.exit(1);
}

function isFingerprint(text: string): boolean {
  return text.startsWith('SHA256:') || /^[0-9A-Fa-f:]{64,95}$/.test(text);
}

const stageWords: Readonly<Record<string, string>> = {
  check: 'checking the log',
  observe: 'reading the environments',
  checkpoint: 'signing the state of the log',
  fold: 'reading the log',
  tables: 'writing the tables',
  pdf: 'printing',
  evidence: 'adding the events and their proofs',
  sign: 'signing',
  verify: 'verifying as a stranger would',
  tamper: 'seeing that damaged copies are refused',
  zip: 'packing',
  publish: 'putting it in place',
};

function createdText({ bundle, zip, verdict }: CreatedReport): string {
  return [
    verdict.sentence,
    `The report is ${bundle}`,
    ...(zip === null ? [] : [`As a zip: ${zip}`]),
    'It verifies, and damaged copies of it were refused. Its reader needs the fingerprint from elsewhere: rekey signer show',
  ].join('\n');
}

function reportsText(reports: readonly ListedReport[]): string {
  if (reports.length === 0) return 'No report was made yet.';
  return table(
    reports.map(({ at, from, to, verdict, by, bundle, path }) => [
      at.slice(0, 16).replace('T', ' '),
      `${from} to ${to}`,
      verdict,
      by,
      path ?? bundle,
    ]),
  );
}

const signerWords = {
  known: 'The signer is known.',
  unknown: 'The signer is UNKNOWN.',
  wrong: 'This is the WRONG signer.',
} as const;

/** The levels, each for itself, then every check. */
function verificationText(verification: BundleVerification, style: Style): string {
  const { intact, signer, append_only, checks } = verification;
  const good = style.green;
  const bad = style.red;
  const marks = { true: good('holds'), false: bad('FAILS'), null: style.dim('—') } as const;
  return [
    intact ? good('The report is intact.') : bad('The report is NOT intact.'),
    signer === 'known' ? good(signerWords.known) : bad(signerWords[signer]),
    append_only === null
      ? 'No checkpoint was supplied.'
      : append_only
        ? good('The log only grew since the checkpoint.')
        : bad('The log does NOT follow from the checkpoint.'),
    '',
    table(checks.map(({ id, ok, reason }) => [`  ${id}`, marks[String(ok) as keyof typeof marks], reason])),
  ].join('\n');
}
