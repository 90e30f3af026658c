import { useEffect } from 'react';
import type { Settings } from '#shared/model/settings.ts';

/** Puts the chosen theme on the root element; `system` leaves it to the platform. */
export function useTheme(theme: Settings['theme']): void {
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
}
