import { beforeEach, expect, it } from 'vitest';
import { StatusMemory } from '#electron/services/status/status-memory.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';

let told: (event: LogEvent) => void;
let memory: StatusMemory;
/** What was asked for: ids, or none for all. */
let asked: string[][];
let whileReading: () => void;
let fails: boolean;
let now: number;

beforeEach(() => {
  asked = [];
  whileReading = () => {};
  fails = false;
  now = 0;
  memory = new StatusMemory({
    clock: { now: () => new Date(now), monotonic: () => now },
    log: {
      onAppend: (listener: typeof told) => {
        told = listener;
        return () => {};
      },
      tip: () => null,
    } as never,
    status: {
      report: async (ids = []) => {
        asked.push([...ids]);
        whileReading();
        if (fails) throw new Error('It cannot be read.');
        const environments = (ids.length === 0 ? ['a', 'b'] : ids).map(
          (id) => ({ id, name: `${id}, look ${asked.length}` }) as EnvironmentStatus,
        );
        return { environments };
      },
    },
  });
});

const happens = (event_type: string, id: string | null, action = 'x') =>
  told({ event_type, action, environment: id === null ? null : { id } } as LogEvent);
const names = async () => (await memory.recent(1_000)).map(({ name }) => name);

it('reads all once, then only those about which something happened', async () => {
  expect(memory.readAt).toBeNull();
  expect(await names()).toEqual(['a, look 1', 'b, look 1']);
  happens('access', 'a');
  expect(await names()).toEqual(['a, look 1', 'b, look 1']);
  happens('key', 'b');
  expect(await names()).toEqual(['a, look 1', 'b, look 2']);
  expect(await names()).toEqual(['a, look 1', 'b, look 2']);
  expect(asked).toEqual([[], ['b']]);
  expect(memory.readAt).toEqual(new Date(0));
});

it.each([
  ['environment', 'a', 'added'],
  ['practice', null, 'reset'],
  ['task', null, 'started'],
  ['key', null, 'x'],
])('%s %s %s: reads all again', async (type, id, action) => {
  await names();
  happens(type, id, action);
  expect(await names()).toEqual(['a, look 2', 'b, look 2']);
});

it('what is older than asked for is read again', async () => {
  await names();
  now = 1_001;
  expect(await names()).toEqual(['a, look 2', 'b, look 2']);
  expect(memory.readAt).toEqual(new Date(1_001));
});

it.each([
  ['key', [[], ['a']]],
  ['environment', [[], []]],
])('what happens while it reads (%s) is not taken for seen', async (type, expected) => {
  whileReading = () => happens(type, 'a');
  await names();
  whileReading = () => {};
  await names();
  expect(asked).toEqual(expected);
  await names();
  expect(asked).toHaveLength(2);
});

it('what could not be read is asked for again', async () => {
  await names();
  happens('key', 'a');
  fails = true;
  await expect(names()).rejects.toThrow('It cannot be read.');
  fails = false;
  expect(await names()).toEqual(['a, look 3', 'b, look 3']);
});
