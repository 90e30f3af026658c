import type { Random } from './random.ts';

/** Changes of bytes, of lines, and of the structures that a bundle's files have. None knows what it breaks. */

export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.integer(bytes.length + 1);
  const length = 1 + random.integer(random.pick([1, 4, 64, 1024]));
  const some = bytes.subarray(at, at + length);
  switch (random.integer(9)) {
    case 0:
      return flipped(bytes, at, 1 << random.integer(8));
    case 1:
      return flipped(bytes, at, 1 + random.integer(255));
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(at)]);
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return Buffer.concat([bytes, some]);
    case 6:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(some.length),
        bytes.subarray(at + some.length),
      ]);
    case 7: {
      const noise = Buffer.from(Array.from({ length }, () => random.integer(256)));
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }
    default:
      return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  }
}

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] as number) ^ mask;
  return copy;
}

export function mutateLines(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const at = random.integer(lines.length);
  const other = random.integer(lines.length);
  const line = lines[at] as string;
  switch (random.integer(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      [lines[at], lines[other]] = [lines[other] as string, line];
      break;
    case 3:
      lines[at] = mutateText(line, random);
      break;
    case 4:
      lines[at] = `${line}\r`;
      break;
    case 5:
      lines[at] = ` ${line}`;
      break;
    case 6:
      lines[at] = random.chance(0.5) ? line.toUpperCase() : line.replace('  ', ' *');
      break;
    default:
      lines.splice(at, 0, '');
  }
  return Buffer.from(lines.join('\n'), 'latin1');
}

function mutateText(text: string, random: Random): string {
  const at = random.integer(text.length + 1);
  const inserted = random.pick(['', '0', '9', 'A', '/', '"', '=', ' ', '\u0000', '-', '../']);
  return text.slice(0, at) + inserted + text.slice(at + random.integer(3));
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Changes one value somewhere in the document. */
export function mutateJson(value: Json, random: Random): Json {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.9)) return mutateList(value, random);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && random.chance(0.95)) {
    const names = Object.keys(value);
    if (names.length > 0) return mutateObject(value, random.pick(names), random);
  }
  if (typeof value === 'number' && random.chance(0.8)) {
    return random.pick([0, 1, value + 1, value - 1, -value, 2 ** 31, 2 ** 53 - 1, value * 2]);
  }
  if (typeof value === 'string' && random.chance(0.8)) return mutateText(value, random);
  return random.pick<Json>([null, true, 0, '', [], {}, 'x', [[]]]);
}

function mutateList(list: Json[], random: Random): Json {
  const copy = [...list];
  const at = random.integer(copy.length);
  const choice = random.integer(10);
  if (choice === 0) copy.splice(at, 1);
  else if (choice === 1) copy.splice(at, 0, structuredClone(copy[at]) as Json);
  else if (choice === 2) copy.push(copy.shift() as Json);
  else copy[at] = mutateJson(copy[at] as Json, random);
  return copy;
}

function mutateObject(object: { [name: string]: Json }, name: string, random: Random): Json {
  const { [name]: value, ...rest } = object;
  const choice = random.integer(14);
  if (choice === 0) return rest;
  if (choice === 1) return { ...object, [mutateText(name, random)]: structuredClone(value) as Json };
  return { ...object, [name]: mutateJson(value as Json, random) };
}

/** Texts that parsers read differently, or choke on. */
export function hostileJson(text: string, random: Random): string {
  const at = text.indexOf('{') + 1;
  const first = /^"[^"]*":/.exec(text.slice(at))?.[0] ?? '"a":';
  return random.pick([
    `\ufeff${text}`,
    `${text}\n`,
    ` ${text}`,
    `${text}${text}`,
    `${text.slice(0, at)}${first}null,${text.slice(at)}`,
    text.replace(/:(\d+)/, ':$1.0'),
    text.replace(/:(\d+)/, ':$1e0'),
    text.replace(/:\d+/, ':-0'),
    text.replace(/:\d+/, ':99999999999999999999'),
    text.replace(/:\d+/, `:${'9'.repeat(5_000)}`),
    text.replace(/:\d+/, `:${'['.repeat(5_000)}${']'.repeat(5_000)}`),
    text.replace(/:\d+/, `:${'{"a":'.repeat(100)}1${'}'.repeat(100)}`),
    text.replace(/:"/, ':"\\ud800'),
    text.replace(/:"/, ':"\\u0041'),
    text.replace(/:"/, ':"\u0001'),
    text.replace(/:\d+/, ':NaN'),
    `${text.slice(0, at)}"__proto__":{"a":1},${text.slice(at)}`,
    '['.repeat(200_000),
    '"',
    '',
  ]);
}

/** Changes one element somewhere in nested DER, with or without mending the lengths around it. */
export function mutateDer(bytes: Buffer, random: Random, depth = 0): Buffer {
  const elements = elementsOf(bytes);
  if (elements === null || elements.length === 0) return mutateBytes(bytes, random);
  const at = random.integer(elements.length);
  const { tag, content } = elements[at] as DerPart;
  const deeper = (tag & 0x20) !== 0 || tag === 0x04 || tag === 0x03;
  const choice = random.integer(12);
  let changed: Buffer[];
  if (deeper && depth < 12 && random.chance(0.85))
    changed = [encoded(tag, mutateDer(content, random, depth + 1))];
  else if (choice === 0) changed = [];
  else if (choice === 1) changed = [encoded(tag, content), encoded(tag, content)];
  else if (choice === 2) changed = [encoded(random.integer(256), content)];
  else if (choice === 3) changed = [Buffer.concat([Buffer.from([tag, 0x80]), content, Buffer.alloc(2)])];
  else if (choice === 4)
    changed = [
      Buffer.concat([Buffer.from([tag, 0x84, 0, 0, content.length >> 8, content.length & 0xff]), content]),
    ];
  else if (choice === 5)
    changed = [Buffer.concat([Buffer.from([tag, 0x84, 0x7f, 0xff, 0xff, 0xff]), content])];
  else changed = [encoded(tag, mutateBytes(content, random))];
  return Buffer.concat(
    elements.flatMap((element, index) => (index === at ? changed : [encoded(element.tag, element.content)])),
  );
}

interface DerPart {
  tag: number;
  content: Buffer;
}

function elementsOf(bytes: Buffer): DerPart[] | null {
  const parts: DerPart[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1];
    if (first === undefined || first > 0x83 || first === 0x80) return null;
    const count = first < 0x80 ? 0 : first & 0x7f;
    if (at + 2 + count > bytes.length) return null;
    const length = count === 0 ? first : bytes.readUIntBE(at + 2, count);
    const start = at + 2 + count;
    if (start + length > bytes.length) return null;
    parts.push({ tag: bytes[at] as number, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return parts;
}

function encoded(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const header =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...header]), content]);
}
