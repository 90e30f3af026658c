import { createHash } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-en';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { generateText } from '#shared/logic/generator.ts';
import { ruleVersion } from '#shared/logic/validator/rule-version.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import { KeyFormat, type KeyRule } from '#shared/model/key.ts';
import { customKeyRule, keyCatalog } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';
import { humanSecrets } from '#test/bench/human-secrets.ts';
import { SeededRandom } from '#test/bench/random.ts';

const check = valueChecker(loadZxcvbnPatterns);
const rule = customKeyRule('JWT_SECRET_KEY');
const codes = async (value: string, judged: KeyRule = rule) =>
  (await check(judged, new Secret(value))).findings.map(({ code, severity }) => `${severity} ${code}`);
const random = 'kV9pXw2Rz_7LmQe4TbYc8HsNf3GdJu6A';

describe('people’s secrets of 32 characters and more', () => {
  const cases: [string, string, string][] = [
    ['words', 'correct-horse-battery-staple-again-and-again', 'dictionary-words'],
    ['a sentence', 'TheQuickBrownFoxJumpsOverTheLazyDog2024!', 'dictionary-words'],
    ['names', 'Katherine.Alexander+Christopher&Elizabeth', 'dictionary-words'],
    ['l33t', 'Pr0duct10n_S3cr3t_K3y_F0r_0ur_S3rv1c3!!', 'dictionary-words'],
    ['backwards', 'yek-terces-noitcudorp-gnol-yrev-ruo', 'dictionary-words'],
    ['typing errors', 'prodction-secrte-kye-for-or-servcie-2024', 'dictionary-words'],
    ['a keyboard walk', 'qwertyuiopasdfghjklzxcvbnm1234567890', 'keyboard-walk'],
    ['columns of keys', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.', 'keyboard-walk'],
    ['a sequence', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ', 'sequence'],
    ['one character', 'a'.repeat(40), 'repetition'],
    ['a short text again and again', 'Xk7#Xk7#Xk7#Xk7#Xk7#Xk7#Xk7#Xk7#', 'repetition'],
    ['dates', '19870412-19900823-20151101-20200229-', 'date'],
    [
      'base64 of words',
      Buffer.from('our very secret production key').toString('base64'),
      'encoded-weak-value',
    ],
    ['hex of words', Buffer.from('our very secret production key').toString('hex'), 'encoded-weak-value'],
    [
      'base64 twice',
      Buffer.from(Buffer.from('our secret production key').toString('base64')).toString('base64'),
      'encoded-weak-value',
    ],
    ['counting bytes as hex', '101112131415161718191a1b1c1d1e1f', 'encoded-weak-value'],
    ['few characters', 'abbabaabbaababbabaababbaabbabaab', 'weak'],
    ['digits only', '31415926535897932384626433832795', 'weak'],
  ];
  it.each(cases)('%s: refused, and says why', async (_what, value, expected) => {
    const verdict = await check(rule, new Secret(value));
    expect(verdict.valid).toBe(false);
    expect(verdict.findings.map(({ code }) => code)).toContain(expected);
    for (const finding of verdict.findings) {
      expect(finding.message).not.toContain(value);
      expect(finding.remedy).toBeTruthy();
    }
  });

  it('are refused nearly always: a seeded sample of the held-out half', async () => {
    const secrets = humanSecrets('held-out', 12, dictionary['commonWords-en'] as string[], 7);
    const accepted = [];
    for (const { family, value } of secrets) {
      if ((await check(rule, new Secret(value))).valid) accepted.push(family);
    }
    expect(secrets.length).toBeGreaterThan(200);
    expect(accepted.length / secrets.length).toBeLessThanOrEqual(0.02);
  }, 60_000);
});

describe('placeholders', () => {
  it.each([
    'changeme',
    'change-me-before-you-go-to-production-please',
    'your-secret-here',
    '<32-character-key>',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder that nobody filled in
    '${JWT_SECRET}',
    '{{ jwt_secret }}',
    'django-insecure-k$3jd93kd93jd0qk3d0kdw0q3kd9wk3d9k3w',
    'REPLACE_THIS_WITH_A_REAL_SECRET_VALUE',
    'insert-your-token-here-0123456789abcdef',
    'TODO: choose one',
    'your-256-bit-secret',
    'my_super_secret_key_that_is_very_long',
  ])('%s', async (value) => {
    expect(await codes(value)).toContain('error placeholder');
  });

  const fernet: KeyRule = { ...rule, format: 'fernet', length: { minimum: 44, exact: true, generated: 44 } };

  it('that chance wrote at the beginning of a generated value are none', async () => {
    // Seeds whose Fernet key begins with TBD_, XXx-, TBD-, XxX_, tbD-, XXx-: one in half a million does.
    for (const seed of [205_956, 1_720_510, 2_574_141, 3_483_792, 3_553_560, 3_698_668]) {
      const random = new SeededRandom(seed);
      const value = generateText('fernet', 44, (count) => random.bytes(count));
      expect(value).toMatch(/^(tbd|xxx)[-_]/i);
      expect(await codes(value, fernet)).toEqual([]);
    }
  });

  it.each(['tbd_', 'XXX-', 'todo-', 'None_', 'NULL-', 'FillMe', 'yourkey', 'KeyHere', 'fakekey'])(
    'too short to be more than chance in 32 characters: %s',
    async (phrase) => {
      const random = new SeededRandom(7);
      const rest = generateText('text', 32 - phrase.length, (count) => random.bytes(count));
      expect(await codes(`${phrase}${rest}`)).not.toContain('error placeholder');
      // Alone, or before what no generated value has, they are what they say.
      expect(await codes(`${phrase.replace(/[-_]$/, '')}`)).toContain('error placeholder');
    },
  );

  it.each([
    'change-me-in-production-please-and-thank-yo=',
    'TBD_by_the_operations_team_before_the_start=',
    `${Buffer.from('a phrase of thirty-two characters').subarray(0, 32).toString('base64url')}=`,
  ])('people’s phrases in the shape of a Fernet key are refused: %s', async (value) => {
    const verdict = await check(fernet, new Secret(value));
    expect(verdict.findings.map(({ code }) => code)).not.toContain('wrong-format');
    expect(verdict.valid).toBe(false);
  });

  it('values that were printed in public', async () => {
    expect(await codes('09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7')).toContain(
      'error published-value',
    );
  });
});

describe('the form of a value', () => {
  const exactly = (format: KeyFormat, minimum: number): KeyRule => ({
    ...rule,
    format,
    length: { minimum, exact: true, generated: minimum },
  });
  it('empty', async () => {
    expect(await check(rule, new Secret(''))).toEqual({
      valid: false,
      bits: null,
      findings: [expect.objectContaining({ code: 'empty', severity: 'error' })],
    });
  });
  it.each([
    [` ${random}`, 'surrounding-white-space'],
    [`${random}\n`, 'surrounding-white-space'],
    [`"${random}"`, 'surrounding-quotes'],
    [`'${random}'`, 'surrounding-quotes'],
    [`${random}\u0000x`, 'control-character'],
    ['short', 'too-short'],
  ])('%j: %s', async (value, expected) => {
    expect(await codes(value)).toContain(`error ${expected}`);
  });
  it('a length that must be exact', async () => {
    expect(await codes(random, exactly('text', 32))).toEqual([]);
    expect(await codes(`${random}x`, exactly('text', 32))).toContain('error wrong-length');
    expect(await codes(random.slice(1), exactly('text', 32))).toContain('error wrong-length');
  });
  it.each([
    ['hex', 'g0a1b2c3d4e5f60718293a4b5c6d7e8f'],
    ['hex', '0A1b2c3d4e5f60718293a4b5c6d7e8f9'],
    ['base64', 'abc-defg_hijklmnopqrstuvwxyz012345'],
    ['base64url', 'abc+defg/hijklmnopqrstuvwxyz012345'],
    ['fernet', random],
  ] as const)('not %s: %s', async (format, value) => {
    expect(await codes(value, { ...rule, format })).toContain('error wrong-format');
  });
  it('a rule that leaves no room for 112 bits still lets a random value pass, and says so', async () => {
    const short = exactly('text', 16);
    // Of unseeded ones, one in three thousand has a word or a sequence that a value of 16 characters cannot spare.
    const seeded = new SeededRandom(16);
    for (let round = 0; round < 50; round += 1) {
      const value = generateText('text', 16, (count) => seeded.bytes(count));
      const verdict = await check(short, new Secret(value));
      expect(verdict.valid).toBe(true);
      expect(verdict.findings.map(({ code }) => code)).toContain('limited-by-rule');
    }
    expect(await codes('aaaaaaaaaaaaaaaa', short)).toContain('error weak');
  });
});

describe('equal values', () => {
  it('are named, by the other key’s name only, and a key is not compared with itself', async () => {
    const value = new Secret(random);
    const others = new Map([
      ['API_SIGNING_KEY', new Secret(random)],
      ['JWT_SECRET_KEY', new Secret(random)],
      ['OTHER', new Secret('something else')],
    ]);
    const { valid, findings } = await check(rule, value, others);
    expect(valid).toBe(false);
    expect(findings).toEqual([expect.objectContaining({ code: 'equal-to-another-key', severity: 'error' })]);
    expect(findings[0]?.message).toContain('API_SIGNING_KEY');
  });
});

type Bytes = (count: number) => Buffer;

/** Bytes that look random and depend on the seed alone. */
function bytesFrom(seed: string): Bytes {
  let counter = 0;
  return (count) => {
    counter += 1;
    return createHash('shake256', { outputLength: count }).update(`${seed} ${counter}`).digest();
  };
}

describe('values that are random', () => {
  it.each(
    [
      ...keyCatalog,
      ...KeyFormat.options.map((format) => ({ ...rule, format, name: `CUSTOM_${format}` })),
    ].map((entry) => [entry.name, entry] as const),
  )(
    'generated for %s pass',
    async (_name, entry) => {
      for (let round = 0; round < 40; round += 1) {
        const { valid, bits, findings } = await check(entry, generateValue(entry));
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(valid).toBe(true);
        expect(bits).toBeGreaterThanOrEqual(112);
      }
    },
    60_000,
  );

  it.each([
    ['32 hexadecimal digits', (bytes: Bytes) => bytes(16).toString('hex')],
    ['capital hexadecimal', (bytes: Bytes) => bytes(32).toString('hex').toUpperCase()],
    ['openssl rand -base64 32', (bytes: Bytes) => bytes(32).toString('base64')],
    ['a prefix before a random part', (bytes: Bytes) => `sk_live_${generateText('text', 64, bytes)}`],
    ['a random part twice', (bytes: Bytes) => generateText('text', 32, bytes).repeat(2)],
  ])('%s', async (_what, make) => {
    // The same ones each time: what stands beside a random part is judged more strictly, and one in a hundred fails.
    const bytes = bytesFrom('values that are random');
    for (let round = 0; round < 25; round += 1) {
      const verdict = await check(rule, new Secret(make(bytes)));
      expect(verdict.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
  });
});

describe('the strength of a random value', () => {
  // Of 64 characters each worth 6 bits: an error below 112, a warning clearly below the 128 of a new key. Chance alone
  // may take some bits more.
  const short = { ...rule, length: { minimum: 16, exact: false, generated: 22 } };
  async function verdicts(length: number): Promise<string[][]> {
    const random = new SeededRandom(11);
    const found = [];
    for (let round = 0; round < 20; round += 1) {
      const value = generateText('base64url', 64, (count) => random.bytes(count)).slice(1, 1 + length);
      found.push(await codes(value, short));
    }
    return found;
  }

  it('18 characters: 108 bits are an error', async () => {
    for (const found of await verdicts(18)) expect(found).toContain('error weak');
  });
  it('19 characters: 114 bits are a warning', async () => {
    const found = await verdicts(19);
    expect(found).not.toContainEqual([]);
    expect(found.filter(([only]) => only === 'warning below-target').length).toBeGreaterThan(10);
  });
  it('22 characters: 132 bits are enough', async () => {
    for (const found of await verdicts(22)) expect(found).toEqual([]);
  });
});

describe('the checker', () => {
  it('takes any text without failing, and never repeats it', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 120 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom('constructor__proto__toString', '%E0%A4%A', '====', '\ud800', 'valueOf'.repeat(9)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const verdict = await check(rule, new Secret(text));
        expect(verdict.valid).toBe(verdict.findings.every(({ severity }) => severity !== 'error'));
        if (verdict.bits !== null) expect(verdict.bits).toBeGreaterThanOrEqual(0);
        if ([...text].length > 12) expect(JSON.stringify(verdict)).not.toContain(text);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('bounds its work on long values', async () => {
    const long = [random.repeat(2_000), 'a'.repeat(100_000), '1!'.repeat(20_000), 'pass'.repeat(10_000)];
    for (const value of long) expect((await check(rule, new Secret(value))).bits).toBeLessThan(2_000);
  }, 60_000);

  it('loads the dictionaries once, and not for an empty value', async () => {
    let loads = 0;
    const counting = valueChecker(() => {
      loads += 1;
      return loadZxcvbnPatterns();
    });
    await counting(rule, new Secret(''));
    expect(loads).toBe(0);
    await Promise.all([counting(rule, new Secret('a')), counting(rule, new Secret('b'))]);
    expect(loads).toBe(1);
  });

  it('has a version that changes with what a verdict depends on', () => {
    const versions = [
      rule,
      { ...rule, name: 'OTHER' },
      { ...rule, format: 'hex' as const },
      { ...rule, length: { minimum: 40, exact: false, generated: 64 } },
      { ...rule, length: { minimum: 32, exact: true, generated: 32 } },
    ].map(ruleVersion);
    expect(new Set(versions).size).toBe(versions.length);
    expect(ruleVersion({ ...rule, soak: '1h', owner: 'someone' })).toBe(versions[0]);
  });
});
