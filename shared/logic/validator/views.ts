import { log2Choose } from './strength.ts';

/** A way of reading a value in which its words may show: l33t undone, reversed, separators left out, … */
export interface View {
  text: string;
  /** Where each character of `text` stands in the value, as `[start, end)`; ascending unless `reversed`. */
  starts: readonly number[];
  ends: readonly number[];
  reversed: boolean;
  /** What an attacker pays for also trying this view on a token (the token as written in the value, and as read). */
  bits: (written: string, read: string) => number;
}

const leetCommon: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '+': 't',
  '(': 'c',
  '€': 'e',
  '£': 'l',
  '2': 'z',
};
const leetReadings: readonly Readonly<Record<string, string>>[] = [
  { ...leetCommon, '1': 'i', '!': 'i', '|': 'i', '6': 'g' },
  { ...leetCommon, '1': 'l', '!': 'l', '|': 'l', '6': 'b' },
  { ...leetCommon, '1': 'l', '!': 'i', '|': 'l', '6': 'd' },
];

/** The readings of `text` worth a look, the plain one first. Few, because each costs a pass over the dictionary. */
export function views(text: string): View[] {
  const plain = identity(text);
  const found = [plain, reversed(plain)];
  for (const [index, table] of leetReadings.entries()) {
    const read = substitute(text, table);
    if (read === text || found.some((view) => view.text === read)) continue;
    const view = { ...plain, text: read, bits: leetBits };
    found.push(view);
    if (index === 0) found.push(reversed(view));
  }
  const removals: RegExp[] = [/[^A-Za-z0-9]+/g, /[^A-Za-z]+/g];
  for (const removal of removals) {
    const view = without(text, removal);
    if (view !== null && !found.some((other) => other.text === view.text)) found.push(view);
  }
  const single = undoubled(text);
  if (single !== null) found.push(single);
  const shifted = rot13(text);
  if (shifted !== text) found.push({ ...plain, text: shifted, bits: () => 3 });
  return found;
}

function identity(text: string): View {
  const starts = Array.from({ length: text.length }, (_, index) => index);
  return { text, starts, ends: starts.map((start) => start + 1), reversed: false, bits: () => 0 };
}

function reversed(view: View): View {
  return {
    text: [...view.text].reverse().join(''),
    starts: [...view.starts].reverse(),
    ends: [...view.ends].reverse(),
    reversed: true,
    bits: (written, read) => view.bits(written, read) + 1,
  };
}

function substitute(text: string, table: Readonly<Record<string, string>>): string {
  return text.replace(/[^A-Za-z]/g, (character) => table[character] ?? character);
}

/** One bit for each substitution in use, and one for each letter that is substituted in some places only. */
function leetBits(written: string, read: string): number {
  const used = new Set<string>();
  const mixed = new Set<string>();
  for (let index = 0; index < written.length; index += 1) {
    const [from, to] = [written[index] ?? '', read[index] ?? ''];
    if (from.toLowerCase() === to.toLowerCase()) continue;
    used.add(from);
    if (written.toLowerCase().includes(to)) mixed.add(to);
  }
  return used.size + mixed.size * 2 + 1;
}

function without(text: string, removal: RegExp): View | null {
  const starts: number[] = [];
  let kept = '';
  const removed = text.replace(removal, (run) => '\0'.repeat(run.length));
  for (let index = 0; index < text.length; index += 1) {
    if (removed[index] === '\0') continue;
    kept += text[index];
    starts.push(index);
  }
  if (kept.length < 4 || kept.length === text.length) return null;
  return {
    text: kept,
    starts,
    ends: starts.map((start) => start + 1),
    reversed: false,
    bits: (written) => {
      const between = written.match(removal)?.join('') ?? '';
      if (between === '') return 0;
      // The same separator everywhere is one choice; different ones are a choice each, and where they stand.
      if (new Set(between).size === 1) return 5 + log2Choose(written.length - 2, between.length);
      return (
        between.length * (/^\d+$/.test(between) ? Math.log2(10) : 5) +
        log2Choose(written.length - 2, between.length)
      );
    },
  };
}

/** `ssuuppeerr` read as `super`, when every character stands twice. */
function undoubled(text: string): View | null {
  if (text.length < 8 || text.length % 2 !== 0) return null;
  const starts: number[] = [];
  let single = '';
  for (let index = 0; index < text.length; index += 2) {
    if (text[index] !== text[index + 1]) return null;
    single += text[index];
    starts.push(index);
  }
  return { text: single, starts, ends: starts.map((start) => start + 2), reversed: false, bits: () => 1 };
}

function rot13(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
