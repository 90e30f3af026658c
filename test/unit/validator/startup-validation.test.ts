import { describe, expect, it } from 'vitest';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { validateStartup } from '#shared/logic/validator/startup-validation.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import type { Stage } from '#shared/model/environment.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';

const check = valueChecker(loadZxcvbnPatterns);
const good = () => new Map(keyCatalog.map((rule) => [rule.name, generateValue(rule)]));
const validate = (stage: Stage, values: Map<string, Secret>) =>
  validateStartup(stage, keyCatalog, values, check);
const named = (list: readonly { key: string; code: string }[]) =>
  list.map(({ key, code }) => `${key} ${code}`);

describe('startup validation', () => {
  it.each(['production', 'staging', 'development'] as const)('%s: good keys pass', async (stage) => {
    expect(await validate(stage, good())).toEqual({ valid: true, errors: [], warnings: [] });
  });

  it('production demands its three keys, and no other', async () => {
    const report = await validate('production', new Map());
    expect(report.valid).toBe(false);
    expect(named(report.errors)).toEqual([
      'TOKEN_ENCRYPTION_KEY missing',
      'JWT_SECRET_KEY missing',
      'WEBHOOK_SIGNING_KEY missing',
    ]);
  });

  it('staging warns of what is missing; development says nothing of it', async () => {
    const staging = await validate('staging', new Map());
    expect([staging.valid, staging.errors, staging.warnings.length]).toEqual([true, [], 3]);
    expect(await validate('development', new Map())).toEqual({ valid: true, errors: [], warnings: [] });
  });

  it('a weak key is an error, a warning, nothing', async () => {
    const values = good().set('JWT_SECRET_KEY', new Secret('the-secret-key-of-our-company-2024-production'));
    expect(named((await validate('production', values)).errors)).toContain('JWT_SECRET_KEY weak');
    const staging = await validate('staging', values);
    expect([staging.valid, named(staging.warnings).includes('JWT_SECRET_KEY weak')]).toEqual([true, true]);
    expect(await validate('development', values)).toEqual({ valid: true, errors: [], warnings: [] });
  });

  it('an empty key is an error everywhere', async () => {
    for (const stage of ['production', 'staging', 'development'] as const) {
      const report = await validate(stage, good().set('ENCRYPTION_KEY', new Secret('')));
      expect(report.valid).toBe(false);
      expect(named(report.errors)).toEqual(['ENCRYPTION_KEY empty']);
    }
  });

  it('equal keys are found, in production', async () => {
    const values = good();
    values.set('API_SIGNING_KEY', values.get('JWT_SECRET_KEY') as Secret);
    expect(named((await validate('production', values)).errors)).toEqual([
      'JWT_SECRET_KEY equal-to-another-key',
      'API_SIGNING_KEY equal-to-another-key',
    ]);
  });

  it('development is told of what would keep its application from starting', async () => {
    const short = await validate('development', good().set('ENCRYPTION_KEY', new Secret('too short')));
    expect(named(short.warnings)).toEqual(['ENCRYPTION_KEY wrong-length']);
    expect(short.valid).toBe(true);
  });
});
