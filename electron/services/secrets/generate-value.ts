import { randomBytes } from 'node:crypto';
import { checkedLength, generatedLength, generateText } from '#shared/logic/generator.ts';
import type { KeyFormat, KeyRule } from '#shared/model/key.ts';
import { Secret } from '#shared/model/secret.ts';

/** What may be asked for instead of what the rule says. */
export interface GenerateOptions {
  /** Characters of the value. */
  length?: number | undefined;
  format?: KeyFormat | undefined;
}

/**
 * A fresh value for a key, from the operating system's random source.
 * @throws RekeyError `configuration-invalid` when the rule's exact length does not exist in its format, `invalid-input`
 * when a length was asked for that is too short for 128 bits or that the format does not have
 */
export function generateValue(rule: KeyRule, options: GenerateOptions = {}): Secret {
  const format = options.format ?? rule.format;
  const length =
    options.length === undefined
      ? generatedLength({ ...rule, format })
      : checkedLength(format, options.length);
  return new Secret(generateText(format, length, randomBytes));
}
