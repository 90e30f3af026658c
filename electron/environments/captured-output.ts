import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from '#shared/logic/redact.ts';

/** How much of a command's output is kept: its last part, in characters. */
export const keptOutput = 64 * 1024;

/** A line longer than this is passed on in pieces. */
const longestLine = 16 * 1024;

/**
 * Collects what a command prints, line by line, redacted before anything else sees it. Memory is bounded whatever
 * the command prints.
 */
export class CapturedOutput {
  readonly #redactor: Redactor;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #open: OutputStream[] = [];
  #kept = '';
  #truncated = false;

  constructor(redactor: Redactor, onLine: ((line: string) => void) | undefined) {
    this.#redactor = redactor;
    this.#onLine = onLine;
  }

  /** A stream of its own: the lines of stdout and stderr mix, their pieces do not. */
  stream(): OutputStream {
    const stream = new OutputStream(this.#redactor, (line) => this.#add(line));
    this.#open.push(stream);
    return stream;
  }

  end(): void {
    for (const stream of this.#open) stream.end();
  }

  get text(): string {
    return this.#kept;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  #add(line: string): void {
    this.#onLine?.(line);
    this.#kept += `${line}\n`;
    if (this.#kept.length <= keptOutput) return;
    this.#truncated = true;
    this.#kept = this.#kept.slice(-keptOutput);
  }
}

export class OutputStream {
  readonly #decoder = new StringDecoder('utf8');
  readonly #redactor: Redactor;
  readonly #onLine: (line: string) => void;
  #partial = '';
  #lastLine = '';

  constructor(redactor: Redactor, onLine: (line: string) => void) {
    this.#redactor = redactor;
    this.#onLine = onLine;
  }

  /** The last line that is not empty, redacted. */
  get lastLine(): string {
    return this.#lastLine;
  }

  write(chunk: Buffer): void {
    const lines = (this.#partial + this.#decoder.write(chunk)).split(/\r\n|\n/);
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    if (this.#partial.length > longestLine) this.#breakLine();
  }

  end(): void {
    const rest = this.#partial + this.#decoder.end();
    this.#partial = '';
    if (rest !== '') this.#emit(rest);
  }

  #emit(line: string): void {
    const { text } = this.#redactor.redact(line);
    if (text.trim() !== '') this.#lastLine = text;
    this.#onLine(text);
  }

  /** The end of the piece may be the beginning of a secret: it stays until more has come. */
  #breakLine(): void {
    const { text } = this.#redactor.redact(this.#partial);
    const cut = Math.max(0, text.length - Math.max(this.#redactor.longest, 256));
    this.#partial = text.slice(cut);
    if (cut > 0) this.#onLine(text.slice(0, cut));
  }
}
