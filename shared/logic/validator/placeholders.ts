/** Texts that mark a value as not yet chosen, and values that were published. */
const gap = '[-_. ]?';
const placeholderExpressions: readonly RegExp[] = [
  /^<.*>$/s,
  /^\$?\{\{?.*\}\}?$/s,
  /^\[.*\]$/s,
  /^%[^%]*%$/,
  /^(todo|fixme|tbd|xxx|none|null|undefined|example|sample|dummy|insert|default)($|[-_:. ])/i,
  new RegExp(
    `(change|replace|update|modify|insert|paste|enter|fill)${gap}(me|this|your|it${gap}now|with${gap})`,
    'i',
  ),
  new RegExp(`(put|set|use|add)${gap}your${gap}`, 'i'),
  new RegExp(
    `your${gap}(own${gap})?(super${gap}|very${gap}|strong${gap})*(secret|secure|key|token|jwt|encryption|signing|webhook|private|random|\\d+${gap}(bit|char|byte))`,
    'i',
  ),
  /django-insecure-/i,
  new RegExp(`(secret|key|token|value|password)${gap}(goes${gap})?here`, 'i'),
  new RegExp(`(example|dummy|sample|fake|placeholder|insecure)${gap}(key|secret|token|value|password)`, 'i'),
  /placeholder|lorem.?ipsum|foobarbaz|notsecure|notsecret/i,
  new RegExp(`not${gap}(a${gap}|so${gap}|really${gap})?(real|secure|secret)${gap}(key|secret|token|at)`, 'i'),
  new RegExp(`(for${gap}(dev|development|testing|local|demo)${gap}only|do${gap}not${gap}use)`, 'i'),
  new RegExp(
    `(super${gap}secret|my${gap}secret|this${gap}is${gap}(a|my|the|not)${gap}|secret${gap}key)`,
    'i',
  ),
  /\d+[-_ ]?(characters?|chars?|bits?|bytes?)[-_ ]?(long|key|secret|random|minimum|here)/i,
];

/** Keys printed in documentation, tutorials, standards and default configurations: an attacker tries them first. */
const publishedValues: ReadonlySet<string> = new Set(
  [
    // FastAPI and Flask tutorials
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
    // jwt.io
    'your-256-bit-secret',
    'your-512-bit-secret',
    'a-string-secret-at-least-256-bits-long',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    // Apache Superset and Airflow defaults
    'CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET',
    'TEST_NON_DEV_SECRET',
    'thisISaSECRET_1234',
    'temporary_key',
    // FIPS 197 and NIST SP 800-38A test vectors
    '000102030405060708090a0b0c0d0e0f',
    '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    '2b7e151628aed2a6abf7158809cf4f3c',
    '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    // AWS documentation
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ].map((value) => value.toLowerCase()),
);

/**
 * From how many bits a phrase on is no chance: there are some hundred phrases, and each is met in a random value with
 * 2^-35 or less, so that one in a hundred million values is taken for a placeholder, at most.
 */
const surprisingBits = 35;

/**
 * Whether the text marks itself as not yet chosen. A short phrase within a longer text does not count: a random value
 * begins with `TBD_` once in a million, and what stands around a phrase that a person wrote is judged by its strength.
 */
export function isPlaceholder(text: string): boolean {
  return placeholderExpressions.some((expression) =>
    Array.from(text.matchAll(new RegExp(expression, `${expression.flags}g`))).some(
      ([phrase]) => phrase.length === text.length || surprise(phrase, text.length) >= surprisingBits,
    ),
  );
}

/** log2 of how rarely a random text of this length has the phrase somewhere, in letters of either case. */
function surprise(phrase: string, length: number): number {
  const perPlace = Array.from(phrase, (character) => {
    if (/[a-z]/i.test(character)) return 5;
    if (/[0-9]/.test(character)) return Math.log2(6.4);
    // Where a phrase may have one of several separators, a value has two of them in its alphabet.
    return /[-_+/=]/.test(character) ? 5 : inNoGenerated;
  });
  return perPlace.reduce((sum, bits) => sum + bits, 0) - Math.log2(length);
}

/** For a character that no generated value has: beyond any chance. */
const inNoGenerated = 64;

export function isPublished(text: string): boolean {
  return publishedValues.has(text.trim().toLowerCase());
}
