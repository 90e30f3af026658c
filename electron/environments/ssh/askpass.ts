import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RekeyError } from '#shared/model/errors.ts';
import type { Secret } from '#shared/model/secret.ts';

/** What ssh may ask for. Anything else (an unknown host key, a code from a telephone) gets no answer. */
export type SshSecretKind = 'ssh-password' | 'ssh-passphrase';

/** Hands ssh's words to Rekey and Rekey's answer to ssh, through two pipes beside it; ssh starts it by its full path. */
const script = `#!/bin/sh
printf '%s\\n' "$1" >"$0.prompt" && exec cat "$0.answer"
`;

export interface Askpass {
  /** For the environment of ssh. Names a program, never a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kinds that ssh asked for and that nobody stored. */
  readonly missing: ReadonlySet<SshSecretKind>;
  close(): void;
}

/**
 * Answers ssh's questions for a password or a passphrase, each once (SSH_ASKPASS, ssh(1)): a wrong one is not tried
 * again. The answer goes through a pipe in a folder that only its owner may enter; it is in no argument, no
 * environment and no file.
 * @param folder - private, and gone with the connection
 */
export function openAskpass(
  folder: string,
  answer: (kind: SshSecretKind) => Promise<Secret | null>,
): Askpass {
  const program = join(folder, 'askpass');
  writeFileSync(program, script, { mode: 0o700 });
  for (const pipe of ['prompt', 'answer']) {
    if (spawnSync('mkfifo', ['-m', '600', `${program}.${pipe}`]).status === 0) continue;
    throw new RekeyError('ssh-unsupported', {
      message: 'Passwords and passphrases cannot be given to ssh on this system.',
      remedy: 'Use an agent: ssh-add the key, and remove the stored credential.',
    });
  }
  // Open for both, so that it neither waits for ssh nor ends between two questions.
  const prompts = new Socket({
    fd: openSync(`${program}.prompt`, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const asked = new Set<SshSecretKind>();
  const missing = new Set<SshSecretKind>();
  let text = '';
  prompts.on('error', () => {});
  prompts.on('data', (bytes) => {
    text += bytes.toString('utf8');
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const prompt = text.slice(0, end);
      text = text.slice(end + 1);
      void reply(prompt);
    }
  });
  const reply = async (prompt: string): Promise<void> => {
    const kind = kindOf(prompt);
    let secret: Secret | null = null;
    if (kind !== null && !asked.has(kind)) {
      asked.add(kind);
      secret = await answer(kind).catch(() => null);
      if (secret === null) missing.add(kind);
    }
    await writeTo(`${program}.answer`, secret === null ? '' : `${secret.reveal()}\n`);
  };
  return {
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' },
    missing,
    close: () => prompts.destroy(),
  };
}

function kindOf(prompt: string): SshSecretKind | null {
  if (/^Enter passphrase for (key )?/i.test(prompt)) return 'ssh-passphrase';
  return /password:\s*$/i.test(prompt) ? 'ssh-password' : null;
}

/** Waits for the reader, which opens the pipe right after it asked. */
async function writeTo(pipe: string, text: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      const descriptor = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        writeSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') return;
      await wait(10);
    }
  }
}
