import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactionMark, redactorFor, secretValues } from '#shared/logic/redact.ts';
import { Secret } from '#shared/model/secret.ts';

describe('redacting known values', () => {
  it('finds them in every form in which programs print them', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme' }),
        fc.string(),
        (value, around) => {
          const bytes = Buffer.from(value, 'utf8');
          const forms = [
            value,
            JSON.stringify(value),
            bytes.toString('base64'),
            bytes.toString('base64url'),
            bytes.toString('hex'),
            encodeURIComponent(value),
          ];
          const { text, redactions } = redactorFor([new Secret(value)]).redact(
            forms.map((form) => `${around} <${form}>`).join('\n'),
          );
          expect(redactions).toBeGreaterThanOrEqual(forms.length);
          if (!around.includes(value.slice(0, 4))) expect(text).not.toContain(bytes.toString('hex'));
        },
      ),
    );
  });

  it('replaces the longest first, and counts', () => {
    const redactor = redactorFor([new Secret('abcd'), new Secret('abcd-efgh')]);
    expect(redactor.redact('abcd-efgh and abcd')).toEqual({
      text: '[redacted] and [redacted]',
      redactions: 2,
    });
    expect(redactor.redact('nothing')).toEqual({ text: 'nothing', redactions: 0 });
  });

  it('takes each line of a value of several lines', () => {
    const { text } = redactorFor([new Secret('first line\nsecond line')]).redact('it said: second line');
    expect(text).toBe(`it said: ${redactionMark}`);
  });

  it('leaves text alone that only holds a very short value', () => {
    expect(redactorFor([new Secret('1'), new Secret('')]).redact('1 of 1').redactions).toBe(0);
  });
});

describe('redacting what looks like a secret', () => {
  const redactor = redactorFor([]);
  it.each([
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0', redactionMark],
    ['Authorization: Bearer abc.def-ghi_jkl', `Authorization: Bearer ${redactionMark}`],
    ['postgres://user:pa55word@host/db', `postgres://user:${redactionMark}@host/db`],
    ['JWT_SECRET_KEY=short-one', `JWT_SECRET_KEY=${redactionMark}`],
    ['"password": "hunter22"', `"password": "${redactionMark}"`],
    [`AKIA${'Z'.repeat(16)}`, redactionMark],
    ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nafter', `${redactionMark}\nafter`],
  ])('%s', (given, expected) => {
    expect(redactor.redact(given).text).toBe(expected);
  });

  it.each(['base64', 'base64url', 'hex'] as const)(
    'all but one in a thousand random keys in %s, wherever its signs fall',
    (encoding) => {
      const kept = Array.from({ length: 20_000 }, (_, index) => {
        // Bytes that are as good as random, and the same each time.
        const key = createHash('sha256').update(`key ${index}`).digest(encoding);
        return redactor.redact(`key ${key} end`).text === `key ${redactionMark} end` ? [] : [key];
      });
      expect(kept.flat().length).toBeLessThanOrEqual(20);
    },
  );

  it('a key whose base64 looks like a path', () => {
    const given = 'key t7x/guzrkg7m96sBqy3w/0BwmMv5R2GU9MhmA/K+7ow= end';
    expect(redactor.redact(given).text).toBe(`key ${redactionMark} end`);
  });

  it.each([
    'restarted api.service in 0.3 s',
    'run 0198c5a0-1111-7111-8111-111111111111 of JWT_SECRET_KEY, fingerprint 0123456789abcdef',
    '/usr/lib/python3/dist-packages/some_long_package_name/another_module.py',
    '/home/Ada/Projects/KeyRotation2026/src/MainActivity/BuildConfig7.java',
    'Release-2026-11-27T10-00-00Z-Final_Candidate',
    'com/example/myApp2/userAccount/TokenFactory3Impl',
    '{"total": 120, "changed": 120, "remaining_old": 0}',
    'token expired, token_count=3',
    '----------------------------------------------------------------',
    'https://example.org/health?verbose=1',
  ])('leaves "%s"', (given) => {
    expect(redactor.redact(given)).toEqual({ text: given, redactions: 0 });
  });
});

describe('the secrets of an environment', () => {
  it('are its managed keys, and what is named or looks like a secret', () => {
    const values = new Map(
      Object.entries({
        JWT_SECRET_KEY: 'x',
        APP_NAME: 'api',
        PORT: '8000',
        SMTP_PASSWORD: 'hunter22',
        DATABASE_URL: 'postgres://u:p@h/d',
        REDIS: 'redis://:hunter22@host',
        DEBUG_TOKEN: '1',
        HOST: 'localhost',
      }).map(([name, value]) => [name, new Secret(value)]),
    );
    const found = secretValues(values, new Set(['JWT_SECRET_KEY'])).map((value) => value.reveal());
    expect(found).toEqual(['x', 'hunter22', 'postgres://u:p@h/d', 'redis://:hunter22@host']);
  });
});
