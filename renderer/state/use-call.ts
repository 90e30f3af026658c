import { useCallback, useEffect, useRef, useState } from 'react';
import type { Reply } from '#shared/ipc/api.ts';
import type { Channel, ChannelOutput } from '#shared/ipc/contract.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import { type CallInput, call } from './call.ts';

/** A call that a button makes: whether it runs, and why it failed. A second click while it runs does nothing. */
export function useCall<C extends Channel>(channel: C) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const running = useRef(false);
  const run = useCallback(
    async (...input: CallInput<C>): Promise<Reply<ChannelOutput<C>> | null> => {
      if (running.current) return null;
      running.current = true;
      setPending(true);
      setError(null);
      const reply = await call(channel, ...input);
      running.current = false;
      setPending(false);
      if (!reply.ok) setError(reply.error);
      return reply;
    },
    [channel],
  );
  const clear = useCallback(() => setError(null), []);
  return { run, pending, error, clear };
}

/** What a screen needs before it can show anything. Loads again when its input changes, or on `reload`. */
export function useLoaded<C extends Channel>(channel: C, ...input: CallInput<C>) {
  const [value, setValue] = useState<ChannelOutput<C> | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [loading, setLoading] = useState(true);
  const latest = useRef(0);
  const key = JSON.stringify(input);
  const reload = useCallback(async () => {
    latest.current += 1;
    const mine = latest.current;
    setLoading(true);
    const reply = await call(channel, ...(JSON.parse(key) as CallInput<C>));
    if (mine !== latest.current) return;
    setLoading(false);
    if (reply.ok) {
      setValue(reply.value);
      setError(null);
    } else {
      setError(reply.error);
    }
  }, [channel, key]);
  useEffect(() => {
    void reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);
  return { value, setValue, error, loading, reload };
}
