import { readFileSync, statSync } from 'node:fs';
import { RekeyError } from '#shared/model/errors.ts';

/** Certificates and checkpoints are a few kilobytes. */
const maximumBytes = 1024 * 1024;

/** A text that a person chose: a certificate, a checkpoint. Throws `invalid-input`. */
export function readSmallText(path: string): string {
  try {
    if (statSync(path).size <= maximumBytes) return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: `The file ${path} cannot be read.`,
      remedy: 'Give a file that exists and that you may read.',
      cause,
    });
  }
  throw new RekeyError('invalid-input', {
    message: `The file ${path} is far too large for certificates or a checkpoint.`,
    remedy: 'Give the PEM file or the checkpoint itself.',
  });
}
