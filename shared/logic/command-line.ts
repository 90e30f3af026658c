import { split } from 'shlex';
import { RekeyError } from '../model/errors.ts';

/**
 * A command as people give it: a JSON array of arguments, or a line split by POSIX quoting rules (shlex), without
 * expansion of any kind and without a shell. Throws `usage` for an empty command or an unbalanced quote.
 */
export function parseCommandLine(text: string): string[] {
  const argv = text.trimStart().startsWith('[') ? fromJson(text) : fromLine(text);
  if (argv.length === 0 || argv[0] === '') {
    throw new RekeyError('usage', {
      message: 'The command is empty.',
      remedy:
        'Give a program and its arguments, such as "systemctl restart api" or ["systemctl","restart","api"].',
    });
  }
  return argv;
}

function fromLine(text: string): string[] {
  try {
    return split(text);
  } catch (cause) {
    throw new RekeyError('usage', {
      message: `The command line cannot be split: ${cause instanceof Error ? cause.message : 'unbalanced quotes'}.`,
      remedy: 'Balance the quotes, or give a JSON array of arguments.',
      cause,
    });
  }
}

function fromJson(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RekeyError('usage', {
      message: 'The command begins with [ but is not a JSON array.',
      remedy: 'Give an array of strings, such as ["systemctl","restart","api"].',
      cause,
    });
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new RekeyError('usage', {
      message: 'The command is not an array of strings.',
      remedy: 'Give an array of strings, such as ["systemctl","restart","api"].',
    });
  }
  return value;
}
