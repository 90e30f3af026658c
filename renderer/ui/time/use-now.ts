import { useEffect, useState } from 'react';

/** The wall-clock time, refreshed at an interval in milliseconds; null stops it. */
export function useNow(interval: number | null = 30_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (interval === null) return;
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
