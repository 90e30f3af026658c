import type { RekeyApi, Reply } from '#shared/ipc/api.ts';
import type { Channel, ChannelInput, ChannelOutput } from '#shared/ipc/contract.ts';

declare global {
  interface Window {
    readonly rekey: RekeyApi;
  }
}

/** What a call takes: nothing, where its channel takes nothing. */
export type CallInput<C extends Channel> = undefined extends ChannelInput<C> ? [] : [ChannelInput<C>];

/** One call to main. Never throws: a call that does not come through is an error report like any other. */
export async function call<C extends Channel>(
  channel: C,
  ...input: CallInput<C>
): Promise<Reply<ChannelOutput<C>>> {
  try {
    return await window.rekey.call(channel, ...input);
  } catch {
    return {
      ok: false,
      error: {
        code: 'internal',
        message: 'Rekey did not answer.',
        unchanged: 'It is not known whether anything was changed.',
        remedy: 'Restart Rekey. Runs go on where they stopped, and say what was done.',
      },
    };
  }
}
