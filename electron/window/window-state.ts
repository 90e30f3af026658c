import { type BrowserWindow, type Rectangle, screen } from 'electron';
import ElectronStore from 'electron-store';

interface WindowPreferences {
  bounds: Rectangle | null;
  maximized: boolean;
}

export const smallestWindow = { width: 900, height: 600 } as const;
const firstWindow = { width: 1280, height: 832 } as const;

/**
 * Where the window was. The only thing that Rekey keeps through electron-store: everything else is shared with the
 * command, which has no Electron.
 */
export class WindowState {
  private readonly store = new ElectronStore<WindowPreferences>({
    name: 'window',
    defaults: { bounds: null, maximized: false },
    // A damaged file costs the window's place, not the start.
    clearInvalidConfig: true,
  });

  /** Options for the next window: the last place, if it is still on a screen. */
  opening(): { width: number; height: number; x?: number; y?: number } {
    const bounds = this.store.get('bounds');
    return bounds !== null && isVisible(bounds) ? bounds : { ...firstWindow };
  }

  get maximized(): boolean {
    return this.store.get('maximized') === true;
  }

  /** Remembers the window's place when it closes. */
  follow(window: BrowserWindow): void {
    window.on('close', () => {
      // A place that cannot be remembered (disk full, read-only) must not keep the window open.
      try {
        this.store.set({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
      } catch {}
    });
  }
}

/** A title bar's worth of the window lies on some screen. */
function isVisible(bounds: Rectangle): boolean {
  if (![bounds.x, bounds.y, bounds.width, bounds.height].every(Number.isInteger)) return false;
  if (bounds.width < smallestWindow.width || bounds.height < smallestWindow.height) return false;
  return screen.getAllDisplays().some(({ workArea }) => {
    const left = Math.max(bounds.x, workArea.x);
    const right = Math.min(bounds.x + bounds.width, workArea.x + workArea.width);
    return right - left >= 100 && bounds.y >= workArea.y && bounds.y < workArea.y + workArea.height - 40;
  });
}
