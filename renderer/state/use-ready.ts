import { useLayoutEffect } from 'react';

/**
 * Says on the root element that a screen shows its data: benchmarks and tests wait for `data-ready`. The mark
 * `ready:SCREEN` is set when the frame that shows it has been painted: benchmarks read its time. (A layout effect: any
 * other may run after that frame, and would tell of the next one.)
 */
export function useReady(screen: string, ready: boolean): void {
  useLayoutEffect(() => {
    if (!ready) return;
    document.documentElement.dataset.ready = screen;
    requestAnimationFrame(() => setTimeout(() => performance.mark(`ready:${screen}`)));
    return () => {
      delete document.documentElement.dataset.ready;
    };
  }, [screen, ready]);
}
