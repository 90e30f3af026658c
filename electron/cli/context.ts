import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import type { Foundation } from '#electron/services/foundation.ts';
import { type DataFolder, dataFolder, defaultDataFolder } from '#electron/storage/data-folder.ts';
import type { ExitCode } from '#shared/model/errors.ts';
import { type Output, output } from './output.ts';

/** What `--data-dir`, `--json` and `--no-color` said. */
export interface GlobalOptions {
  dataDir?: string;
  json?: boolean;
  color?: boolean;
}

/** What every command gets: where things are, how to answer, and the services when it needs them. */
export interface CommandContext {
  readonly output: Output;
  readonly folder: DataFolder;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths resolve against the caller's folder (from a checkout: npm's). */
  path(given: string): string;
  /** Opens what is needed to look, faster than all services; it is closed when the command ends. */
  foundation(): Promise<Foundation>;
  /** Opens the services; they are closed when the command ends. */
  services(): Promise<Services>;
  /** What the process will exit with; 0 unless a command says otherwise. */
  exit(code: ExitCode): void;
}

async function openServices(foundation: Foundation, warn: (line: string) => void): Promise<Services> {
  const [{ composeServices }, { nodeServiceLauncher }] = await Promise.all([
    import('#electron/services/compose.ts'),
    import('#electron/services/practice/service-launcher.ts'),
  ]);
  return composeServices(foundation, { launcher: nodeServiceLauncher('detached'), warn });
}

/** The context of one invocation, and how to end it. */
export function commandContext(
  options: GlobalOptions,
  environment: Readonly<Record<string, string | undefined>>,
): { context: CommandContext; exitCode(): ExitCode; close(): Promise<void> } {
  // From a checkout scripts/rekey.mjs starts the command in the caller's folder (npm's INIT_CWD). An installed
  // command must not look at INIT_CWD: it is inherited by everything below any `npm run`.
  const callerFolder = process.cwd();
  const given = options.dataDir ?? environment.REKEY_DATA_DIR;
  const folder = dataFolder(
    given ? resolve(callerFolder, given) : defaultDataFolder(process.platform, environment, homedir()),
  );
  let code: ExitCode = 0;
  let foundation: Promise<Foundation> | null = null;
  let services: Promise<Services> | null = null;
  const color = options.color !== false && !environment.NO_COLOR && process.stdout.isTTY === true;
  const context: CommandContext = {
    output: output({ json: options.json === true, color, stdout: process.stdout, stderr: process.stderr }),
    folder,
    environment,
    path: (path) => resolve(callerFolder, path),
    foundation: () => {
      foundation ??= import('#electron/services/foundation.ts').then(({ layFoundation }) =>
        layFoundation({ folder, environment }),
      );
      return foundation;
    },
    services: () => {
      services ??= context
        .foundation()
        .then((laid) => openServices(laid, (line) => context.output.progress(line)));
      return services;
    },
    exit: (next) => {
      code = next;
    },
  };
  return {
    context,
    exitCode: () => code,
    close: async () => {
      // The services close what they stand on.
      await (await (services ?? foundation)?.catch(() => null))?.close();
    },
  };
}
