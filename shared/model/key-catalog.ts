import type { KeyName, KeyRule, KeyRuleOverride } from './key.ts';

const defaults = {
  slots: 'one',
  format: 'text',
  warningDays: 14,
  soak: '24h',
  issuer: 'generated',
  owner: null,
  dependents: [],
} as const;

const exactly32 = { minimum: 32, exact: true, generated: 32 };
const atLeast32 = { minimum: 32, exact: false, generated: 64 };

function entry(
  rule: Pick<
    KeyRule,
    'name' | 'purpose' | 'protects' | 'length' | 'cryptoperiodDays' | 'policySource' | 'requiredInProduction'
  >,
): KeyRule {
  return {
    ...defaults,
    dependents: [],
    ...rule,
    variables: { previous: `${rule.name}_PREVIOUS`, next: `${rule.name}_NEXT` },
  };
}

/**
 * The five keys of the procedures document, with its intervals. The intervals are the organisation's policy.
 * Slots default to `one`: an overlap that the consumer does not read is an outage, so it must be declared.
 */
export const keyCatalog: readonly KeyRule[] = [
  entry({
    name: 'TOKEN_ENCRYPTION_KEY',
    purpose: 'OAuth partner token encryption',
    protects: 'data',
    length: exactly32,
    cryptoperiodDays: 90,
    policySource: 'SOC 2 Type II',
    requiredInProduction: true,
  }),
  entry({
    name: 'JWT_SECRET_KEY',
    purpose: 'JWT signing and verification',
    protects: 'messages',
    length: atLeast32,
    cryptoperiodDays: 365,
    policySource: 'Industry Standard',
    requiredInProduction: true,
  }),
  entry({
    name: 'WEBHOOK_SIGNING_KEY',
    purpose: 'Webhook signatures',
    protects: 'messages',
    length: atLeast32,
    cryptoperiodDays: 180,
    policySource: 'Security Best Practice',
    requiredInProduction: true,
  }),
  entry({
    name: 'ENCRYPTION_KEY',
    purpose: 'General data encryption',
    protects: 'data',
    length: exactly32,
    cryptoperiodDays: 90,
    policySource: 'SOC 2 Type II',
    requiredInProduction: false,
  }),
  entry({
    name: 'API_SIGNING_KEY',
    purpose: 'API request signing',
    protects: 'messages',
    length: atLeast32,
    cryptoperiodDays: 180,
    policySource: 'Security Best Practice',
    requiredInProduction: false,
  }),
];

/** The rule of a key that is in no catalog, before the environment's own fields. */
export function customKeyRule(name: KeyName): KeyRule {
  return entry({
    name,
    purpose: 'Custom key',
    protects: 'messages',
    length: atLeast32,
    cryptoperiodDays: 180,
    policySource: 'Organisation policy',
    requiredInProduction: false,
  });
}

/** The catalog with an environment's overrides and custom keys, catalog order first, custom keys by name. */
export function keyRules(overrides: Readonly<Record<KeyName, KeyRuleOverride>>): KeyRule[] {
  if (Object.keys(overrides).length === 0) return [...keyCatalog];
  const merged = keyCatalog.map((rule) => mergeRule(rule, overrides[rule.name]));
  const known = new Set(keyCatalog.map((rule) => rule.name));
  const custom = Object.keys(overrides)
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => mergeRule(customKeyRule(name), overrides[name]));
  return [...merged, ...custom];
}

function mergeRule(rule: KeyRule, override: KeyRuleOverride | undefined): KeyRule {
  if (!override) return rule;
  const given = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
  return { ...rule, ...given } as KeyRule;
}
