import { DurationText, KeyFormat, KeyName, Protects, Slots, z } from '#renderer/ui/form/schemas.ts';
import type { KeyRule, KeyRuleOverride } from '#shared/model/key.ts';

const whole = (minimum: number, maximum: number) =>
  z
    .number({ message: 'Write a whole number.' })
    .int('Write a whole number.')
    .min(minimum, `At least ${minimum}.`)
    .max(maximum, `At most ${maximum}.`);

/** The rule of a key, as a form holds it. */
export const KeyRuleForm = z
  .object({
    name: KeyName,
    purpose: z.string().trim().max(200, 'At most 200 characters.'),
    protects: Protects,
    slots: Slots,
    previous: KeyName,
    next: KeyName,
    format: KeyFormat,
    exact: z.boolean(),
    minimum: whole(1, 4096),
    generated: whole(1, 4096),
    cryptoperiodDays: whole(1, 3650),
    warningDays: whole(0, 365),
    soak: DurationText,
    issuer: z.enum(['generated', 'supplied']),
    requiredInProduction: z.boolean(),
    protectsAccountData: z.boolean(),
    automatic: z.boolean(),
    policySource: z.string().trim().max(200, 'At most 200 characters.'),
    owner: z.string().trim().max(200, 'At most 200 characters.'),
    dependents: z.string().max(4_000, 'At most 4,000 characters.'),
  })
  .superRefine((form, context) => {
    if (!form.exact && form.generated < form.minimum) {
      context.addIssue({
        code: 'custom',
        path: ['generated'],
        message: 'A generated value must be at least as long as the rule demands.',
      });
    }
  });
export type KeyRuleForm = z.infer<typeof KeyRuleForm>;

export function ruleFormOf(rule: KeyRule | null): KeyRuleForm {
  return {
    name: rule?.name ?? '',
    purpose: rule?.purpose ?? '',
    protects: rule?.protects ?? 'messages',
    slots: rule?.slots ?? 'one',
    previous: rule?.variables.previous ?? '',
    next: rule?.variables.next ?? '',
    format: rule?.format ?? 'text',
    exact: rule?.length.exact ?? false,
    minimum: rule?.length.minimum ?? 32,
    generated: rule?.length.generated ?? 64,
    cryptoperiodDays: rule?.cryptoperiodDays ?? 180,
    warningDays: rule?.warningDays ?? 14,
    soak: rule?.soak ?? '24h',
    issuer: rule?.issuer ?? 'generated',
    requiredInProduction: rule?.requiredInProduction ?? false,
    protectsAccountData: rule?.protectsAccountData ?? false,
    automatic: rule?.automatic ?? false,
    policySource: rule?.policySource ?? 'Organisation policy',
    owner: rule?.owner ?? '',
    dependents: rule?.dependents.join('\n') ?? '',
  };
}

/** What the environment says about the key: only what differs from the rule as it was shown. */
export function overrideOf(form: KeyRuleForm, before: KeyRule | null): KeyRuleOverride {
  const full: Required<KeyRuleOverride> = {
    purpose: form.purpose,
    protects: form.protects,
    slots: form.slots,
    format: form.format,
    length: {
      minimum: form.minimum,
      exact: form.exact,
      generated: form.exact ? form.minimum : form.generated,
    },
    cryptoperiodDays: form.cryptoperiodDays,
    policySource: form.policySource,
    requiredInProduction: form.requiredInProduction,
    protectsAccountData: form.protectsAccountData,
    automatic: form.automatic,
    warningDays: form.warningDays,
    soak: form.soak,
    issuer: form.issuer,
    owner: form.owner === '' ? null : form.owner,
    dependents: form.dependents
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    variables: { previous: form.previous, next: form.next },
  };
  if (before === null) return full;
  const shown = {
    ...before,
    protectsAccountData: before.protectsAccountData ?? false,
    automatic: before.automatic ?? false,
  };
  const changed = Object.entries(full).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(shown[field as keyof KeyRuleOverride]),
  );
  return Object.fromEntries(changed) as KeyRuleOverride;
}
