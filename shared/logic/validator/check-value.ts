import type { KeyName, KeyRule } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { ValueCheck } from '#shared/model/status.ts';

/**
 * Judges one value by the rule of its key. Takes about 5 ms, and 0.5 s more for the first value of a process (the
 * dictionaries are loaded then), so keep the verdict under the value's fingerprint and `ruleVersion(rule)`.
 * `others` are the other values of the same environment, for the finding `equal-to-another-key`: leave them out when
 * the verdict is to be kept, and add `equalValueFindings` afresh.
 */
export type CheckValue = (
  rule: KeyRule,
  value: Secret,
  others?: ReadonlyMap<KeyName, Secret>,
) => Promise<ValueCheck>;
