import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { navigate, type Route } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import type { Alert } from '#shared/model/alert.ts';
import styles from './alerts.module.css';

/** One alert: what is so, since when, and what can be done. */
export function AlertRow({ alert, when, children }: { alert: Alert; when: ReactNode; children?: ReactNode }) {
  const { severity, title, detail, environment, resolved_at, snoozed } = alert;
  const isQuiet = resolved_at !== null || snoozed !== null;
  const Icon = resolved_at !== null ? CircleCheck : severity === 'critical' ? CircleAlert : TriangleAlert;
  const route = routeOf(alert);
  return (
    <li className={classNames(styles.alert, !isQuiet && styles[severity])}>
      <Icon size={17} aria-hidden="true" className={styles.icon} />
      <div className={styles.text}>
        <p className={styles.title}>
          {severity === 'critical' && !isQuiet && <span className={styles.severity}>Critical: </span>}
          {title}
        </p>
        {detail !== '' && <p className={styles.detail}>{detail}</p>}
        <p className={styles.when}>{when}</p>
      </div>
      {environment === null ? <span /> : <StageMark stage={environment.stage} />}
      <div className={styles.buttons}>
        {resolved_at === null && route && (
          <Button size="small" aria-label={`Look: ${title}`} onClick={() => navigate(route)}>
            Look
          </Button>
        )}
        {children}
      </div>
    </li>
  );
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
