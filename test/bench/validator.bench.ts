import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as commonDictionary } from '@zxcvbn-ts/language-common';
import { dictionary as englishDictionary } from '@zxcvbn-ts/language-en';
import { generateText } from '#shared/logic/generator.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import type { KeyFormat, KeyRule } from '#shared/model/key.ts';
import { customKeyRule } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';
import { type Half, humanSecrets } from './human-secrets.ts';
import { SeededRandom } from './random.ts';
import { printResult, progress } from './support/result.ts';

// How many human-made secrets the validator rejects, and how many generated ones, beside zxcvbn's score and Django's
// rules. Everything is measured in full by the validator; of zxcvbn with its own options (a quarter of a second a
// value) every 20th human secret and 40 values of each format.
// REKEY_BENCH_GENERATED=20000 measures that many generated values of each format instead of 2,000, from seeds that are
// named below; REKEY_BENCH_FORMATS=text,hex only those of these formats, and no human-made ones.
const perFamily = 150;
const perFormat = Number(process.env.REKEY_BENCH_GENERATED ?? 2_000);
const zxcvbnEvery = 20;
const zxcvbnPerFormat = 40;

/** The shortest values that Rekey generates for its catalog, where chance weighs most, and the seed of the first. */
const allFormats: readonly [KeyFormat, length: number, seed: number][] = [
  ['text', 32, 100_000],
  ['hex', 32, 200_000],
  ['base64', 32, 300_000],
  ['base64url', 32, 400_000],
  ['fernet', 44, 0],
];
const only = process.env.REKEY_BENCH_FORMATS?.split(',');
const formats = allFormats.filter(([format]) => only === undefined || only.includes(format));
const halves: readonly Half[] = only === undefined ? ['tuning', 'held-out'] : [];

type Verdict = (value: string, rule: KeyRule) => Promise<boolean> | boolean;

const check = valueChecker(loadZxcvbnPatterns);
const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...commonDictionary, ...englishDictionary },
  graphs: adjacencyGraphs,
});

/** Each says whether it rejects. */
const validator: Verdict = async (value, rule) => !(await check(rule, new Secret(value))).valid;
const zxcvbnScore: Verdict = (value) => zxcvbn.check(value).score < 4;
const zxcvbnGuesses: Verdict = (value) => zxcvbn.check(value).guesses < 2 ** 112;
/** Django's security.W009: at least 50 characters, at least 5 different ones, no `django-insecure-` prefix. */
const django: Verdict = (value) =>
  value.length < 50 || new Set(value).size < 5 || value.startsWith('django-insecure-');

const english = englishDictionary['commonWords-en'] as string[];
const rule = customKeyRule('JWT_SECRET_KEY');

async function rejected(values: readonly string[], judged: KeyRule, verdict: Verdict): Promise<number> {
  let count = 0;
  for (const value of values) if (await verdict(value, judged)) count += 1;
  return count;
}

interface Row {
  what: string;
  of: number;
  validator: string;
  score: string;
  guesses: string;
  django: string;
}

const share = (count: number, of: number) => `${((100 * count) / of).toFixed(2)} %`;
const rows: Row[] = [];
const figures: Record<string, number> = {};
const unit: Record<string, string> = {};
const families: string[] = [];

function figure(name: string, value: number, itsUnit: string): void {
  figures[name] = value;
  unit[name] = itsUnit;
}

for (const half of halves) {
  const secrets = humanSecrets(half, perFamily, english);
  const values = secrets.map(({ value }) => value);
  progress(`${values.length} human-made secrets, ${half} half`);
  const start = performance.now();
  let total = 0;
  for (const family of new Set(secrets.map((secret) => secret.family))) {
    const mine = secrets.filter((secret) => secret.family === family).map(({ value }) => value);
    const count = await rejected(mine, rule, validator);
    total += count;
    families.push(`| ${family} | ${half} | ${mine.length} | ${share(count, mine.length)} |`);
  }
  figure(`a human-made secret, ${half} half`, (performance.now() - start) / values.length, 'ms');
  const sample = values.filter((_, index) => index % zxcvbnEvery === 0);
  rows.push({
    what: `human-made, ${half} half`,
    of: values.length,
    validator: share(total, values.length),
    score: `${share(await rejected(sample, rule, zxcvbnScore), sample.length)} of ${sample.length}`,
    guesses: `${share(await rejected(sample, rule, zxcvbnGuesses), sample.length)} of ${sample.length}`,
    django: share(await rejected(values, rule, django), values.length),
  });
  figure(`human-made rejected, ${half} half`, (100 * total) / values.length, '%');
}

for (const [format, length, firstSeed] of formats) {
  progress(`${perFormat} generated values, ${format}, ${length} characters`);
  const exact = { ...rule, format, length: { minimum: length, exact: true, generated: length } };
  const start = performance.now();
  const sample: string[] = [];
  let count = 0;
  let weaker = 0;
  for (let index = 0; index < perFormat; index += 1) {
    const random = new SeededRandom(firstSeed + index);
    const value = generateText(format, length, (bytes) => random.bytes(bytes));
    if (sample.length < zxcvbnPerFormat) sample.push(value);
    if (await django(value, exact)) weaker += 1;
    if (await validator(value, exact)) {
      count += 1;
      const { findings } = await check(exact, new Secret(value));
      progress(`rejected: seed ${firstSeed + index}: ${findings.map(({ message }) => message).join(' ')}`);
    }
  }
  figure(`a generated ${format} value`, (performance.now() - start) / perFormat, 'ms');
  figure(`generated ${format} values rejected`, count, '');
  rows.push({
    what: `generated, ${format}, ${length} characters`,
    of: perFormat,
    validator: `${count}`,
    score: `${await rejected(sample, exact, zxcvbnScore)} of ${sample.length}`,
    guesses: `${await rejected(sample, exact, zxcvbnGuesses)} of ${sample.length}`,
    django: `${weaker}`,
  });
}

const table = [
  '| rejected | of | validator | zxcvbn, score below 4 | zxcvbn, guesses below 2^112 | Django’s three rules |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows.map(
    (row) => `| ${[row.what, row.of, row.validator, row.score, row.guesses, row.django].join(' | ')} |`,
  ),
  '',
  '| family | half | secrets | rejected by the validator |',
  '| --- | --- | --- | --- |',
  ...families,
];
process.stderr.write(`\n${table.join('\n')}\n`);
printResult({
  name: 'validator',
  title:
    'human-made secrets of 32 characters or more that the validator rejects; generated values that it rejects',
  target: null,
  ratio: null,
  figures,
  unit,
  notes: [
    ...rows.map(
      ({ what, of, ...verdicts }) =>
        `${what} (${of}): validator ${verdicts.validator}; zxcvbn score ${verdicts.score}, guesses ${verdicts.guesses}; Django ${verdicts.django}.`,
    ),
    'The halves share no word (but environments such as "prod"); the held-out half was only counted.',
    `zxcvbn with its own options on every ${zxcvbnEvery}th human secret and ${zxcvbnPerFormat} values of each format.`,
  ],
});
