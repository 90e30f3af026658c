import { lazy, Suspense } from 'react';
import { closeOverlay, useOverlay } from '#renderer/state/overlay.ts';

const Palette = lazy(() => import('#renderer/features/commands/palette.tsx'));
const StartRun = lazy(() => import('#renderer/features/start-run/start-run-dialog.tsx'));

/** The one dialog that any screen may open over itself. */
export function Overlays() {
  const overlay = useOverlay((state) => state.overlay);
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
