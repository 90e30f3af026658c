import { hashOf } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import styles from './standing-banners.module.css';
import { standingTroubles } from './standing-troubles.ts';

/** What is true of the whole window and must not be forgotten: the runtime, the keychain, the log. */
export function StandingBanners({ runtimeOnly = false }: { runtimeOnly?: boolean }) {
  const app = useMirror((mirror) => mirror.app);
  if (app === null) return null;
  const { keychain, log, runtime } = app;
  const troubles = standingTroubles(app);
  const keychainFails = !runtimeOnly && troubles.keychain;
  const logFails = !runtimeOnly && troubles.log;
  if (runtime === 'release' && !keychainFails && !logFails) return null;
  return (
    <aside aria-label="Standing notices">
      {runtime === 'development' && (
        <Banner thin tone="warning" title="Development runtime: not for production secrets." />
      )}
      {keychainFails && (
        <Banner
          thin
          tone="danger"
          title="No keychain that keeps what it is given."
          actions={
            <a className={styles.link} href={hashOf({ screen: 'settings' })}>
              Mend it in Settings
            </a>
          }
        >
          {keychain?.message} Nothing can be rotated until then.
        </Banner>
      )}
      {logFails && (
        <Banner
          thin
          tone="danger"
          title={log.state === 'corrupt' ? 'The event log is damaged.' : 'The event log cannot be written.'}
          actions={
            <a className={styles.link} href={hashOf({ screen: 'events' })}>
              Mend it in Events
            </a>
          }
        >
          {log.message} Rotations stop until someone decides.
        </Banner>
      )}
    </aside>
  );
}
