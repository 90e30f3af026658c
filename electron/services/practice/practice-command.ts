import type { BuiltinCommand, BuiltinCommandCall } from '#electron/environments/builtin-command.ts';
import { CommandKind } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { PracticeController } from './practice-controller.ts';
import type { ControlAnswer } from './practice-service.ts';

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
  const answer = (await controller.status()).present
    ? await controller.call(kind, parsedInput(call.input), call.signal)
    : await withoutService(controller, kind, call);
  for (const line of answer.stderr) call.stderr(line);
  for (const line of answer.stdout) call.stdout(line);
  return answer.exit_code;
}

/** The service's process is not there: killed, or its Rekey has ended. */
async function withoutService(
  controller: PracticeController,
  kind: CommandKind,
  call: BuiltinCommandCall,
): Promise<ControlAnswer> {
  switch (kind) {
    case 'start':
    case 'restart':
      return controller.start();
    case 'stop':
      return { exit_code: 0, stdout: ['The practice service is not running.'], stderr: [] };
    case 'reencrypt':
      // A job of its own in most places: it needs the rows, not the running service.
      await controller.stand();
      return controller.call(kind, parsedInput(call.input), call.signal);
    default:
      return controller.call(kind, parsedInput(call.input), call.signal);
  }
}

function parsedInput(input: string | null): unknown {
  if (input === null || input.trim() === '') return undefined;
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}
