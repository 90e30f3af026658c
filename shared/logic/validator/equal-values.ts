import type { Finding } from '#shared/model/finding.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import { error } from './rules.ts';

/** Whether another key of the same environment has the same value. Cheap: never kept with the verdict. */
export function equalValueFindings(
  name: KeyName,
  value: Secret,
  others: ReadonlyMap<KeyName, Secret>,
): Finding[] {
  if (value.isEmpty) return [];
  return [...others]
    .filter(([other, otherValue]) => other !== name && otherValue.equals(value))
    .map(([other]) =>
      error(
        'equal-to-another-key',
        `${other} has the same value: who learns one has both.`,
        'Rotate the key, so that each key has a value of its own.',
      ),
    );
}
