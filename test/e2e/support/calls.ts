import type { Page } from '@playwright/test';
import type { RekeyApi, Reply } from '#shared/ipc/api.ts';
import type { Channel, ChannelInput, ChannelOutput } from '#shared/ipc/contract.ts';

type Input<C extends Channel> = undefined extends ChannelInput<C> ? [] : [ChannelInput<C>];

/** Calls main as the page does: for the way to a state, where the way is not what the test is about. */
export async function call<C extends Channel>(
  page: Page,
  channel: C,
  ...input: Input<C>
): Promise<ChannelOutput<C>> {
  const reply = (await page.evaluate(
    ([name, given]) =>
      (globalThis as unknown as { rekey: RekeyApi }).rekey.call(name as never, given as never),
    [channel, input[0]] as const,
  )) as Reply<ChannelOutput<C>>;
  if (!reply.ok) throw new Error(`${channel}: ${reply.error.code}, ${reply.error.message}`);
  return reply.value;
}
