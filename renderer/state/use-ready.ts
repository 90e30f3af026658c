import { useEffect } from 'react';

/** Says on the root element that a screen shows its data: benchmarks and tests wait for `data-ready`. */
export function useReady(screen: string, ready: boolean): void {
  useEffect(() => {
    if (!ready) return;
    document.documentElement.dataset['ready'] = screen;
    return () => {
      delete document.documentElement.dataset['ready'];
    };
  }, [screen, ready]);
}
