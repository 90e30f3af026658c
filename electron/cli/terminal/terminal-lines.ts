import { Left, type TerminalStreams } from './prompter.ts';

/**
 * Lines of a terminal in its ordinary mode, one at a time. What was typed or pasted ahead stays for the next one;
 * nothing listens between two lines, so that menus can have the keyboard.
 */
export class TerminalLines {
  readonly #streams: TerminalStreams;
  #rest = '';
  #ended = false;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
  }

  /** The next line without its end. Throws `Left` on Ctrl-C and at the end of input. */
  next(): Promise<string> {
    const { input, output } = this.#streams;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        input.off('data', read);
        input.off('end', ended);
        process.off('SIGINT', interrupted);
        input.pause();
        settle();
      };
      const given = (): boolean => {
        const end = this.#rest.indexOf('\n');
        if (end === -1) return false;
        const line = this.#rest.slice(0, end).replace(/\r$/, '');
        this.#rest = this.#rest.slice(end + 1);
        finish(() => resolve(line));
        return true;
      };
      const read = (chunk: Buffer | string) => {
        this.#rest += chunk.toString();
        given();
      };
      const ended = () => {
        this.#ended = true;
        finish(() => reject(new Left()));
      };
      const interrupted = () => {
        this.#rest = '';
        output.write('\n');
        finish(() => reject(new Left()));
      };
      if (given()) return;
      if (this.#ended) {
        reject(new Left());
        return;
      }
      input.on('data', read);
      input.once('end', ended);
      process.once('SIGINT', interrupted);
      input.resume();
    });
  }

  /** Lines until one that holds a single dot. */
  async paste(): Promise<string> {
    const lines: string[] = [];
    for (let line = await this.next(); line.trim() !== '.'; line = await this.next()) lines.push(line);
    return lines.join('\n');
  }
}
