import type { ErrorReport } from '../model/errors.ts';
import type { Broadcast, BroadcastPayload, Channel, ChannelInput, ChannelOutput } from './contract.ts';

/** Every call answers with a value or with an error report; nothing is thrown across the bridge. */
export type Reply<T> = { ok: true; value: T } | { ok: false; error: ErrorReport };

/** `window.rekey`: the only thing that the renderer can reach. */
export interface RekeyApi {
  call<C extends Channel>(
    channel: C,
    ...input: undefined extends ChannelInput<C> ? [] : [ChannelInput<C>]
  ): Promise<Reply<ChannelOutput<C>>>;
  /** Returns how to stop listening. */
  on<B extends Broadcast>(name: B, listener: (payload: BroadcastPayload<B>) => void): () => void;
  /** Where a file or folder lies that was dropped on the window; empty for anything that is not on a disk. */
  pathOf(dropped: File): string;
}
