import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { newPracticeValues, practiceEnvironmentText } from '#electron/services/practice/practice-values.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';

it('one value is weak, as the validator sees it; the others are as good as generated ones', async () => {
  const check = valueChecker(loadZxcvbnPatterns);
  const values = newPracticeValues();
  const verdicts: Record<string, boolean> = {};
  for (const rule of keyCatalog) {
    const value = [...values].find(([key]) => key === rule.name)?.[1] ?? new Secret('');
    verdicts[rule.name] = (await check(rule, value)).valid;
  }
  expect(verdicts).toEqual({
    TOKEN_ENCRYPTION_KEY: true,
    JWT_SECRET_KEY: true,
    WEBHOOK_SIGNING_KEY: false,
    ENCRYPTION_KEY: true,
    API_SIGNING_KEY: true,
  });
});

it('the .env holds exactly these values', () => {
  const values = newPracticeValues();
  const parsed = parseEnv(practiceEnvironmentText(values));
  for (const [key, value] of values) expect(parsed[key]).toBe(value.reveal());
  expect(Object.keys(parsed)).toHaveLength(values.size + 2);
});
