import { lazy, Suspense, useEffect, useRef } from 'react';
import { navigate, routeOf, useHash } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadApp } from '#renderer/state/sync.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { useNotices } from '#renderer/ui/toast/notify.ts';
import { Overlays } from './overlays.tsx';
import { Screen, screenTitle } from './screen.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';
import styles from './shell.module.css';
import { Sidebar } from './sidebar.tsx';
import { StandingBanners } from './standing-banners.tsx';
import { useFirstScreen } from './use-first-screen.ts';
import { useTheme } from './use-theme.ts';
import { needsWelcome, useWelcome } from './welcome-state.ts';

const Welcome = lazy(() => import('#renderer/features/welcome/welcome.tsx'));
const Toaster = lazy(() => import('#renderer/ui/toast/toaster.tsx'));

/** The window: who is welcome first, then the sidebar and one screen. */
export function Shell() {
  const app = useMirror((mirror) => mirror.app);
  const problem = useMirror((mirror) => mirror.problems.app);
  const skipped = useWelcome((state) => state.skipped);
  const begun = useWelcome((state) => state.next !== null);
  const anyNotice = useNotices((state) => state.last > 0);
  useTheme(app?.settings.theme ?? 'system');
  const welcome = app !== null && !skipped && (begun || needsWelcome(app));
  return (
    <>
      {welcome ? (
        <Suspense fallback={null}>
          <Welcome app={app} />
        </Suspense>
      ) : (
        <Frame ready={app !== null}>
          {problem && (
            <div className={styles.notice}>
              <ErrorNotice
                error={problem}
                actions={<Button onClick={() => void loadApp()}>Try again</Button>}
              />
            </div>
          )}
        </Frame>
      )}
      {anyNotice && (
        <Suspense fallback={null}>
          <Toaster />
        </Suspense>
      )}
    </>
  );
}

function Frame({ ready, children }: { ready: boolean; children: React.ReactNode }) {
  const hash = useHash();
  const route = routeOf(hash);
  const main = useRef<HTMLElement>(null);
  useFirstScreen(ready);
  const place =
    route.screen === 'environment' || route.screen === 'run' ? `${route.screen}/${route.id}` : route.screen;
  useEffect(() => {
    document.title = `${screenTitle[route.screen]} – Rekey`;
    main.current?.scrollTo(0, 0);
  }, [route.screen]);
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Sidebar screen={route.screen} />
      <div className={styles.column}>
        <StandingBanners />
        <main ref={main} tabIndex={-1} className={styles.main}>
          {children}
          <ScreenBoundary key={place} onLeave={() => navigate({ screen: 'overview' })}>
            <Suspense
              fallback={
                <div className={styles.loading}>
                  <Loading label={`Loading ${screenTitle[route.screen]}`} />
                </div>
              }
            >
              <Screen route={route} />
            </Suspense>
          </ScreenBoundary>
        </main>
      </div>
      <Overlays />
    </div>
  );
}
