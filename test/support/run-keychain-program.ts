import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SealedName } from '#electron/services/secrets/sealed-store.ts';

export type KeychainStep =
  | { do: 'probe' | 'rotate' }
  | { do: 'put'; name: string; value: string }
  | { do: 'get' | 'remove'; name: string }
  | { do: 'seal'; name: SealedName; value: string }
  | { do: 'open'; name: SealedName };

export interface KeychainJob {
  /** The data folder. */
  folder: string;
  steps: KeychainStep[];
}

/**
 * Runs the steps in a program of its own and gives what came of each: the value, or `{error, message, remedy}`.
 * `wrapper` is a command that runs the program, for example in a kernel session keyring.
 */
export async function runKeychainProgram(
  environment: Record<string, string>,
  job: KeychainJob,
  wrapper: readonly string[] = [],
): Promise<unknown[]> {
  const script = fileURLToPath(new URL('./keychain-program.ts', import.meta.url));
  const [program = '', ...rest] = [...wrapper, process.execPath, script, JSON.stringify(job)];
  const child = spawn(program, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as unknown[];
}
