import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** Runs a command's action with its context; errors become an exit code and a report. */
export type RunAction = (
  command: Command,
  action: (context: CommandContext) => Promise<void>,
) => Promise<void>;
