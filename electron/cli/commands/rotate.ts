import type { Command } from 'commander';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationPlan } from '#shared/model/rotation.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { CommandContext } from '../context.ts';
import { readSecret } from '../read-secret.ts';
import type { RunAction } from '../run-action.ts';
import { answerRun } from '../run-answer.ts';

interface RotateOptions {
  all?: boolean;
  reason: string;
  emergency?: boolean;
  force?: boolean;
  dryRun?: boolean;
  valueStdin?: boolean;
  exclude?: string[];
  yes?: boolean;
}

/** `rotate`: the whole rotation without questions, as far as it may go without a person. */
export function registerRotate(program: Command, run: RunAction): void {
  program
    .command('rotate')
    .argument('<env>', 'name or id')
    .argument('[key...]', 'the keys; or --all')
    .option('--all', 'every due key; with --force or --emergency every key')
    .requiredOption('--reason <reason>', 'why')
    .option('--emergency', 'the old values are no longer trusted: no overlap for signing keys')
    .option('--force', 'rotate keys that are not due')
    .option('--dry-run', 'show what would be done; change nothing')
    .option('--value-stdin', 'read the new value of a supplied key from standard input')
    .option('--exclude <host...>', 'hosts of a fleet to leave out; they stay behind, and the reason is kept')
    .option('--yes', 'really do it')
    .description('rotate keys without questions')
    .action((env: string, keys: string[], options: RotateOptions, command: Command) =>
      run(command, (context) => rotate(context, env, keys, options)),
    );
}

async function rotate(
  context: CommandContext,
  env: string,
  keys: string[],
  options: RotateOptions,
): Promise<void> {
  if (keys.length > 0 === (options.all === true)) {
    throw new RekeyError('usage', {
      message: keys.length > 0 ? 'Keys and --all were both given.' : 'No key was given.',
      remedy: 'Name the keys to rotate, or give --all.',
    });
  }
  if (options.yes !== true && options.dryRun !== true) {
    throw new RekeyError('usage', {
      message: '"rekey rotate" asks no questions, so it must be told to go on.',
      remedy: 'Look first with --dry-run, then give --yes. For a guided rotation: rekey run planned ENV.',
    });
  }
  const { environments, direct } = await context.services();
  const config = environments.find(env);
  const request = {
    environmentId: config.id,
    keys: options.all ? ('all' as const) : keys,
    mode: options.emergency ? ('emergency' as const) : ('planned' as const),
    reason: options.reason,
    force: options.force === true,
    drill: false,
    exclude: options.exclude ?? [],
  };
  if (options.dryRun) {
    const preview = await direct.dryRun(request);
    context.output.answer(
      {
        run_id: null,
        state: 'draft',
        dry_run: true,
        drill: false,
        plans: preview.plans,
        set: preview.set,
        remove: preview.remove,
        rotations: [],
        waits_for: null,
      },
      dryRunText(preview.plans, preview.set, preview.remove),
    );
    return;
  }
  const suppliedValues = new Map<string, Secret>();
  if (options.valueStdin) {
    const [key] = keys;
    if (keys.length !== 1 || key === undefined) {
      throw new RekeyError('usage', {
        message: '--value-stdin supplies the value of exactly one key.',
        remedy: 'Name that key.',
      });
    }
    suppliedValues.set(key, await readSecret(`New value for ${key}`));
  }
  const view = await direct.rotate(request, {
    suppliedValues,
    onProgress: (line) => context.output.progress(line),
  });
  answerRun(context, view);
}

function dryRunText(
  plans: readonly RotationPlan[],
  set: readonly string[],
  remove: readonly string[],
): string {
  const lines = plans.flatMap((plan) => [
    `${plan.key} (${plan.mode}, protects ${plan.protects}, slots ${plan.slots})`,
    ...plan.consequences.map((consequence) => `  ${consequence}`),
  ]);
  return [
    'Dry run: nothing was changed.',
    ...lines,
    set.length > 0 ? `Would set: ${set.join(', ')}` : '',
    remove.length > 0 ? `Would remove: ${remove.join(', ')}` : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
