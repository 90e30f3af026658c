import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import type { RunAction } from '../run-action.ts';

interface AgentCommandOptions {
  listen?: string;
  tlsCert?: string;
  tlsKey?: string;
  tokenFile?: string;
  allowHost?: string[];
}

/** `agent`: the schedule, alerts, `/health` and `/metrics` without a window, until it is stopped. */
export function registerAgent(program: Command, run: RunAction): void {
  program
    .command('agent')
    .option('--listen <address>', 'ADDR:PORT to serve /health and /metrics on (default: 127.0.0.1:9721)')
    .option('--token-file <file>', 'ask for this bearer token; needed beyond this machine')
    .option('--tls-cert <file>', 'PEM; needed beyond this machine')
    .option('--tls-key <file>', 'PEM')
    .option('--allow-host <name...>', 'further names under which it is asked (the Host header)')
    .description('run tasks on their schedule and answer monitoring, without a window, until SIGTERM')
    .action((options: AgentCommandOptions, command: Command) =>
      run(command, async (context) => {
        // It rests for months: a small heap is worth more than speed that nobody waits for. Set before it loads.
        setFlagsFromString('--optimize-for-size');
        const [{ defaultListen, parseListenAddress }, { readAccess }, { runAgent }] = await Promise.all([
          import('#electron/services/agent/listen-address.ts'),
          import('#electron/services/agent/agent-access.ts'),
          import('#electron/services/agent/agent.ts'),
        ]);
        const file = (given: string | undefined) => (given === undefined ? null : context.path(given));
        const address = parseListenAddress(options.listen ?? defaultListen);
        const access = readAccess(
          address,
          {
            tlsCert: file(options.tlsCert),
            tlsKey: file(options.tlsKey),
            token: file(options.tokenFile),
          },
          context.environment,
        );
        const stopping = new AbortController();
        const stop = () => stopping.abort();
        process.once('SIGTERM', stop);
        process.once('SIGINT', stop);
        try {
          await runAgent(await context.services(), {
            address,
            access,
            hosts: options.allowHost ?? [],
            onLine: (line) => context.output.progress(line),
            reportDefect: (error) => context.output.progress(defectText(error, context.environment)),
            signal: stopping.signal,
          });
        } finally {
          process.off('SIGTERM', stop);
          process.off('SIGINT', stop);
        }
      }),
    );
}

/** Without its text, in which a value may stand, unless somebody asked for all that there is. */
function defectText(error: unknown, { REKEY_DEBUG }: Readonly<Record<string, string | undefined>>): string {
  const known = error instanceof Error ? error : null;
  const line = `Something unexpected went wrong (${known?.name ?? 'unknown'}). The agent goes on. Please report this with REKEY_DEBUG=1 set.`;
  return REKEY_DEBUG && known?.stack ? `${line}\n${known.stack}` : line;
}
