import type { ReactNode } from 'react';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { navigate, type Route } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Matter, type MatterTone } from '#renderer/ui/matter-list/matter-list.tsx';
import type { Alert } from '#shared/model/alert.ts';
import styles from './alerts.module.css';

/** One alert: what is so, since when, and what can be done. */
export function AlertRow({ alert, when, children }: { alert: Alert; when: ReactNode; children?: ReactNode }) {
  const { title, detail, environment, resolved_at } = alert;
  const tone = toneOf(alert);
  const route = routeOf(alert);
  return (
    <Matter
      tone={tone}
      title={
        <>
          {tone === 'danger' && <span className={styles.severity}>Critical: </span>}
          {title}
        </>
      }
      lines={detail === '' ? [when] : [detail, when]}
      mark={environment && <StageMark stage={environment.stage} />}
      actions={
        <>
          {resolved_at === null && route && (
            <Button size="small" aria-label={`Look: ${title}`} onClick={() => navigate(route)}>
              Look
            </Button>
          )}
          {children}
        </>
      }
    />
  );
}

function toneOf({ severity, resolved_at, snoozed }: Alert): MatterTone {
  if (resolved_at !== null) return 'done';
  if (snoozed !== null) return 'quiet';
  return severity === 'critical' ? 'danger' : 'warning';
}

/** Where it can be put right; null where the alert says all. */
function routeOf({ kind, environment, run_id }: Alert): Route | null {
  if (run_id !== null) return { screen: 'run', id: run_id };
  switch (kind) {
    case 'task-failed':
    case 'check-missed':
    case 'keychain':
      return { screen: 'settings' };
    case 'log':
      return { screen: 'events' };
    case 'channel-failed':
      return { screen: 'alerts', tab: 'channels' };
    case 'exception-expired':
      return { screen: 'reports', tab: 'exceptions' };
    default:
      if (environment === null) return null;
      return {
        screen: 'environment',
        id: environment.id,
        tab: kind === 'unavailable' ? 'connection' : 'keys',
      };
  }
}
