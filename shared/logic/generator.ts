import { RekeyError } from '#shared/model/errors.ts';
import type { KeyFormat, KeyRule } from '#shared/model/key.ts';

/** `count` bytes of a cryptographic random source. */
export type RandomBytes = (count: number) => Uint8Array;

/** Survives dotenv files, shells, systemd, YAML and URLs without quotes, as long as it does not begin with `-`. */
const textAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const hexAlphabet = '0123456789abcdef';

/** Characters from which a format reaches the target of 128 bits, with some to spare where six bits do not divide it. */
const sufficient: Readonly<Record<KeyFormat, number>> = {
  text: 22,
  hex: 32,
  base64: 24,
  base64url: 22,
  fernet: 44,
};

/**
 * A fresh value, uniform over what its format allows.
 * @param length characters of the value, as `generatedLength` or `checkedLength` gave it
 */
export function generateText(format: KeyFormat, length: number, randomBytes: RandomBytes): string {
  for (;;) {
    const text = candidate(format, length, randomBytes);
    // Drawing again keeps the rest uniform. Needed once in 64 values at most.
    if (!text.startsWith('-') && !looksLikeScalar(text)) return text;
  }
}

/**
 * How many characters a generated value of the rule has. More than the rule asks for where a shorter value would be
 * weak or the format has no value of that length; an exact length is kept.
 * @throws RekeyError `configuration-invalid` when the format has no value of the exact length
 */
export function generatedLength(rule: KeyRule): number {
  const { format, length } = rule;
  if (!length.exact) return fittingLength(format, Math.max(length.generated, sufficient[format]));
  if (fittingLength(format, length.minimum) === length.minimum) return length.minimum;
  throw new RekeyError('configuration-invalid', {
    message: `${rule.name} must have exactly ${length.minimum} characters, and ${formatLengths[format]}.`,
    remedy: 'Correct the length or the format of the key in the environment’s configuration.',
  });
}

/**
 * A length that someone asked for.
 * @throws RekeyError `invalid-input` when it is too short for 128 bits, too long, or none that the format has
 */
export function checkedLength(format: KeyFormat, length: number): number {
  if (Number.isInteger(length) && length >= sufficient[format] && length <= 4096) {
    if (fittingLength(format, length) === length) return length;
    throw new RekeyError('invalid-input', {
      message: `No value has ${length} characters: ${formatLengths[format]}.`,
      unchanged: 'Nothing was generated.',
      remedy: `Use ${fittingLength(format, length)}, for example.`,
    });
  }
  throw new RekeyError('invalid-input', {
    message: `A value of ${length} characters cannot be generated in this format.`,
    unchanged: 'Nothing was generated.',
    remedy:
      format === 'fernet'
        ? 'A Fernet key always has 44 characters.'
        : `Use ${sufficient[format]} to 4096 characters; fewer carry less than 128 bits.`,
  });
}

const formatLengths: Readonly<Record<KeyFormat, string>> = {
  text: 'text may have any length',
  hex: 'hexadecimal takes two characters a byte',
  base64: 'base64 comes in groups of four characters',
  base64url: 'base64url never leaves one character over a group of four',
  fernet: 'a Fernet key always has 44 characters',
};

/** The least length from `length` on that the format has. */
function fittingLength(format: KeyFormat, length: number): number {
  switch (format) {
    case 'text':
      return length;
    case 'hex':
      return length + (length % 2);
    case 'base64':
      return Math.ceil(length / 4) * 4;
    case 'base64url':
      return length % 4 === 1 ? length + 1 : length;
    case 'fernet':
      return 44;
  }
}

function candidate(format: KeyFormat, length: number, randomBytes: RandomBytes): string {
  switch (format) {
    case 'text':
      return uniformText(textAlphabet, length, randomBytes);
    case 'hex':
      return uniformText(hexAlphabet, length, randomBytes);
    case 'base64':
      return base64(randomBytes((length / 4) * 3));
    case 'base64url':
      return urlSafe(base64(randomBytes(Math.floor((length * 3) / 4)))).replace(/=+$/, '');
    case 'fernet':
      return urlSafe(base64(randomBytes(32)));
  }
}

/** Rejection sampling: bytes beyond the last whole multiple of the alphabet are drawn again. */
export function uniformText(alphabet: string, length: number, randomBytes: RandomBytes): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < limit) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

/** Text that YAML or a shell would take for a number. One in a million hexadecimal values does (`1234…e5678…`). */
function looksLikeScalar(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?$/i.test(text) || /^0[xob][0-9a-f_]+$/i.test(text);
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function urlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
