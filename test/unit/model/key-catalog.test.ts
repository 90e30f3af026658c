import { describe, expect, it } from 'vitest';
import { complianceStatus, isDue, KeyRule, keyStatuses } from '#shared/model/key.ts';
import { keyCatalog, keyRules } from '#shared/model/key-catalog.ts';

describe('the key catalog', () => {
  it('holds the five keys of the procedures document with their intervals', () => {
    expect(
      keyCatalog.map((rule) => [rule.name, rule.cryptoperiodDays, rule.protects, rule.requiredInProduction]),
    ).toEqual([
      ['TOKEN_ENCRYPTION_KEY', 90, 'data', true],
      ['JWT_SECRET_KEY', 365, 'messages', true],
      ['WEBHOOK_SIGNING_KEY', 180, 'messages', true],
      ['ENCRYPTION_KEY', 90, 'data', false],
      ['API_SIGNING_KEY', 180, 'messages', false],
    ]);
    for (const rule of keyCatalog) expect(KeyRule.parse(rule)).toEqual(rule);
  });

  it('assumes one slot until an operator declares more', () => {
    expect(new Set(keyCatalog.map((rule) => rule.slots))).toEqual(new Set(['one']));
  });

  it('takes an environment’s fields over and adds custom keys, without touching the catalog', () => {
    const rules = keyRules({
      JWT_SECRET_KEY: { slots: 'previous', soak: '48h' },
      PARTNER_KEY: { issuer: 'supplied', purpose: 'Partner API' },
    });
    expect(rules.find((rule) => rule.name === 'JWT_SECRET_KEY')).toMatchObject({
      slots: 'previous',
      soak: '48h',
      cryptoperiodDays: 365,
    });
    expect(rules.at(-1)).toMatchObject({
      name: 'PARTNER_KEY',
      issuer: 'supplied',
      variables: { previous: 'PARTNER_KEY_PREVIOUS', next: 'PARTNER_KEY_NEXT' },
    });
    expect(keyCatalog.find((rule) => rule.name === 'JWT_SECRET_KEY')?.slots).toBe('one');
  });
});

describe('statuses', () => {
  it('map to compliance as the event log defines it', () => {
    expect(Object.fromEntries(keyStatuses.map((status) => [status, complianceStatus(status)]))).toEqual({
      compromised: 'non_compliant',
      blocked: 'non_compliant',
      missing: 'non_compliant',
      invalid: 'non_compliant',
      drifted: 'non_compliant',
      overdue: 'overdue',
      unrecorded: 'non_compliant',
      'due-soon': 'due_soon',
      rotating: 'compliant',
      soaking: 'compliant',
      ok: 'compliant',
    });
  });

  it('are due exactly where an unforced rotation takes the key', () => {
    expect(keyStatuses.filter(isDue)).toEqual([
      'compromised',
      'missing',
      'invalid',
      'drifted',
      'overdue',
      'unrecorded',
      'due-soon',
    ]);
  });
});
