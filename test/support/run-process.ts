import { spawn } from 'node:child_process';

/** Runs a program to its end with nothing on standard input and gives what it printed. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>> },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      texts.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      texts.stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
}
