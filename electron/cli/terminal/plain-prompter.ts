import { type Choice, Left, type Prompter, type TerminalStreams, widthOf } from './prompter.ts';
import { TerminalLines } from './terminal-lines.ts';

/** Numbered menus and nothing that moves the cursor: for dumb terminals, serial lines and screen readers. */
export class PlainPrompter implements Prompter {
  readonly #streams: TerminalStreams;
  readonly #lines: TerminalLines;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
    this.#lines = new TerminalLines(streams);
  }

  get width(): number {
    return widthOf(this.#streams.output) - 2;
  }

  line(text = ''): void {
    this.#streams.output.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(text.toUpperCase());
  }

  problem(text: string): void {
    this.line(`! ${text}`);
  }

  async select<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<T> {
    this.#list(choices);
    for (;;) {
      const answer = (await this.#ask(`${message} (1-${choices.length}, Enter for 1): `)).trim() || '1';
      const chosen = choices[Number(answer) - 1];
      if (/^\d+$/.test(answer) && chosen) return chosen.value;
      this.problem(`Write a number from 1 to ${choices.length}.`);
    }
  }

  async multiselect(
    message: string,
    choices: readonly Choice<string>[],
    initial: readonly string[],
  ): Promise<string[]> {
    this.#list(choices);
    const preset = choices.flatMap(({ value }, index) => (initial.includes(value) ? [index + 1] : []));
    const standard = preset.length > 0 ? `, Enter for ${preset.join(',')}` : '';
    for (;;) {
      const answer = await this.#ask(`${message} (numbers, separated by commas${standard}): `);
      const numbers =
        answer.trim() === ''
          ? preset
          : answer
              .split(/[\s,]+/)
              .filter(Boolean)
              .map(Number);
      const chosen = numbers.map((number) => choices[number - 1]?.value);
      if (chosen.length > 0 && chosen.every((value) => value !== undefined)) return [...new Set(chosen)];
      this.problem(`Write numbers from 1 to ${choices.length}.`);
    }
  }

  async text(message: string, check?: (value: string) => string | null): Promise<string> {
    for (;;) {
      const answer = await this.#ask(`${message}: `);
      const problem = check?.(answer) ?? null;
      if (problem === null) return answer;
      this.problem(problem);
    }
  }

  /** Typed without echo; the terminal is set back whatever happens. */
  secret(message: string): Promise<string> {
    const { input, output } = this.#streams;
    output.write(`${message} (not shown): `);
    return new Promise((resolve, reject) => {
      let typed = '';
      const finish = (settle: () => void) => {
        input.off('data', read);
        input.setRawMode?.(false);
        input.pause();
        output.write('\n');
        settle();
      };
      const read = (chunk: Buffer) => {
        for (const character of chunk.toString('utf8')) {
          if (character === '\r' || character === '\n') return finish(() => resolve(typed));
          if (character === '\u0003' || character === '\u0004') return finish(() => reject(new Left()));
          if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
          else typed += character;
        }
      };
      input.setRawMode?.(true);
      input.resume();
      input.on('data', read);
    });
  }

  paste(message: string): Promise<string> {
    this.line(`${message}`);
    this.line('End with a line that holds a single dot.');
    return this.#lines.paste();
  }

  #list(choices: readonly Choice<string>[]): void {
    choices.forEach(({ label, hint }, index) => {
      this.line(`  ${index + 1}) ${label}${hint ? ` (${hint})` : ''}`);
    });
  }

  #ask(question: string): Promise<string> {
    this.#streams.output.write(question);
    return this.#lines.next();
  }
}
