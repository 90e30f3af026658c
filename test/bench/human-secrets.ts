import { companies, environments, foreign, invented, names, purposes, sentences } from './human-words.ts';
import { hash32, SeededRandom } from './random.ts';

/** A secret as a person makes one, with the family it came from. At least 32 characters. */
export interface HumanSecret {
  family: string;
  value: string;
}

/** Which half: `tuning` may be looked at, `held-out` only counted. They share no word but the sentences. */
export type Half = 'tuning' | 'held-out';

/** Words of one half only: split by their hash. */
interface Vocabulary {
  english: readonly string[];
  companies: readonly string[];
  purposes: readonly string[];
  foreign: readonly string[];
  invented: readonly string[];
  names: readonly string[];
  sentences: readonly (readonly string[])[];
}

type Family = (random: SeededRandom, words: Vocabulary) => string;

/**
 * The corpus: `perFamily` different secrets of every family, the same for the same seed.
 * @param english a list of English words, commonest first
 */
export function humanSecrets(
  half: Half,
  perFamily: number,
  english: readonly string[],
  seed = 20_261_123,
): HumanSecret[] {
  const words = vocabulary(half, english);
  const secrets: HumanSecret[] = [];
  for (const [family, make] of Object.entries(families)) {
    const random = new SeededRandom(seed ^ hash32(`${half}/${family}`));
    const seen = new Set<string>();
    for (let tries = 0; seen.size < perFamily && tries < perFamily * 50; tries += 1) {
      const value = toLength(make(random, words), random);
      if (seen.has(value)) continue;
      seen.add(value);
      secrets.push({ family, value });
    }
  }
  return secrets;
}

function vocabulary(half: Half, english: readonly string[]): Vocabulary {
  const mine = (word: string) => (hash32(word) % 2 === 0) === (half === 'tuning');
  const common = english.filter((word) => /^[a-z]{3,10}$/.test(word)).slice(0, 12_000);
  return {
    english: common.filter(mine),
    companies: companies.filter(mine),
    purposes: purposes.filter(mine),
    foreign: foreign.filter(mine),
    invented: invented.filter(mine),
    names: names.filter(mine),
    sentences: sentences.filter((sentence) => mine(sentence.join(' '))),
  };
}

/** People go on until the field is content: they append years, digits, exclamation marks, or say it again. */
function toLength(value: string, random: SeededRandom): string {
  let text = value;
  while (text.length < 32) {
    text += random.pick([
      () => String(random.between(1950, 2030)),
      () => '!',
      () => '123',
      () => text,
      () => random.pick(['_key', '-secret', 'Secret', 'KEY', '#1', '@2024', '0000', 'xyz', '999']),
    ])();
  }
  return text.length > 64 && random.chance(0.5) ? text.slice(0, 64) : text;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const reverse = (text: string): string => [...text].reverse().join('');
const separators = ['-', '_', '.', '', '', ' ', '+', ':', '/', '--', '__'];

function cased(words: readonly string[], random: SeededRandom): string {
  const separator = random.pick(separators);
  const style = random.between(0, 3);
  return words
    .map((word, index) => {
      if (style === 0) return word;
      if (style === 1) return capital(word);
      if (style === 2) return index === 0 ? word : capital(word);
      return word.toUpperCase();
    })
    .join(separator);
}

function phrase(random: SeededRandom, words: Vocabulary, count = random.between(5, 8)): string {
  return cased(
    many(count, () => random.pick(words.english)),
    random,
  );
}

const leetTable: Readonly<Record<string, readonly string[]>> = {
  a: ['4', '@'],
  e: ['3'],
  i: ['1', '!'],
  o: ['0'],
  s: ['5', '$'],
  t: ['7', '+'],
  l: ['1'],
  b: ['8'],
  g: ['9'],
  z: ['2'],
};

function leet(text: string, share: number, random: SeededRandom): string {
  return [...text]
    .map((letter) => {
      const choices = leetTable[letter.toLowerCase()];
      return choices && random.chance(share) ? random.pick(choices) : letter;
    })
    .join('');
}

const rows = ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'];
const columns = ['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'];
const shifted: Readonly<Record<string, string>> = Object.fromEntries(
  many(12, (index) => ['1234567890-='.charAt(index), '!@#$%^&*()_+'.charAt(index)]),
);
const shift = (text: string): string => [...text].map((key) => shifted[key] ?? key.toUpperCase()).join('');

function walk(random: SeededRandom): string {
  const pieces = many(random.between(3, 8), () => {
    const row = random.chance(0.5);
    const source = random.pick(row ? rows : columns);
    const start = row ? random.between(0, 5) : 0;
    const piece = source.slice(start, start + random.between(4, 12));
    const turned = random.chance(0.25) ? reverse(piece) : piece;
    return random.chance(0.25) ? shift(turned) : turned;
  });
  return pieces.join(random.pick(['', '', '', '-', '_']));
}

function date(random: SeededRandom): string {
  const [year, month, day] = [random.between(1950, 2026), random.between(1, 12), random.between(1, 28)];
  const [mm, dd] = [String(month).padStart(2, '0'), String(day).padStart(2, '0')];
  return random.pick([
    `${year}${mm}${dd}`,
    `${year}-${mm}-${dd}`,
    `${dd}.${mm}.${year}`,
    `${mm}/${dd}/${year}`,
  ]);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function encoded(text: string, random: SeededRandom): string {
  return random.pick([
    () => base64(text),
    () => base64(text).replace(/=+$/, ''),
    () => Buffer.from(text).toString('base64url'),
    () => Buffer.from(text).toString('hex'),
    () => Buffer.from(text).toString('hex').toUpperCase(),
    () => base64(base64(text)),
    () => base64(Buffer.from(text).toString('hex')),
    () => encodeURIComponent(text.replaceAll(/[-_]/g, ' & ')),
  ])();
}

const families: Readonly<Record<string, Family>> = {
  phrase: (random, words) => phrase(random, words),
  'phrase with digits': (random, words) =>
    many(random.between(4, 6), () => {
      const word = random.pick(words.english);
      return (random.chance(0.5) ? capital(word) : word) + String(random.between(1, 99));
    }).join(random.pick(separators)) + random.pick(['', '!', '#', '$', '!!']),
  sentence: (random, words) => {
    const sentence = random.pick(words.sentences);
    const start = random.between(0, Math.max(0, sentence.length - 8));
    const taken = sentence.slice(start, start + random.between(7, 12));
    return cased(taken, random) + random.pick(['', String(random.between(1, 2030)), '!', '.', '?!']);
  },
  template: (random, words) => {
    const parts = [
      random.pick(words.companies),
      random.pick(environments),
      random.pick(words.purposes),
      random.pick(['secret', 'key', 'secret-key', 'super-secret', 'v2', 'main']),
    ];
    if (random.chance(0.6)) parts.push(String(random.between(2015, 2027)));
    if (random.chance(0.3)) parts.reverse();
    return cased(
      parts.flatMap((part) => part.split('-')),
      random,
    );
  },
  placeholder: (random, words) =>
    random.pick([
      () => `your-${random.pick(words.purposes)}-here-at-least-32-characters`,
      () => `change-me-${random.pick(words.companies)}-${random.pick(words.purposes)}`,
      () => `<${random.pick(words.purposes)}-of-32-or-more-characters>`,
      () => `REPLACE_THIS_WITH_A_${random.pick(words.purposes).toUpperCase().replaceAll('-', '_')}_VALUE`,
      () => `django-insecure-${phrase(random, words, 4)}`,
      () => `example_${random.pick(words.purposes)}_do_not_use_in_${random.pick(environments)}`,
      () => `insert-${random.pick(words.english)}-${random.pick(words.purposes)}-here`,
      () => `TODO: set a real ${random.pick(words.purposes)} for ${random.pick(words.companies)}`,
      () =>
        `${'x'.repeat(random.between(8, 40))}${random.pick(words.english)}${'x'.repeat(random.between(4, 20))}`,
      () =>
        `dummy-${random.pick(words.purposes)}-for-${random.pick(environments)}-only-${random.between(1, 999)}`,
    ])(),
  'names and dates': (random, words) =>
    many(random.between(3, 4), () => {
      const name = random.pick(words.names);
      return (random.chance(0.6) ? capital(name) : name) + (random.chance(0.7) ? date(random) : '');
    }).join(random.pick(separators)),
  'keyboard walk': (random) => walk(random),
  'walk and words': (random, words) =>
    random.chance(0.5)
      ? phrase(random, words, 3) + walk(random).slice(0, 16)
      : walk(random).slice(0, 20) + phrase(random, words, 2) + random.between(1, 9999),
  repetition: (random, words) => {
    const unit = random.pick([
      () => random.pick(words.english) + random.between(1, 99),
      () => walk(random).slice(0, random.between(2, 6)),
      () => random.pick([...'0aAxXzZ1*#']),
      () => capital(random.pick(words.names)),
      () => `${random.between(10, 9999)}`,
      () => random.pick(words.companies) + random.pick(['!', '-', '_', '#1']),
    ])();
    return unit.repeat(Math.ceil(32 / unit.length)) + random.pick(['', '!', '1', '2024']);
  },
  'sequences and digits': (random) =>
    many(random.between(3, 6), () => {
      const alphabet = random.pick([
        'abcdefghijklmnopqrstuvwxyz',
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        '01234567890123456789',
      ]);
      const start = random.between(0, 12);
      const piece = alphabet.slice(start, start + random.between(5, 14));
      return random.pick([piece, reverse(piece), date(random), String(random.between(1000, 999_999))]);
    }).join(random.pick(separators)),
  leet: (random, words) => leet(phrase(random, words), random.pick([0.5, 0.8, 1]), random),
  'leet template': (random, words) =>
    leet((families.template as Family)(random, words), random.pick([0.4, 0.7, 1]), random) +
    random.pick(['', '!', '!!', '#2024', '$$']),
  'foreign words': (random, words) =>
    cased(
      many(random.between(4, 6), () => random.pick(words.foreign)),
      random,
    ) + random.pick(['', '1', '2024', '!', '123']),
  'invented words': (random, words) =>
    cased(
      many(random.between(4, 5), () => random.pick([...words.invented, ...words.names])),
      random,
    ) + random.pick(['', '1', '2024', '!', '42']),
  reversed: (random, words) => reverse(phrase(random, words)),
  shuffled: (random, words) => {
    const word = () => random.pick(words.english);
    return random.pick([
      () => [...(word() + word() + word() + word())].map((letter) => letter + letter).join(''),
      () => [...(word() + word() + word() + word())].join(random.pick(['-', '.', '_', ' '])),
      () => [...phrase(random, words, 6)].map((c, i) => (i % 2 ? c.toUpperCase() : c)).join(''),
      () => phrase(random, words, 6).replace(/[a-z]/gi, (c) => rot13(c)),
      () => [...(word() + word() + word() + word())].map((c, i) => c + String((i + 1) % 10)).join(''),
      () => many(4, () => `${word()}${reverse(word())}`).join(random.pick(separators)),
      () => many(5, () => `${word()}${word().toUpperCase()}`).join(random.pick(['', '!', '1'])),
    ])();
  },
  'typing errors': (random, words) =>
    cased(
      many(random.between(5, 7), () => {
        const word = random.pick(words.english);
        const at = random.between(1, word.length - 1);
        return random.pick([
          word.slice(0, at) + word.slice(at + 1),
          word.slice(0, at) + word.charAt(at) + word.slice(at),
          word.slice(0, at - 1) + word.charAt(at) + word.charAt(at - 1) + word.slice(at + 1),
        ]);
      }),
      random,
    ),
  'encoded phrase': (random, words) => encoded(phrase(random, words, random.between(4, 7)), random),
  'encoded template': (random, words) => encoded((families.template as Family)(random, words), random),
  'encoded walk or digits': (random, words) =>
    encoded(
      random.pick([
        walk(random),
        (families['sequences and digits'] as Family)(random, words),
        (families.repetition as Family)(random, words),
      ]),
      random,
    ),
  'contacts and addresses': (random, words) =>
    random.pick([
      () =>
        `${random.pick(words.names)}.${random.pick(words.names)}@${random.pick(words.companies)}.com:${phrase(random, words, 2)}`,
      () =>
        `https://${random.pick(words.companies)}.com/${random.pick(environments)}/${random.pick(words.purposes)}`,
      () =>
        `+1-${random.between(200, 999)}-555-${random.between(1000, 9999)}-${cased([random.pick(words.names), random.pick(words.names), random.pick(words.companies)], random)}`,
      () =>
        `${random.between(1, 999)} ${capital(random.pick(words.english))} Street, ${capital(random.pick(words.names))}ville ${random.between(10_000, 99_999)}`,
      () =>
        `postgres://${random.pick(words.names)}:${random.pick(words.english)}@db.${random.pick(words.companies)}.internal:5432/app`,
    ])(),
};

function rot13(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97;
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
}
