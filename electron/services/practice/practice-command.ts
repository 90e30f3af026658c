import type { BuiltinCommand, BuiltinCommandCall } from '#electron/environments/builtin-command.ts';
import { CommandKind } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { PracticeController } from './practice-controller.ts';

/** Stands in place of a program in the practice environment's configured commands. */
export const practiceCommandName = 'rekey-practice';

/** `["rekey-practice", KIND]` for every kind of command. */
export function practiceCommandConfig(): Record<CommandKind, { argv: string[]; shell: false }> {
  return Object.fromEntries(
    CommandKind.options.map((kind) => [kind, { argv: [practiceCommandName, kind], shell: false }]),
  ) as Record<CommandKind, { argv: string[]; shell: false }>;
}

/**
 * Carries the practice environment's commands to the service over HTTP, and its answer back. `start` and `restart`
 * launch the service where it is not there, as a host's service manager would.
 */
export function practiceCommand(controller: () => PracticeController): BuiltinCommand {
  return {
    async run([name, ...rest], call) {
      const kind = CommandKind.safeParse(name);
      if (!kind.success || rest.length > 0) {
        call.stderr(`Use: ${practiceCommandName} ${CommandKind.options.join('|')}`);
        return 2;
      }
      try {
        return await carryOut(controller(), kind.data, call);
      } catch (error) {
        call.stderr(
          isRekeyError(error) ? `${error.message} ${error.remedy}` : 'The practice service failed inside.',
        );
        return 1;
      }
    },
  };
}

async function carryOut(
  controller: PracticeController,
  kind: CommandKind,
  call: BuiltinCommandCall,
): Promise<number> {
  const launches = kind === 'start' || kind === 'restart';
  const isAbsent = launches && !(await controller.status()).present;
  const answer = isAbsent
    ? await controller.start()
    : await controller.call(kind, parsedInput(call.input), call.signal);
  for (const line of answer.stderr) call.stderr(line);
  for (const line of answer.stdout) call.stdout(line);
  return answer.exit_code;
}

function parsedInput(input: string | null): unknown {
  if (input === null || input.trim() === '') return undefined;
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}
