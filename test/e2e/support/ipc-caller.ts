import type { Page } from '@playwright/test';
import type { Channel } from '../../../shared/ipc/contract.ts';
import { type Recipe, revive } from '../../support/hostile-input.ts';

/** What calls came to: a reply as JSON, or the error with which the bridge itself refused. */
export interface Outcome {
  kind: 'reply' | 'thrown';
  text: string;
  /** Calls with this very outcome. */
  count: number;
  /** Which payload came to it first. */
  first: number;
}

interface Caller {
  revivePayload: typeof revive;
  rekey: { call(channel: string, input: unknown): Promise<unknown> };
}

/** More calls than a person could ever make at once, and few enough for their large payloads. */
const atOnce = 25;

/** Gives a page what `callAll` needs; again after each navigation. */
export async function prepareCaller(page: Page): Promise<void> {
  await page.evaluate(`globalThis.revivePayload = ${revive}`);
}

/** Calls a channel through the page's bridge (`window.rekey`) with every payload. */
export function callAll(page: Page, channel: Channel, recipes: readonly Recipe[]): Promise<Outcome[]> {
  // As text: in an argument list `__proto__` would not arrive as a field.
  const payloads = JSON.stringify(recipes);
  return page.evaluate(
    async ({ channel, payloads, atOnce }) => {
      const { revivePayload, rekey } = globalThis as unknown as Caller;
      const outcomes = new Map<string, Outcome>();
      const note = (kind: Outcome['kind'], text: string, first: number) => {
        const known = outcomes.get(kind + text);
        if (known) known.count += 1;
        else outcomes.set(kind + text, { kind, text, count: 1, first });
      };
      const recipes = JSON.parse(payloads) as unknown[];
      const one = async (recipe: unknown, index: number) => {
        try {
          note('reply', JSON.stringify(await rekey.call(channel, revivePayload(recipe))), index);
        } catch (error) {
          note('thrown', error instanceof Error ? `${error.message}\n${error.stack}` : String(error), index);
        }
      };
      for (let from = 0; from < recipes.length; from += atOnce) {
        await Promise.all(
          recipes.slice(from, from + atOnce).map((recipe, index) => one(recipe, from + index)),
        );
      }
      return [...outcomes.values()];
    },
    { channel, payloads, atOnce },
  );
}

/** The same with what only a page can make: functions, nodes, proxies, getters that throw. Returns how many. */
export function callWithLiveObjects(page: Page, channel: Channel): Promise<Outcome[]> {
  return page.evaluate(async (channel) => {
    const { rekey } = globalThis as unknown as Caller;
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const live: unknown[] = [
      () => 1,
      class {},
      Symbol('x'),
      document.body,
      window,
      new Promise(() => {}),
      new Proxy({}, { ownKeys: () => ['environmentId'], get: () => 'x' }),
      {
        get environmentId() {
          throw new Error('a getter that throws');
        },
      },
      new Blob(['x']),
      new MessageChannel().port1,
      cyclic,
      [document.body],
      { environmentId: () => 'x', toJSON: () => ({}) },
      Object.create({ environmentId: 'inherited' }),
      new WeakMap(),
      new Event('x'),
    ];
    const outcomes: Outcome[] = [];
    for (const [first, payload] of live.entries()) {
      try {
        outcomes.push({
          kind: 'reply',
          text: JSON.stringify(await rekey.call(channel, payload)),
          count: 1,
          first,
        });
      } catch (error) {
        const text = error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
        outcomes.push({ kind: 'thrown', text, count: 1, first });
      }
    }
    return outcomes;
  }, channel);
}
