import type { Command } from 'commander';
import { z } from 'zod';
import { type CommandName, commandOutputs } from '#shared/model/command-output.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RunAction } from '../run-action.ts';

/** The JSON Schema of what a command prints with `--json`. */
export function outputSchema(name: CommandName): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(commandOutputs[name], { io: 'output', unrepresentable: 'any' });
}

/** `schema COMMAND`: the JSON Schema of what the command prints with `--json`. */
export function registerSchema(program: Command, run: RunAction): void {
  program
    .command('schema')
    .argument('<command...>', 'a command, such as: status, run show')
    .description('print the JSON Schema of a command’s --json output')
    .action((words: string[], _options: unknown, command: Command) =>
      run(command, async (context) => {
        const name = words.join(' ');
        if (!Object.hasOwn(commandOutputs, name)) {
          throw new RekeyError('usage', {
            message: `There is no command "${name}" with JSON output.`,
            remedy: `One of: ${Object.keys(commandOutputs).join(', ')}.`,
          });
        }
        const schema = outputSchema(name as CommandName);
        context.output.answer(schema, JSON.stringify(schema, null, 2));
      }),
    );
}
