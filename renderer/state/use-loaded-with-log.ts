import { useEffect, useRef } from 'react';
import type { Channel } from '#shared/ipc/contract.ts';
import type { CallInput } from './call.ts';
import { useMirror } from './store.ts';
import { useLoaded } from './use-call.ts';

/** What is drawn from the log: loads again whenever that has grown, by this process or by another one. */
export function useLoadedWithLog<C extends Channel>(channel: C, ...input: CallInput<C>) {
  const loaded = useLoaded(channel, ...input);
  const { reload } = loaded;
  const size = useMirror((mirror) => mirror.log.size);
  const seen = useRef(size);
  useEffect(() => {
    if (seen.current === size) return;
    seen.current = size;
    void reload();
  }, [size, reload]);
  return loaded;
}
