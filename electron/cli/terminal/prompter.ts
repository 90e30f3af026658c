/** Thrown by a question that the person left with Ctrl-C, Escape or the end of input. */
export class Left extends Error {
  constructor() {
    super('left');
    this.name = 'Left';
  }
}

export interface Choice<T> {
  value: T;
  label: string;
  /** One line more about it. */
  hint?: string;
}

/** How a terminal asks. Every question throws `Left` when the person leaves it. */
export interface Prompter {
  /** Columns that text may take. */
  readonly width: number;
  line(text?: string): void;
  heading(text: string): void;
  problem(text: string): void;
  select<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  multiselect(
    message: string,
    choices: readonly Choice<string>[],
    initial: readonly string[],
  ): Promise<string[]>;
  /** `check` says what is wrong, or null. */
  text(message: string, check?: (value: string) => string | null): Promise<string>;
  /** Not shown while it is typed. */
  secret(message: string): Promise<string>;
  /** Many lines, until one that holds a single dot. */
  paste(message: string): Promise<string>;
}

export interface TerminalStreams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
}

/** Text for a terminal may not carry control characters: what a service prints must not move the cursor. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/** Between 40 and 100 columns; a terminal that does not say has 80. */
export function widthOf(output: NodeJS.WriteStream): number {
  return Math.min(100, Math.max(40, output.columns || 80));
}

/** Colours, menus that move: not on a dumb terminal. */
export async function openPrompter(
  streams: TerminalStreams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Prompter> {
  if (environment.TERM === 'dumb' || !environment.TERM) {
    const { PlainPrompter } = await import('./plain-prompter.ts');
    return new PlainPrompter(streams);
  }
  const { clackPrompter } = await import('./clack-prompter.ts');
  return clackPrompter(streams);
}
