import type { Duplex } from 'node:stream';
import type { CommandConfig, CommandKind } from '#shared/model/environment.ts';
import type { CommandRunnerDependencies } from './command-runner.ts';
import type { CommandResult } from './environment.ts';
import type { HostFiles } from './host-files.ts';

/** A machine on which keys live, as one looks at it. */
export interface ReadableHost {
  /** As the configuration names it; null for this machine. */
  readonly name: string | null;
  readonly files: HostFiles;
  /** Gives connections back; what is asked afterwards opens them anew. */
  close(): Promise<void>;
}

/** A machine on which keys live: its files, the commands that run there, and the network as it sees it. */
export interface Host extends ReadableHost {
  /** Runs a configured command to its end; never throws for what the command does. */
  run(
    kind: CommandKind,
    command: CommandConfig,
    dependencies: CommandRunnerDependencies,
  ): Promise<CommandResult>;
  /** Keeps its connection open, if it has one, until the function that is returned is called. */
  keep(): () => void;
  /** Opens a connection from that machine, for the health check; null: Rekey connects by itself, from here. */
  readonly connect: ConnectThrough | null;
}

/**
 * A connection to `host` (a name or address without brackets) and `port`; its errors are those of the stream. Rejects when
 * the machine itself cannot be reached.
 */
export type ConnectThrough = (host: string, port: number) => Promise<Duplex>;
