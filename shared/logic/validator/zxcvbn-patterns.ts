import type { MatchExtended, MatchOptions } from '@zxcvbn-ts/core';
import { type LanguageModel, trainLanguageModel } from './language-model.ts';
import { Misspellings } from './misspellings.ts';
import type { Pattern, PatternFinder } from './patterns.ts';
import { repetitions } from './repetitions.ts';
import { log2Choose } from './strength.ts';
import { type View, views } from './views.ts';

type Matching = MatchOptions['omniMatch'];

/** Words that people put into keys and that rank too low, or not at all, in lists of passwords and of English. */
const keyVocabulary = [
  'secret', 'key', 'jwt', 'token', 'api', 'webhook', 'signing', 'encryption', 'prod', 'production', 'staging',
  'development', 'dev', 'test', 'app', 'auth', 'oauth', 'hmac', 'sha256', 'sha512', 'aes', 'aes256', 'password',
  'passphrase', 'private', 'public', 'shared', 'session', 'cookie', 'salt', 'pepper', 'hash', 'bearer', 'access',
  'refresh', 'client', 'server', 'service', 'backend', 'frontend', 'database', 'postgres', 'mysql', 'redis',
  'django', 'flask', 'rails', 'laravel', 'express', 'node', 'react', 'spring', 'docker', 'kubernetes', 'env',
  'config', 'default', 'insecure', 'secure', 'super', 'ultra', 'mega', 'very', 'really', 'changeme', 'change',
  'replace', 'please', 'your', 'here', 'this', 'that', 'the', 'for', 'with', 'must', 'not', 'use', 'only', 'long',
  'random', 'string', 'chars', 'characters', 'bits', 'bytes', 'example', 'sample', 'demo', 'local', 'localhost',
  'internal', 'admin', 'root', 'user', 'login', 'master', 'main', 'company', 'platform', 'system', 'enterprise',
  'cloud', 'aws', 'gcp', 'azure', 'github', 'gitlab', 'stripe', 'slack', 'partner', 'payment', 'media', 'sk', 'pk',
]; // biome-ignore format: a list of words reads better in lines

/** Most characters of a value that are looked at. Beyond, nothing changes the verdict, and cost stays bounded. */
export const longestLooked = 256;

/** zxcvbn's matchers over its English and common dictionaries, merged into one ranking. */
export async function loadZxcvbnPatterns(): Promise<PatternFinder> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const words = mergeDictionaries([
    keyVocabulary,
    common.dictionary['passwords-common'],
    common.dictionary['diceware-common'],
    ...Object.values(english.dictionary),
  ]);
  // zxcvbn exports its parts only to custom matchers: this one hands them out and matches nothing.
  const parts: { matching?: Matching } = {};
  class Parts extends core.MatcherBaseClass {
    match({ omniMatch }: MatchOptions): MatchExtended[] {
      parts.matching = omniMatch;
      return [];
    }
  }
  const none = { warning: null, suggestions: [] };
  new core.ZxcvbnFactory(
    { dictionary: { words }, graphs: common.adjacencyGraphs, maxLength: longestLooked },
    { parts: { Matching: Parts, feedback: () => none, scoring: () => 1 } },
  ).check('a');
  if (!parts.matching) throw new Error('zxcvbn did not hand out its matchers');
  return new ZxcvbnPatterns(parts.matching, words);
}

/** One list, best rank first: the ranks of several lists interleaved. */
function mergeDictionaries(lists: readonly (readonly (string | number)[])[]): string[] {
  const merged = new Set<string>();
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0);
  for (let rank = 0; rank < longest; rank += 1) {
    for (const list of lists) {
      const word = list[rank];
      if (word !== undefined && String(word).length >= 3) merged.add(String(word).toLowerCase());
    }
  }
  return [...merged];
}

class ZxcvbnPatterns implements PatternFinder {
  readonly #matching: Matching;
  readonly #language: LanguageModel;
  readonly #misspellings: Misspellings;

  constructor(matching: Matching, words: readonly string[]) {
    this.#matching = matching;
    this.#language = trainLanguageModel(words);
    this.#misspellings = new Misspellings(words);
  }

  find(text: string, context: readonly string[]): Pattern[] {
    const found: Pattern[] = repetitions(text);
    found.push(...this.#misspelt(text));
    for (const [index, view] of views(text).entries()) {
      found.push(...this.#words(view, text, context), ...this.#languageRuns(view, text));
      // Walks, sequences and dates show in the plain reading, and between separators.
      if (index === 0 || view.text.length < text.length) found.push(...this.#regular(view, text));
    }
    return [...found, ...withTrailers(text, found)];
  }

  #matches(matcher: string, view: View, userInputs: readonly string[] = []): MatchExtended[] {
    const rankedDictionary = Object.fromEntries(userInputs.map((word, index) => [word, index + 1]));
    const result = this.#matching.matchers[matcher]?.match({
      password: view.text,
      omniMatch: this.#matching,
      userInputsOptions: {
        rankedDictionary,
        rankedDictionaryMaxWordSize: Math.max(0, ...userInputs.map((word) => word.length)),
      },
    });
    if (!Array.isArray(result))
      throw new Error(`zxcvbn's ${matcher} matcher is missing or has become asynchronous`);
    return result;
  }

  #words(view: View, text: string, context: readonly string[]): Pattern[] {
    const found: Pattern[] = [];
    for (const match of this.#matches('dictionary', view, context)) {
      // A name such as "constructor" finds an inherited property of zxcvbn's dictionary object.
      if (typeof match.rank !== 'number' || match.token.length < 3) continue;
      const read = view.text.slice(match.i, match.j + 1);
      // An attacker does not stop at the first word: no word counts less than 50 guesses (as in zxcvbn).
      const bits =
        Math.max(Math.log2(match.rank), Math.log2(50)) +
        capitalisationBits(read) +
        (read.length === 3 ? 2 : 0);
      found.push(place('word', view, match.i, match.j + 1, bits, text));
    }
    return found;
  }

  #misspelt(text: string): Pattern[] {
    const found: Pattern[] = [];
    for (const run of text.matchAll(letterRuns)) {
      for (const { start, end, bits } of this.#misspellings.find(run[0].toLowerCase())) {
        const capitals = capitalisationBits(run[0].slice(start, end));
        found.push({ kind: 'word', start: run.index + start, end: run.index + end, bits: bits + capitals });
      }
    }
    return found;
  }

  #languageRuns(view: View, text: string): Pattern[] {
    const found: Pattern[] = [];
    for (const run of view.text.matchAll(letterRuns)) {
      const sums = this.#language.cumulativeBits(run[0].toLowerCase());
      for (let start = 0; start + shortestRun <= run[0].length; start += 1) {
        for (let end = start + shortestRun; end <= run[0].length; end += 1) {
          const bits = (sums[end] ?? 0) - (sums[start] ?? 0) + 2;
          if (bits > (end - start) * dearestLetter) continue;
          found.push(place('language', view, run.index + start, run.index + end, bits, text));
        }
      }
    }
    return found;
  }

  #regular(view: View, text: string): Pattern[] {
    const found: Pattern[] = [];
    const add = (kind: Pattern['kind'], match: MatchExtended, bits: number) =>
      found.push(place(kind, view, match.i, match.j + 1, bits, text));
    for (const match of this.#matches('spatial', view)) add('walk', match, walkBits(match));
    for (const match of this.#matches('sequence', view)) {
      if (match.token.length >= 3) add('sequence', match, sequenceBits(match));
    }
    for (const match of this.#matches('date', view)) {
      // Few digits without separators read as a date more often than not: they say nothing.
      if (/^(\d{6}|\d{8}|.*\D.*)$/.test(match.token) && match.token.length >= 6)
        add('date', match, dateBits(match));
    }
    for (const match of this.#matches('regex', view)) add('date', match, Math.log2(yearsThatCount));
    return found;
  }
}

/** Shortest run of letters that is tried as language. */
const shortestRun = 4;

/** Bits a letter: log2(26) is 4.7, and what costs nearly as much does not read like language. */
const dearestLetter = 4.4;

/** Letters in one case, or capitalised. */
const letterRuns = /[A-Z]?[a-z]{3,}|[A-Z]{4,}/g;

/** Words are followed by digits, and by the separator that the value uses again and again: both come with the word. */
function withTrailers(text: string, found: readonly Pattern[]): Pattern[] {
  const separators: readonly string[] = text.match(/[^A-Za-z0-9]+/g) ?? [];
  const recurring = new Set(separators.filter((run, index) => separators.indexOf(run) !== index));
  const extended: Pattern[] = [];
  for (const pattern of found) {
    if (pattern.kind !== 'word' && pattern.kind !== 'language' && pattern.kind !== 'date') continue;
    const [, digits = '', separator = ''] =
      /^(\d{0,4})([^A-Za-z0-9]*)/.exec(text.slice(pattern.end, pattern.end + 12)) ?? [];
    const withDigits = {
      ...pattern,
      end: pattern.end + digits.length,
      bits: pattern.bits + 1 + digits.length * 3.4,
    };
    if (digits !== '') extended.push(withDigits);
    if (recurring.has(separator)) {
      extended.push({ ...withDigits, end: withDigits.end + separator.length, bits: withDigits.bits + 1 });
    }
  }
  return extended;
}

function place(
  kind: Pattern['kind'],
  view: View,
  from: number,
  to: number,
  bits: number,
  text: string,
): Pattern {
  const [first, last] = view.reversed ? [to - 1, from] : [from, to - 1];
  const start = view.starts[first] ?? 0;
  const end = view.ends[last] ?? 0;
  const read = view.text.slice(from, to);
  const written = text.slice(start, end);
  return {
    kind,
    start,
    end,
    bits: bits + view.bits(view.reversed ? [...written].reverse().join('') : written, read),
  };
}

/** zxcvbn's measure: nothing for lower case, one bit for a common scheme, else the ways to choose the capitals. */
function capitalisationBits(word: string): number {
  const letters = word.replace(/[^A-Za-z]/g, '');
  if (letters === letters.toLowerCase()) return 0;
  if (/^([A-Z][a-z]*|[a-z]+[A-Z]|[A-Z]+)$/.test(letters)) return 1;
  const upper = letters.replace(/[^A-Z]/g, '').length;
  return log2Sum(letters.length, Math.min(upper, letters.length - upper));
}

/** log2 of the sum of "n choose k" for k from 1 to `upTo`. */
function log2Sum(n: number, upTo: number): number {
  let sum = 0;
  for (let k = 1; k <= upTo; k += 1) sum += 2 ** log2Choose(n, k);
  return Math.log2(Math.max(1, sum));
}

/** Where it starts, each turn, where the turns are, and which keys are shifted. */
function walkBits(match: MatchExtended): number {
  const keypad = String(match.graph).startsWith('keypad');
  const start = Math.log2(keypad ? 15 : 47) + (match.graph === 'qwerty' ? 0 : 2);
  const turns =
    match.turns * Math.log2(keypad ? 5 : 4.6) + log2Choose(match.token.length - 1, match.turns - 1);
  const shifted: number = match.shiftedCount;
  const unshifted = match.token.length - shifted;
  if (shifted === 0) return start + turns;
  if (unshifted === 0) return start + turns + 1;
  return start + turns + log2Sum(match.token.length, Math.min(shifted, unshifted));
}

/** Where it starts, its step, its length. */
function sequenceBits(match: MatchExtended): number {
  const first = match.token.charAt(0);
  const starts = 'aAzZ019'.includes(first) ? 4 : /\d/.test(first) ? 10 : 26;
  const step = Math.abs(match.token.charCodeAt(1) - match.token.charCodeAt(0));
  return Math.log2(starts * match.token.length) + (match.ascending ? 0 : 1) + (step === 1 ? 0 : 3);
}

/** 1900 to 2039. */
const yearsThatCount = 140;

/** A fixed year, so that a verdict that was kept stays true. */
const referenceYear = 2025;

/**
 * zxcvbn's measure (the day, the distance of the year but at least 21, the separator), and the order of the parts where
 * no separator gives it away: a third of all runs of six digits reads as a date in some order.
 */
function dateBits(match: MatchExtended): number {
  const years = Math.max(Math.abs(match.year - referenceYear), 21);
  const order = match.token.length === 6 ? 5 : 2;
  return Math.log2(365 * years) + (match.separator ? 2 : order);
}
