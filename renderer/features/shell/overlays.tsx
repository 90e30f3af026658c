import { lazy, Suspense, useEffect } from 'react';
import { closeOverlay, useOverlay } from '#renderer/state/overlay.ts';

const loadPalette = () => import('#renderer/features/commands/palette.tsx');
const loadStartRun = () => import('#renderer/features/start-run/start-run-dialog.tsx');
const Palette = lazy(loadPalette);
const StartRun = lazy(loadStartRun);

/** The one dialog that any screen may open over itself. */
export function Overlays() {
  const overlay = useOverlay((state) => state.overlay);
  // Loaded once the window is at rest: what is typed right after a shortcut must land in its dialog, and in an
  // emergency nobody waits for a chunk.
  useEffect(() => {
    const idle = requestIdleCallback(() => void Promise.all([loadPalette(), loadStartRun()]), {
      timeout: 5_000,
    });
    return () => cancelIdleCallback(idle);
  }, []);
  if (overlay === null) return null;
  return (
    <Suspense fallback={null}>
      {overlay.kind === 'palette' ? (
        <Palette onClose={closeOverlay} />
      ) : overlay.kind === 'emergency' ? (
        <StartRun
          emergency
          defaults={{
            ...(overlay.environmentId ? { environmentId: overlay.environmentId } : {}),
            ...(overlay.keys ? { keys: overlay.keys } : {}),
          }}
          onClose={closeOverlay}
        />
      ) : (
        <StartRun emergency={false} defaults={overlay.defaults} onClose={closeOverlay} />
      )}
    </Suspense>
  );
}
