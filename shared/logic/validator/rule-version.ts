import type { KeyRule } from '#shared/model/key.ts';

/** Raise it with every change that can change a verdict: verdicts kept under an older version are made again. */
const validatorVersion = 3;

/** What a verdict depends on besides the value: keep verdicts by (fingerprint, this). */
export function ruleVersion(rule: KeyRule): string {
  const { minimum, exact } = rule.length;
  return [validatorVersion, rule.name, rule.format, exact ? 'exactly' : 'at least', minimum].join(':');
}
