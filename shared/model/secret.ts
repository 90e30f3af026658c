/**
 * A value that must never be printed, serialised or logged by accident.
 *
 * Every way in which JavaScript turns an object into text (`String()`, template literals, `JSON.stringify`,
 * `util.inspect`, `console.log`) yields `[secret]`. Only `reveal()` yields the value, so that a search for
 * `.reveal(` finds every place where a secret leaves its wrapper. Structured clone carries no private field,
 * so a Secret sent over IPC arrives empty.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Each call is a place to review. */
  reveal(): string {
    return this.#value;
  }

  /** Equality in memory, for "is the value in the environment the one that was sealed". */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  get isEmpty(): boolean {
    return this.#value === '';
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
