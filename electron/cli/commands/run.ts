import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { directRunbook } from '#shared/logic/run-fold.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { openRunStates, RunView } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { CommandContext } from '../context.ts';
import { readSecret } from '../read-secret.ts';
import type { RunAction } from '../run-action.ts';
import { answerAttested, answerRun, runOutput, runText } from '../run-answer.ts';
import { table } from '../table.ts';

/** Larger evidence belongs into a system of its own; the run keeps its hash and text. */
const maximumEvidenceBytes = 1_000_000;

/** `runs` and `run …`: the guided runbook in the terminal, and everything that carries an open run on. */
export function registerRun(program: Command, run: RunAction): void {
  program
    .command('runs')
    .option('--open', 'only those that are not finished')
    .description('list runs, newest first')
    .action((options: { open?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { runs } = await context.services();
        const list = runs.list().filter((item) => !options.open || openRunStates.includes(item.state));
        const text =
          list.length === 0
            ? 'No run yet.'
            : table(
                list.map((item) => [
                  item.run_id,
                  item.runbook,
                  item.environment.name,
                  item.state,
                  item.started_at.slice(0, 16).replace('T', ' '),
                  item.resume_after !== null && item.state === 'soaking'
                    ? `come back after ${item.resume_after}`
                    : item.waits_for === null
                      ? ''
                      : `waits for ${item.waits_for}`,
                ]),
              );
        context.output.answer({ runs: list }, text);
      }),
    );

  const group = program
    .command('run')
    .argument(
      '[runbook]',
      'emergency, planned, breach, recovery, troubleshooting, host-catch-up, signing-keys, or one of your own',
    )
    .argument('[env]', 'name or id; none for signing-keys')
    .option('--key <key...>', 'the keys')
    .option('--host <host>', 'the host, for a runbook about one host of a fleet')
    .option('--reason <reason>', 'why')
    .option('--dry-run', 'walk every step; change nothing')
    .option('--drill', 'practise; only on a practice environment')
    .description('walk through a runbook in the terminal')
    .action(
      (
        runbook: string | undefined,
        env: string | undefined,
        options: { key?: string[]; host?: string; reason?: string; dryRun?: boolean; drill?: boolean },
        command: Command,
      ) =>
        run(command, async (context) => {
          const services = await context.services();
          // A runbook about this installation needs no environment; for an unknown one, that is said first.
          const about = runbook === undefined ? null : services.runbooks.load(runbook).runbook.subject;
          if (runbook === undefined || (env === undefined) !== (about === 'installation')) {
            throw new RekeyError('usage', {
              message:
                about === 'installation'
                  ? 'This runbook is about this installation, not about an environment.'
                  : 'Give a runbook and an environment.',
              remedy:
                about === 'installation'
                  ? `rekey run ${runbook}`
                  : 'For example: rekey run planned staging --key JWT_SECRET_KEY',
            });
          }
          const { runGuidedInTerminal } = await import('../runbook-terminal.ts');
          const view = await runGuidedInTerminal(services, {
            runbook,
            environmentId: env === undefined ? null : services.environments.find(env).id,
            host: options.host ?? null,
            keys: options.key ?? [],
            reason: options.reason ?? null,
            dryRun: options.dryRun === true,
            drill: options.drill === true,
          });
          answerRun(context, view);
        }),
    );

  group
    .command('show')
    .argument('<run>', 'id, or its beginning')
    .description('show a run')
    .action((id: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { runs } = await context.services();
        const view = runs.get(id);
        // The contract's fields; what only the engine needs stays inside.
        context.output.answer(RunView.parse(view), runText(view));
      }),
    );

  group
    .command('resume')
    .argument('<run>', 'id, or its beginning')
    .option('--yes', 'without questions')
    .option('--value-stdin', 'read the new value of a supplied key from standard input')
    .description('finish what a crash or a pause left')
    .action((id: string, options: { yes?: boolean; valueStdin?: boolean }, command: Command) =>
      run(command, async (context) => {
        const services = await context.services();
        const view = services.runs.get(id);
        if (view.runbook !== directRunbook) {
          const { resumeGuidedInTerminal } = await import('../runbook-terminal.ts');
          answerRun(context, await resumeGuidedInTerminal(services, view.run_id));
          return;
        }
        requireYes(options.yes, 'It goes on with the rotation.');
        const suppliedValues = options.valueStdin ? await suppliedValue(view) : new Map<string, Secret>();
        answerRun(
          context,
          await services.direct.resume(view.run_id, { ...progress(context), suppliedValues }),
        );
      }),
    );

  group
    .command('advance')
    .argument('<run>', 'id, or its beginning')
    .option('--yes', 'really do it')
    .option('--early <reason>', 'retire the old value before the soak has ended')
    .description('carry a soaking run on when its time has come')
    .action((id: string, options: { yes?: boolean; early?: string }, command: Command) =>
      run(command, async (context) => {
        requireYes(options.yes, 'It removes the old value; there is no way back.');
        const { runs, direct } = await context.services();
        answerRun(
          context,
          await direct.advance(runs.get(id).run_id, {
            ...progress(context),
            ...(options.early === undefined ? {} : { earlyRetirementReason: options.early }),
          }),
        );
      }),
    );

  group
    .command('attest')
    .argument('<run>', 'id, or its beginning')
    .argument('<step>', 'adopted, re-encrypted, stopped, or a step of the runbook')
    .requiredOption('--evidence <file>', 'what you saw: output, a ticket, a screenshot’s text')
    .requiredOption('--reason <reason>', 'why it is enough')
    .description('give a person’s word, with evidence')
    .action((id: string, step: string, options: { evidence: string; reason: string }, command: Command) =>
      run(command, async (context) => {
        const { runs, direct } = await context.services();
        const text = readEvidence(context.path(options.evidence));
        answerAttested(
          context,
          await direct.attest(runs.get(id).run_id, step, { text, reason: options.reason }),
        );
      }),
    );

  group
    .command('rollback')
    .argument('<run>', 'id, or its beginning')
    .requiredOption('--reason <reason>', 'why')
    .option('--restore-compromised', 'even though the old value is compromised')
    .option('--yes', 'really do it')
    .description('make the old value primary again')
    .action(
      (
        id: string,
        options: { reason: string; restoreCompromised?: boolean; yes?: boolean },
        command: Command,
      ) =>
        run(command, async (context) => {
          const { runs, direct } = await context.services();
          const { run_id } = runs.get(id);
          requireYes(options.yes, direct.rollbackPlan(run_id).lines.join(' '));
          answerRun(
            context,
            await direct.rollBack(run_id, {
              ...progress(context),
              reason: options.reason,
              restoreCompromised: options.restoreCompromised === true,
            }),
          );
        }),
    );

  group
    .command('abort')
    .argument('<run>', 'id, or its beginning')
    .requiredOption('--reason <reason>', 'why')
    .description('give up a run that has not activated anything')
    .action((id: string, options: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { runs, direct } = await context.services();
        answerRun(context, await direct.abort(runs.get(id).run_id, options.reason));
      }),
    );

  group
    .command('exclude')
    .argument('<run>', 'id, or its beginning')
    .argument('<host>', 'as the environment names it')
    .requiredOption('--reason <reason>', 'why the run goes on without it')
    .description('leave a host of a fleet out of the rest of a run; it stays behind')
    .action((id: string, host: string, options: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { runs, direct } = await context.services();
        const view = await direct.excludeHost(runs.get(id).run_id, host, options.reason);
        context.output.answer(
          runOutput(view),
          [`${host} is left out of this run and stays behind.`, runText(view)].join('\n'),
        );
      }),
    );

  group
    .command('unlock')
    .argument('<env>', 'name or id')
    .requiredOption('--reason <reason>', 'how you know that nobody is at work')
    .description('take a left lock away')
    .action((env: string, options: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const { id, name } = environments.find(env);
        await environments.unlock(id, options.reason);
        context.output.answer({ id, unlocked: true }, `${name} is no longer locked.`);
      }),
    );
}

function progress(context: CommandContext): { onProgress: (line: string) => void } {
  return { onProgress: (line) => context.output.progress(line) };
}

/** The value for the one rotation of a run that still waits for it. */
async function suppliedValue({ rotations }: RunRecord): Promise<Map<string, Secret>> {
  const waiting = rotations.filter(
    ({ plan, state }) => plan.issuer === 'supplied' && (state === 'planned' || state === 'preflighted'),
  );
  const [rotation] = waiting;
  if (waiting.length !== 1 || rotation === undefined) {
    throw new RekeyError('usage', {
      message:
        waiting.length === 0
          ? 'No key of this run waits for a value.'
          : `Several keys of this run wait for a value: ${waiting.map(({ key }) => key).join(', ')}.`,
      remedy: 'Leave --value-stdin out, or rotate those keys one by one.',
    });
  }
  return new Map([[rotation.key, await readSecret(`New value for ${rotation.key}`)]]);
}

function requireYes(yes: boolean | undefined, consequence: string): void {
  if (yes === true) return;
  throw new RekeyError('usage', {
    message: `This asks no questions, so it must be told to go on. ${consequence}`,
    remedy: 'Give --yes.',
  });
}

function readEvidence(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: `The evidence file ${path} cannot be read.`,
      remedy: 'Give a file that exists and that you may read.',
      cause,
    });
  }
  if (bytes.length > maximumEvidenceBytes) {
    throw new RekeyError('invalid-input', {
      message: `The evidence file has more than ${maximumEvidenceBytes} bytes.`,
      remedy: 'Cut it to the part that shows the result.',
    });
  }
  return bytes.toString('utf8');
}
