import type { Command } from 'commander';
import { registerEnv } from './commands/env.ts';
import { registerEvents } from './commands/events.ts';
import { registerException } from './commands/exception.ts';
import { registerKey } from './commands/key.ts';
import { registerKeychain } from './commands/keychain.ts';
import { registerPractice } from './commands/practice.ts';
import { registerRecover } from './commands/recover.ts';
import { registerReport } from './commands/report.ts';
import { registerRotate } from './commands/rotate.ts';
import { registerRun } from './commands/run.ts';
import { registerSchema } from './commands/schema.ts';
import { registerSigner } from './commands/signer.ts';
import { registerStatus } from './commands/status.ts';
import { registerValue } from './commands/value.ts';
import { registerWelcome } from './commands/welcome.ts';
import type { RunAction } from './run-action.ts';

/** Every command, in the order in which the help lists them. */
export function registerCommands(program: Command, run: RunAction): void {
  registerStatus(program, run);
  registerEnv(program, run);
  registerRotate(program, run);
  registerRun(program, run);
  registerKey(program, run);
  registerRecover(program, run);
  registerValue(program, run);
  registerPractice(program, run);
  registerEvents(program, run);
  registerReport(program, run);
  registerException(program, run);
  registerSigner(program, run);
  registerKeychain(program, run);
  registerSchema(program, run);
  registerWelcome(program, run);
}
