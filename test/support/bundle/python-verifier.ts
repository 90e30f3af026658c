import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BundleVerification } from '#shared/model/verification.ts';

const root = join(import.meta.dirname, '../../..');

export type PythonAnswer = BundleVerification & { headline: string };

/** verify.py, loaded once and asked many times. */
export class PythonVerifier {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const server = join(import.meta.dirname, 'verify_server.py');
    const script = join(root, 'resources/report/verify.py');
    this.#process = spawn('python3', ['-B', server, script]);
    this.#process.stderr.on('data', (text) => process.stderr.write(text));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** What verify.py finds. An exception in it is an error here: it must never have one. */
  async verify(
    path: string,
    options: { trust?: string; checkpoint?: Uint8Array } = {},
  ): Promise<PythonAnswer> {
    const checkpoint = options.checkpoint ? Buffer.from(options.checkpoint).toString('hex') : null;
    this.#process.stdin.write(`${JSON.stringify({ path, trust: options.trust ?? null, checkpoint })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('verify.py ended');
    const answer = JSON.parse(value) as PythonAnswer | { crashed: string } | { refused: string };
    if ('crashed' in answer) throw new Error(`verify.py crashed on ${path}:\n${answer.crashed}`);
    if ('refused' in answer) throw new Error(`verify.py refused ${path}: ${answer.refused}`);
    return answer;
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** What two verifiers must agree on: the levels, and how each check ended. */
export function verdictOf(result: BundleVerification) {
  const { intact, signer, append_only: appendOnly, checks } = result;
  return { intact, signer, appendOnly, checks: checks.map(({ id, ok }) => `${id} ${ok}`) };
}
