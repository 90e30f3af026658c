import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';

/** More than any key or credential needs; a larger input is a mistake (a whole file, a device). */
const maximumBytes = 8192;

/**
 * Reads one secret: without echo from a terminal, else all of stdin less one final line end.
 * Never from the command line or the environment, where other processes could read it.
 */
export async function readSecret(prompt: string, stdin: NodeJS.ReadStream = process.stdin): Promise<Secret> {
  const text = stdin.isTTY ? await fromTerminal(prompt) : await fromPipe(stdin);
  if (text === '') {
    throw new RekeyError('invalid-input', {
      message: `${prompt}: nothing was given.`,
      remedy: 'Give the value on standard input, or type it when asked.',
    });
  }
  return new Secret(text);
}

async function fromTerminal(prompt: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message: prompt, output: process.stderr });
  if (isCancel(answer)) {
    throw new RekeyError('usage', {
      message: 'Cancelled.',
      remedy: 'Run the command again when you are ready.',
    });
  }
  return answer ?? '';
}

/** All of standard input as text, less one final line end. */
export async function fromPipe(stdin: NodeJS.ReadableStream, limit: number = maximumBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limit) {
      throw new RekeyError('invalid-input', {
        message: `Standard input holds more than ${limit} bytes.`,
        remedy: 'Give exactly the one value that is asked for.',
      });
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(chunks))
      .replace(/\r?\n$/, '');
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: 'Standard input is not UTF-8 text.',
      remedy: 'Give the value as text.',
      cause,
    });
  }
}
