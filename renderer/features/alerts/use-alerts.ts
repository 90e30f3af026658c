import { useCallback, useEffect, useState } from 'react';
import { useMirror } from '#renderer/state/store.ts';
import { loadAlerts } from '#renderer/state/sync.ts';
import type { ErrorReport } from '#shared/model/errors.ts';

/** Alerts and channels as main tells them; asked for where it has not yet. */
export function useAlerts() {
  const value = useMirror((mirror) => mirror.alerts);
  const [error, setError] = useState<ErrorReport | null>(null);
  const reload = useCallback(async () => setError(await loadAlerts()), []);
  const isKnown = value !== null;
  useEffect(() => {
    if (!isKnown) void reload();
  }, [isKnown, reload]);
  return { value, error, reload };
}
