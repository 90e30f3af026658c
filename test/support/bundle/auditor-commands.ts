import { spawnSync } from 'node:child_process';

/** A command of VERIFY.md and the output that it foretells. */
export interface AuditorCommand {
  readonly command: string;
  readonly output: string;
}

/** The commands of the text's `console` blocks, in order. */
export function commandsOf(markdown: string): AuditorCommand[] {
  const blocks = [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block]) => block as string);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...output] = text.trimEnd().split('\n');
        return { command, output: output.join('\n') };
      }),
  );
}

const mark = '--- next command ---';

/** Runs the commands one after the other in one shell, as an auditor would; gives what each printed. */
export function runCommands(
  folder: string,
  commands: readonly AuditorCommand[],
  environment: Record<string, string>,
): string[] {
  const script = commands.map(({ command }) => `echo '${mark}'\n${command}\n`).join('');
  const run = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1', ...environment },
  });
  return run.stdout
    .split(`${mark}\n`)
    .slice(1)
    .map((output) => output.trimEnd());
}
