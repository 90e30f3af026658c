import { spawnSync } from 'node:child_process';

/** What a program answered. */
export interface Answer {
  code: number | null;
  /** Standard output and standard error. */
  said: string;
}

/** Runs a real program; fails where it cannot be started at all. */
export function run(program: string, args: readonly string[], input?: string | Uint8Array): Answer {
  const done = spawnSync(program, args, { input, env: { ...process.env, LC_ALL: 'C' } });
  if (done.error) throw done.error;
  return { code: done.status, said: `${done.stdout}${done.stderr}` };
}
