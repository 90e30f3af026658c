import type { Finding } from '#shared/model/finding.ts';
import type { KeyRule } from '#shared/model/key.ts';
import type { CheckValue } from './check-value.ts';
import { equalValueFindings } from './equal-values.ts';
import { type Judgement, judge } from './judgement.ts';
import type { LoadPatternFinder, PatternKind } from './patterns.ts';
import { error, formFindings, strengthLimits, warning } from './rules.ts';

/** The validator. `load` is called for the first value that has to be measured, and not again. */
export function valueChecker(load: LoadPatternFinder): CheckValue {
  let finder: ReturnType<LoadPatternFinder> | null = null;
  return async (rule, value, others = new Map()) => {
    const text = value.reveal();
    const findings = [...formFindings(rule, text), ...equalValueFindings(rule.name, value, others)];
    if (text === '') return { valid: false, bits: null, findings };
    finder ??= load();
    const judgement = judge(text, await finder, contextWords(rule));
    findings.push(...strengthFindings(rule, judgement));
    return {
      valid: findings.every(({ severity }) => severity !== 'error'),
      bits: Math.round(judgement.bits * 10) / 10,
      findings,
    };
  };
}

/** What an attacker tries first for this key: its name. */
function contextWords(rule: KeyRule): string[] {
  const name = rule.name.toLowerCase();
  return [...new Set([name, name.replaceAll('_', ''), ...name.split('_')])].filter(
    (word) => word.length >= 3,
  );
}

/** An estimate this close to the target is not worth a warning: chance alone makes a random value lose as much. */
const tolerance = 8;

/** Patterns that shorten a value by less are chance, and not worth a warning. */
const noticeableBits = 24;

function strengthFindings(rule: KeyRule, judgement: Judgement): Finding[] {
  const limits = strengthLimits(rule);
  const findings: Finding[] = [];
  const remedy = 'Generate a new value and rotate the key.';
  const weak = judgement.bits < limits.error;
  if (weak) {
    const message = `The value is worth about ${Math.floor(judgement.bits)} bits; at least ${limits.error} are needed.`;
    findings.push(error('weak', message, remedy));
  } else if (judgement.bits < limits.target - tolerance) {
    const message = `The value is worth about ${Math.floor(judgement.bits)} bits; new keys should have ${limits.target}.`;
    findings.push(warning('below-target', message, remedy));
  }
  const rejected = weak || judgement.predictable;
  if (rejected && judgement.encoding) {
    const message = `The value is ${judgement.encoding} of something regular: encoding adds no strength.`;
    findings.push(error('encoded-weak-value', message, remedy));
  }
  for (const [kind, share] of judgement.shares) {
    const text = patternTexts[kind];
    const message = `${text.message} (${Math.round(share * 100)} % of it).`;
    if (judgement.predictable || (weak && share >= 0.25)) findings.push(error(text.code, message, remedy));
    else if (share >= 0.35 && judgement.savedBits >= noticeableBits)
      findings.push(warning(text.code, message, remedy));
  }
  if (limits.limited) {
    findings.push(
      warning(
        'limited-by-rule',
        `The key's exact length of ${rule.length.minimum} characters leaves room for at most ${limits.target} bits.`,
        'Where the consumer can take a longer key, change the rule.',
      ),
    );
  }
  return findings;
}

const patternTexts: Readonly<Record<PatternKind, { code: string; message: string }>> = {
  word: { code: 'dictionary-words', message: 'The value is made of words or names' },
  language: { code: 'reads-like-language', message: 'The value reads like language' },
  encoding: { code: 'encoded-weak-value', message: 'The value encodes something readable' },
  walk: { code: 'keyboard-walk', message: 'The value follows keys that lie side by side' },
  sequence: { code: 'sequence', message: 'The value counts up or down' },
  repetition: { code: 'repetition', message: 'The value repeats itself' },
  date: { code: 'date', message: 'The value holds dates' },
};
