import { expect, test } from 'vitest';
import { answer } from '#electron/ipc/answer.ts';
import { channels } from '#shared/ipc/channels.ts';
import { contract } from '#shared/ipc/contract.ts';
import { ErrorReport } from '#shared/model/errors.ts';
import { invalidInputs, revive } from '#test/support/hostile-input.ts';

const seed = Number(process.env.REKEY_FUZZ_SEED ?? 20_261_123);
/** All of them in `npm run test:long`; on other days a sample, seeded like the whole. */
const payloads = process.env.REKEY_TEST_LONG === '1' ? 2_000 : 400;
const ids = {
  environmentId: '0193a1b2-0000-7000-8000-000000000001',
  runId: '0193a1b2-0000-7000-8000-000000000002',
};

test.each(channels)(`%s refuses ${payloads} broken payloads (seed ${seed})`, async (channel) => {
  const recipes = invalidInputs(channel, ids, seed, payloads);
  expect(recipes).toHaveLength(payloads);
  let calls = 0;
  const defects: unknown[] = [];
  const handler = () => {
    calls += 1;
    throw new Error('unreachable');
  };
  for (const recipe of recipes) {
    const reply = await answer(channel, contract[channel], handler, revive(recipe), (_channel, error) =>
      defects.push(error),
    );
    const error = reply.ok ? null : reply.error;
    if (error?.code !== 'invalid-input' || !ErrorReport.safeParse(error).success) {
      throw new Error(`answered ${JSON.stringify(reply)} to ${JSON.stringify(recipe).slice(0, 500)}`);
    }
    expect(error.message).not.toMatch(/\n|node:internal|\.[cm]?[jt]s:\d/);
  }
  expect({ calls, defects }).toEqual({ calls: 0, defects: [] });
});
