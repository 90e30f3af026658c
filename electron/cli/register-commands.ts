import type { Command } from 'commander';
import type { RunAction } from './run-action.ts';

interface CommandModule {
  /** The commands that it registers. */
  names: readonly string[];
  load: () => Promise<(program: Command, run: RunAction) => void>;
}

/** Every command, in the order in which the help lists them. */
const modules: readonly CommandModule[] = [
  { names: ['status'], load: async () => (await import('./commands/status.ts')).registerStatus },
  { names: ['env'], load: async () => (await import('./commands/env.ts')).registerEnv },
  { names: ['rotate'], load: async () => (await import('./commands/rotate.ts')).registerRotate },
  { names: ['runs', 'run'], load: async () => (await import('./commands/run.ts')).registerRun },
  { names: ['baseline', 'mark'], load: async () => (await import('./commands/key.ts')).registerKey },
  {
    names: ['recover', 'recovery-file'],
    load: async () => (await import('./commands/recover.ts')).registerRecover,
  },
  {
    names: ['validate', 'check', 'generate'],
    load: async () => (await import('./commands/value.ts')).registerValue,
  },
  { names: ['practice'], load: async () => (await import('./commands/practice.ts')).registerPractice },
  { names: ['events'], load: async () => (await import('./commands/events.ts')).registerEvents },
  { names: ['report'], load: async () => (await import('./commands/report.ts')).registerReport },
  { names: ['task'], load: async () => (await import('./commands/task.ts')).registerTask },
  { names: ['agent'], load: async () => (await import('./commands/agent.ts')).registerAgent },
  { names: ['alert'], load: async () => (await import('./commands/alert.ts')).registerAlert },
  { names: ['metrics'], load: async () => (await import('./commands/metrics.ts')).registerMetrics },
  { names: ['exception'], load: async () => (await import('./commands/exception.ts')).registerException },
  { names: ['signer'], load: async () => (await import('./commands/signer.ts')).registerSigner },
  { names: ['keychain'], load: async () => (await import('./commands/keychain.ts')).registerKeychain },
  { names: ['schema'], load: async () => (await import('./commands/schema.ts')).registerSchema },
  { names: ['welcome'], load: async () => (await import('./commands/welcome.ts')).registerWelcome },
];

/**
 * Registers the command that is named, since loading all of them takes longer than most of them; or all of them when
 * it is none of these, for the help and for suggestions.
 */
export async function registerCommands(
  program: Command,
  run: RunAction,
  named: string | null,
): Promise<void> {
  const wanted = modules.filter(({ names }) => named !== null && names.includes(named));
  const registers = await Promise.all((wanted.length > 0 ? wanted : modules).map(({ load }) => load()));
  for (const register of registers) register(program, run);
}
