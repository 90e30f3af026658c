import { z } from 'zod';
import { DurationText } from './duration.ts';

/** A name that every supported consumer reads: POSIX environment variable, at most 128 characters. */
export const KeyName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'use letters, digits and underscore, not beginning with a digit');
export type KeyName = z.infer<typeof KeyName>;

/** What the key protects decides what rotating it means: messages can be issued again, data cannot. */
export const Protects = z.enum(['messages', 'data']);
export type Protects = z.infer<typeof Protects>;

/** Which variables the consumer reads: only NAME; NAME and NAME_PREVIOUS; or NAME_NEXT as well. */
export const Slots = z.enum(['one', 'previous', 'next+previous']);
export type Slots = z.infer<typeof Slots>;

export const KeyFormat = z.enum(['text', 'hex', 'base64', 'base64url', 'fernet']);
export type KeyFormat = z.infer<typeof KeyFormat>;

/** Characters of the value as written. `exact` where the consumer takes no other length. */
export const KeyLength = z
  .object({
    minimum: z.number().int().min(1).max(4096),
    exact: z.boolean(),
    /** How many characters a generated value has. */
    generated: z.number().int().min(1).max(4096),
  })
  .refine(
    (length) => (length.exact ? length.generated === length.minimum : length.generated >= length.minimum),
    {
      message: 'the generated length must satisfy the rule',
    },
  );
export type KeyLength = z.infer<typeof KeyLength>;

/** Everything Rekey knows about one key of one environment: the catalog entry with the environment's changes. */
export const KeyRule = z.object({
  name: KeyName,
  purpose: z.string().max(200),
  protects: Protects,
  slots: Slots,
  format: KeyFormat,
  length: KeyLength,
  /** Days from activation until the key is overdue (NIST SP 800-57: cryptoperiod). */
  cryptoperiodDays: z.number().int().min(1).max(3650),
  /** Whose policy the interval is. SOC 2 itself prescribes none. */
  policySource: z.string().max(200),
  requiredInProduction: z.boolean(),
  warningDays: z.number().int().min(0).max(365),
  /** How long the old value stays accepted after the new one is primary. */
  soak: DurationText,
  issuer: z.enum(['generated', 'supplied']),
  owner: z.string().max(200).nullable(),
  dependents: z.array(z.string().max(200)).max(100),
  variables: z.object({ previous: KeyName, next: KeyName }),
  /** Whether it protects stored account data (PCI DSS 3.7): only then does a report map it to that standard. Default: no. */
  protectsAccountData: z.boolean().optional(),
  /** Whether Rekey rotates it by itself when it is due, inside the environment's windows. Default: no. */
  automatic: z.boolean().optional(),
});
export type KeyRule = z.infer<typeof KeyRule>;

/** What an environment may say about a key: any field of the rule but its name. */
export const KeyRuleOverride = KeyRule.omit({ name: true }).partial().strict();
export type KeyRuleOverride = z.infer<typeof KeyRuleOverride>;

/** Status of a key, worst first (the order in which they are shown, and which wins when several hold). */
export const keyStatuses = [
  'compromised',
  'blocked',
  'missing',
  'invalid',
  'drifted',
  'overdue',
  'unrecorded',
  'due-soon',
  'rotating',
  'soaking',
  'ok',
] as const;
export const KeyStatus = z.enum(keyStatuses);
export type KeyStatus = z.infer<typeof KeyStatus>;

export const ComplianceStatus = z.enum(['compliant', 'due_soon', 'overdue', 'non_compliant']);
export type ComplianceStatus = z.infer<typeof ComplianceStatus>;

/** The compliance status that an event or a report gives a key. */
export function complianceStatus(status: KeyStatus): ComplianceStatus {
  switch (status) {
    case 'ok':
    case 'rotating':
    case 'soaking':
      return 'compliant';
    case 'due-soon':
      return 'due_soon';
    case 'overdue':
      return 'overdue';
    default:
      return 'non_compliant';
  }
}

/** The statuses for which an unforced rotation takes a key. */
export function isDue(status: KeyStatus): boolean {
  return ['compromised', 'missing', 'invalid', 'drifted', 'overdue', 'unrecorded', 'due-soon'].includes(
    status,
  );
}

/** First 16 hex digits of HMAC-SHA-256(fingerprint key, UTF-8 bytes of the parsed value). */
export const Fingerprint = z.string().regex(/^[0-9a-f]{16}$/);
export type Fingerprint = z.infer<typeof Fingerprint>;
