import type { Finding } from '#shared/model/finding.ts';
import type { KeyFormat, KeyRule } from '#shared/model/key.ts';
import { base64Bytes } from './encodings.ts';
import { isPlaceholder, isPublished } from './placeholders.ts';
import { minimumBits, targetBits } from './strength.ts';

const generateOne = 'Generate a new value and rotate the key.';

/** What can be said of a value without measuring its strength: length, format, surroundings, placeholders. */
export function formFindings(rule: KeyRule, text: string): Finding[] {
  if (text === '') {
    return [error('empty', 'The value is empty.', `${generateOne} An empty key protects nothing.`)];
  }
  const findings: Finding[] = [];
  if (text !== text.trim()) {
    findings.push(
      error(
        'surrounding-white-space',
        'White space stands before or after the value.',
        'Remove it, or rotate the key.',
      ),
    );
  }
  if (/^(["'`]).*\1$/s.test(text.trim()) && text.trim().length > 1) {
    findings.push(
      error(
        'surrounding-quotes',
        'Quotation marks are part of the value: the file quotes it twice.',
        'Remove the inner quotation marks, or rotate the key.',
      ),
    );
  }
  findings.push(...characterFindings(text), ...lengthFindings(rule, text));
  if (!hasFormat(rule.format, text)) {
    findings.push(error('wrong-format', `The value is not ${formatNames[rule.format]}.`, generateOne));
  }
  if (isPlaceholder(text)) {
    findings.push(error('placeholder', 'The value is a placeholder, not a key.', generateOne));
  }
  if (isPublished(text)) {
    findings.push(
      error(
        'published-value',
        'The value is printed in public documentation: attackers try it first.',
        generateOne,
      ),
    );
  }
  return findings;
}

function characterFindings(text: string): Finding[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
    return [error('control-character', 'The value holds a control character.', generateOne)];
  }
  if (/[\r\n]/.test(text)) {
    return [
      warning(
        'line-break',
        'The value holds a line break; some consumers read only its first line.',
        generateOne,
      ),
    ];
  }
  return [];
}

function lengthFindings(rule: KeyRule, text: string): Finding[] {
  const { minimum, exact } = rule.length;
  const length = [...text].length;
  if (exact && length !== minimum) {
    const message = `The value has ${count(length)}; exactly ${minimum} are needed.`;
    return [error('wrong-length', message, generateOne)];
  }
  if (length < minimum) {
    const message = `The value has ${count(length)}; at least ${minimum} are needed.`;
    return [error('too-short', message, generateOne)];
  }
  return [];
}

function count(length: number): string {
  return length === 1 ? '1 character' : `${length} characters`;
}

const formatNames: Readonly<Record<KeyFormat, string>> = {
  text: 'text',
  hex: 'hexadecimal',
  base64: 'base64',
  base64url: 'base64url',
  fernet: 'a Fernet key (44 characters of base64url that hold 32 bytes)',
};

/** Whether the text is written in the format. Text is anything. */
export function hasFormat(format: KeyFormat, text: string): boolean {
  switch (format) {
    case 'text':
      return true;
    case 'hex':
      return /^([0-9a-f]+|[0-9A-F]+)$/.test(text);
    case 'base64':
      return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 && base64Bytes(text) !== null;
    case 'base64url':
      return /^[A-Za-z0-9_-]+={0,2}$/.test(text) && base64Bytes(text) !== null;
    case 'fernet':
      return /^[A-Za-z0-9_-]{43}=$/.test(text) && base64Bytes(text)?.length === 32;
  }
}

/** Bits that one character of a generated value carries. */
export function bitsPerGeneratedCharacter(format: KeyFormat): number {
  return format === 'hex' ? 4 : 6;
}

/**
 * The limits for a key. Where the rule's exact length leaves no room for 112 bits (a consumer that takes 16
 * characters and nothing else), they fall to what a random value of that length reaches, so that the key can still
 * be rotated; `limited` says so.
 */
export function strengthLimits(rule: KeyRule): { error: number; target: number; limited: boolean } {
  if (!rule.length.exact) return { error: minimumBits, target: targetBits, limited: false };
  const attainable = Math.floor(
    rule.format === 'fernet' ? 256 : rule.length.minimum * bitsPerGeneratedCharacter(rule.format),
  );
  return {
    error: Math.max(1, Math.min(minimumBits, attainable - 16)),
    target: Math.min(targetBits, attainable),
    limited: attainable < minimumBits,
  };
}

export function error(code: string, message: string, remedy: string): Finding {
  return { code, severity: 'error', message, remedy };
}

export function warning(code: string, message: string, remedy: string): Finding {
  return { code, severity: 'warning', message, remedy };
}
