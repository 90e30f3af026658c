/**
 * A command that Rekey carries out itself instead of starting a program. The packaged app cannot run as Node (its
 * fuse is off), so the practice environment's commands could not be scripts. They are configured like any other
 * command, with a name in place of the program: `{"argv": ["rekey-practice", "restart"]}`.
 *
 * A command runner that was given built-in commands looks `argv[0]` up among them first (never with `shell`), and
 * treats the call as it would a program: the same time-out, the same capture, cap and redaction of output, the same
 * reading of the last line of stdout as JSON.
 */
export interface BuiltinCommand {
  /**
   * Runs with the arguments after the name. Resolves to an exit code, 0 for success. When `call.signal` aborts it
   * stops as soon as it can; what it resolves to is then ignored. Does not throw for failures that it can tell in
   * words: it writes them to stderr and resolves to a code other than 0.
   */
  run(args: readonly string[], call: BuiltinCommandCall): Promise<number>;
}

export interface BuiltinCommandCall {
  /** What a program would get on stdin: one line of JSON without its newline, or null. May hold secrets. */
  readonly input: string | null;
  /** Writes one line, without a newline. Must not be given a secret. */
  stdout(line: string): void;
  stderr(line: string): void;
  readonly signal: AbortSignal;
}

export type BuiltinCommands = ReadonlyMap<string, BuiltinCommand>;
