import './zod-interpreted.ts';
import { Command, CommanderError } from 'commander';
import { appVersion } from '#electron/installation.ts';
import { type ErrorReport, isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { type CommandContext, commandContext, type GlobalOptions } from './context.ts';
import { registerCommands } from './register-commands.ts';

const howToSeeUsage = 'Run with --help to see how it is used.';

/** The `rekey` command: the terminal's door to the same services, data folder and log as the window. */
export async function main(argv: string[]): Promise<number> {
  const program = new Command('rekey')
    .description('Rotate application keys, step by step, with proof.')
    .version(appVersion)
    .option('--data-dir <dir>', 'data folder (default: the app’s own; env REKEY_DATA_DIR)')
    .option('--json', 'one JSON document on stdout; progress on stderr')
    .option('--no-color', 'no colour')
    .showHelpAfterError(howToSeeUsage)
    .enablePositionalOptions()
    .exitOverride();

  let close: () => Promise<void> = async () => {};
  let exitCode: () => number = () => 0;
  /** Runs one command's action with a context made from the global options, wherever they stood on the line. */
  const run = async (command: Command, action: (context: CommandContext) => Promise<void>): Promise<void> => {
    const opened = commandContext(globalOptions(command), process.env);
    close = opened.close;
    exitCode = opened.exitCode;
    await action(opened.context);
  };
  await registerCommands(program, run, commandNamed(argv));
  inheritSettings(program);

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return commanderExit(error, argv);
    return reportError(error, argv);
  } finally {
    await close();
  }
}

/** The first word that is neither a global option nor its value; null when there is none. */
function commandNamed(argv: readonly string[]): string | null {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] as string;
    if (word === '--data-dir') at += 1;
    else if (!word.startsWith('-')) return word;
  }
  return null;
}

/**
 * Sub-commands take the global options too (`rekey status --json`), and throw instead of exiting. A group's own
 * options stand before its sub-command, so that `run abort RUN --reason R` gives its reason to `abort`, not to `run`.
 */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.exitOverride().showHelpAfterError(howToSeeUsage).enablePositionalOptions();
    if (parent.options.length > 0) {
      for (const flags of ['--json', '--no-color', '--data-dir <dir>']) {
        if (!command.options.some((option) => option.flags === flags)) {
          command.addOption(command.createOption(flags).hideHelp());
        }
      }
    }
    inheritSettings(command);
  }
}

/** The global options as they were given, before or after the command; the nearer to the end wins. */
function globalOptions(command: Command): GlobalOptions {
  const given: GlobalOptions = {};
  for (let level: Command | null = command; level !== null; level = level.parent) {
    for (const name of ['dataDir', 'json', 'color'] as const) {
      if (name in given || level.getOptionValueSource(name) !== 'cli') continue;
      Object.assign(given, { [name]: level.getOptionValue(name) });
    }
  }
  return given;
}

/** Help and version are answers (0); anything else that commander complains about is wrong usage (2). */
function commanderExit(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  if (argv.includes('--json')) {
    answerError(
      new RekeyError('usage', {
        message: error.code === 'commander.help' ? 'No command was given.' : usageMessage(error),
        remedy: howToSeeUsage,
      }).report(),
      true,
    );
  }
  return 2;
}

/** Commander's words as a sentence of ours. */
function usageMessage(error: CommanderError): string {
  const text = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`;
}

function reportError(error: unknown, argv: readonly string[]): number {
  const known = isRekeyError(error)
    ? error
    : new RekeyError('internal', {
        message: `Something unexpected went wrong: ${error instanceof Error ? error.message : 'unknown error'}.`,
        unchanged: 'What was done before is in the event log.',
        remedy: 'Run "rekey runs" to see what is open. Please report this with REKEY_DEBUG=1 set.',
        cause: error,
      });
  answerError(known.report(), argv.includes('--json'));
  if (process.env.REKEY_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known.exitCode;
}

function answerError(report: ErrorReport, json: boolean): void {
  const { context } = commandContext({ json, color: process.stderr.isTTY === true }, process.env);
  context.output.error(report);
}
