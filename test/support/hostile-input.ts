import fc from 'fast-check';
import { z } from 'zod';
import { type Channel, contract } from '#shared/ipc/contract.ts';

/**
 * A payload that JSON can carry to another process: what JSON cannot hold is an object with the single field
 * `specialField` (a name that no contract has) and is made by `revive` on the other side.
 */
export type Recipe = unknown;

export const specialField = '\u0000special';

/** Makes the payload. Self-contained: its text is also run in the page. */
export function revive(recipe: unknown): unknown {
  const field = '\u0000special';
  if (Array.isArray(recipe)) return recipe.map((each) => revive(each));
  if (typeof recipe !== 'object' || recipe === null) return recipe;
  const kind = (recipe as Record<string, unknown>)[field];
  if (kind === undefined) {
    const made: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(recipe)) {
      // Own fields also for names such as __proto__, which an assignment would take for the prototype.
      const content = { value: revive(value), enumerable: true, writable: true, configurable: true };
      Object.defineProperty(made, name, content);
    }
    return made;
  }
  if (typeof kind === 'number') return 'x'.repeat(kind);
  const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
  const makers: Record<string, () => unknown> = {
    undefined: () => undefined,
    nan: () => Number.NaN,
    infinity: () => Number.NEGATIVE_INFINITY,
    'minus-zero': () => -0,
    bigint: () => 2n ** 64n,
    date: () => new Date(0),
    map: () => new Map([['environmentId', 'x']]),
    set: () => new Set([1]),
    buffer: () => new ArrayBuffer(64),
    bytes: () => new Uint8Array(64),
    regexp: () => /x/g,
    error: () => new Error('planted'),
    sparse: () => new Array(5),
    wide: () => Array.from({ length: 40_000 }, () => 'x'),
    deep: () => nest(400),
    boxed: () => Object('text'),
    'lone-surrogate': () => '\ud800',
  };
  return makers[String(kind)]?.();
}

const special = (kind: string | number): Recipe => ({ [specialField]: kind });
const unplain = [
  'nan',
  'infinity',
  'minus-zero',
  'bigint',
  'date',
  'map',
  'set',
  'buffer',
  'bytes',
  'regexp',
];
const odd = [...unplain, 'error', 'sparse', 'wide', 'deep', 'boxed', 'lone-surrogate', 'undefined'];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'constructor',
    '../../../../etc/passwd',
    '..\\..\\windows',
    '/dev/zero',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '\u0000',
    '\u001b[2J',
    '\u202egnp.exe',
    '$(touch /tmp/planted)',
    "'; DROP TABLE keys; --",
    '{{environment.path}}',
    '<img src=x onerror=alert(1)>',
    'A'.repeat(2000),
  ),
);

const leaf: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)) },
  { weight: 3, arbitrary: fc.constantFrom(...odd).map(special) },
);

const name = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'toJSON',
    'then',
    'environmentId',
    'act',
  ),
  text,
);

const anything: fc.Arbitrary<Recipe> = fc.letrec<{ tree: Recipe }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie('tree')), { maxLength: 5 }).map((entries) => {
      const made = {};
      for (const [key, value] of entries) {
        Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
      }
      return made;
    }),
  ),
})).tree;

/** Ids that near-valid input names: of things that exist where the test has some. */
export interface KnownIds {
  readonly environmentId: string;
  readonly runId: string;
}

/** Valid input of a channel, derived from its schema. */
function validInput(channel: Channel, ids: KnownIds): fc.Arbitrary<unknown> {
  const schema = contract[channel].in as z.ZodType;
  if (schema instanceof z.ZodUndefined) return fc.constant(undefined);
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return fromSchema(json, '', ids).filter((value) => schema.safeParse(value).success);
}

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  format?: string;
  pattern?: string;
  minLength?: number;
  minimum?: number;
  minItems?: number;
}

function fromSchema(schema: JsonSchema, field: string, ids: KnownIds): fc.Arbitrary<unknown> {
  const inner = (each: JsonSchema, at = field) => fromSchema(each, at, ids);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return fc.oneof(...union.map((each) => inner(each)));
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      const model = Object.fromEntries(properties.map(([key, each]) => [key, inner(each, key)]));
      if (properties.length > 0) {
        return fc.record(model, { requiredKeys: (schema.required ?? []) as never[], noNullPrototype: true });
      }
      const value = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
      const key = inner(schema.propertyNames ?? { type: 'string' }) as fc.Arbitrary<string>;
      return fc.dictionary(key, inner(value), { maxKeys: 2, noNullPrototype: true });
    }
    case 'array':
      return fc.array(inner(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, 0), max: 500 });
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema, field, ids);
    default:
      return fc.constantFrom('', 1, null);
  }
}

function textOf(schema: JsonSchema, field: string, ids: KnownIds): fc.Arbitrary<string> {
  if (field === 'runId') return fc.constant(ids.runId);
  if (schema.format === 'uuid') return fc.constant(ids.environmentId);
  if (schema.format === 'email') return fc.constant('mallory@example.org');
  if (schema.format === 'date') return fc.constant('2026-01-02');
  if (schema.format === 'date-time') return fc.constant('2026-01-02T03:04:05.000Z');
  if (schema.format === 'uri') return fc.constant('http://127.0.0.1:1/health');
  const samples = ['planted-text', 'PLANTED_KEY', '5s', '08:30', 'f'.repeat(64)];
  const pattern = schema.pattern === undefined ? /^/ : new RegExp(schema.pattern, 'u');
  const fitting = samples.filter((each) => pattern.test(each) && each.length >= (schema.minLength ?? 0));
  return fc.constantFrom(...(fitting.length > 0 ? fitting : samples));
}

/** A valid input with one thing wrong: a place replaced, left out, wrapped, or a field too many. */
function broken(valid: fc.Arbitrary<unknown>): fc.Arbitrary<Recipe> {
  const way = fc.constantFrom('replace', 'drop', 'wrap', 'add', 'enlarge');
  return fc.tuple(valid, way, fc.nat(), leaf, name).map(([base, how, pick, bad, extra]) => {
    if (typeof base !== 'object' || base === null) return bad;
    const copy = structuredClone(base) as Record<string, unknown>;
    const keys = Object.keys(copy);
    const key = keys[pick % Math.max(1, keys.length)];
    if (how === 'add' || key === undefined) {
      Object.defineProperty(copy, extra, {
        value: bad,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else if (how === 'drop') delete copy[key];
    else if (how === 'wrap') copy[key] = [copy[key]];
    else if (how === 'enlarge') copy[key] = special(pick % 8 === 0 ? 1_300_000 : 70_000);
    else copy[key] = bad;
    return copy;
  });
}

/** Whether the contract refuses a payload: then no handler may ever see it. */
export function isInvalid(channel: Channel, recipe: Recipe): boolean {
  const { in: schema } = contract[channel] as { in: z.ZodType };
  return waysToArrive(recipe).every((arrived) => !schema.safeParse(revive(arrived)).success);
}

/**
 * What a payload can be when it has crossed the bridge: as it was made, without the fields that an assignment takes
 * for the prototype, and with an empty object for what is no plain data.
 */
function waysToArrive(recipe: Recipe): Recipe[] {
  const text = JSON.stringify(recipe) ?? '';
  const ways = [recipe];
  if (text.includes('__proto__')) ways.push(rewritten(recipe, { dropPrototype: true }));
  if (text.includes('special')) ways.push(rewritten(recipe, { emptyUnplain: true }));
  return ways;
}

function rewritten(recipe: Recipe, how: { dropPrototype?: boolean; emptyUnplain?: boolean }): Recipe {
  if (Array.isArray(recipe)) return recipe.map((each) => rewritten(each, how));
  if (typeof recipe !== 'object' || recipe === null) return recipe;
  if (Object.hasOwn(recipe, specialField)) {
    const kind = (recipe as Record<string, unknown>)[specialField];
    return how.emptyUnplain && typeof kind === 'string' && kind !== 'undefined' ? {} : recipe;
  }
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(recipe)) {
    if (how.dropPrototype && name === '__proto__') continue;
    const content = { value: rewritten(value, how), enumerable: true, writable: true, configurable: true };
    Object.defineProperty(made, name, content);
  }
  return made;
}

/**
 * Whether a channel's input must name an environment or a run (or whatever else has an id): well-formed input that
 * names nothing that exists can then have no effect.
 */
export function mustNameAThing(channel: Channel): boolean {
  const schema = contract[channel].in as z.ZodType;
  if (schema instanceof z.ZodUndefined) return false;
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return (json.required ?? []).some((field) => json.properties?.[field]?.format === 'uuid');
}

/** `count` payloads that fit a channel's contract. */
export function validInputs(channel: Channel, ids: KnownIds, seed: number, count: number): Recipe[] {
  return fc
    .sample(validInput(channel, ids), { seed, numRuns: count })
    .map((input) => (input === undefined ? special('undefined') : input));
}

/** `count` payloads that break a channel's contract: hostile ones of every kind and near-valid ones, half and half. */
export function invalidInputs(channel: Channel, ids: KnownIds, seed: number, count: number): Recipe[] {
  const source = fc.oneof(anything, broken(validInput(channel, ids)));
  const kept: Recipe[] = [];
  for (let round = 0; kept.length < count && round < 20; round += 1) {
    for (const recipe of fc.sample(source, { seed: seed + round, numRuns: count })) {
      if (kept.length < count && isInvalid(channel, recipe)) kept.push(recipe);
    }
  }
  return kept;
}
