import { neverAutomatic } from '#shared/logic/automatic-rotation.ts';
import type { KeyRule } from '#shared/model/key.ts';

/** What switching a key on means, said where it is switched. */
export function automaticHint(rule: Pick<KeyRule, 'issuer' | 'protects' | 'slots'>): string {
  const never = neverAutomatic(rule);
  if (never !== null) return `This has no effect. ${never}`;
  const ends =
    rule.protects === 'data'
      ? 'A person decides when the old value goes.'
      : 'The old value goes by itself only if the new one is proven in use and verify-old-refused is configured.';
  return `Only inside the rotation windows, by an open window or the agent. ${ends}`;
}
