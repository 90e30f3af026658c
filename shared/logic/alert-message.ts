import type { Alert, AlertNews } from '../model/alert.ts';
import type { AlertDetail } from '../model/alert-channel.ts';

/** News of an alert, as a channel is told it. Never a value; `brief` names nothing of the installation. */
export interface AlertMessage {
  type: `alert.${AlertNews}`;
  /** When it happened, RFC 3339. */
  timestamp: string;
  data: {
    kind: Alert['kind'];
    severity: Alert['severity'];
    title: string;
    detail: string | null;
    alert_id: string | null;
    environment: Alert['environment'];
    keys: string[] | null;
    run_id: string | null;
    raised_at: string;
    resolved_at: string | null;
  };
}

const briefTitles: Readonly<Record<Alert['kind'], string>> = {
  overdue: 'A key is overdue',
  'task-failed': 'A task failed',
  validation: 'A key is missing or invalid',
  unavailable: 'A service or an environment is unavailable',
  compromised: 'A key is compromised',
  drift: 'A key was changed outside Rekey',
  'run-blocked': 'A rotation is blocked',
  'soak-over': 'A soak is over',
  'run-waits': 'A rotation waits for a person',
  'automatic-halted': 'Automatic rotation stands still',
  'check-missed': 'No rotation check has succeeded for 26 hours',
  'exception-expired': 'An accepted risk has expired',
  log: 'The event log needs attention',
  keychain: 'The keychain needs attention',
  'channel-failed': 'Alerts do not reach a channel',
};

/** Throws `RangeError` for an alert without news. */
export function alertMessage(alert: Alert, detail: AlertDetail): AlertMessage {
  const { notice, kind, severity, raised_at, resolved_at } = alert;
  if (notice === null) throw new RangeError('Nothing happened to this alert');
  const isFull = detail === 'full';
  return {
    type: `alert.${notice.news}`,
    timestamp: notice.at,
    data: {
      kind,
      severity,
      title: isFull ? alert.title : briefTitles[kind],
      detail: isFull ? alert.detail : null,
      alert_id: isFull ? alert.id : null,
      environment: isFull ? alert.environment : null,
      keys: isFull ? alert.keys : null,
      run_id: isFull ? alert.run_id : null,
      raised_at,
      resolved_at,
    },
  };
}

/** In one line, for where people read. */
export function alertLine({ type, data: { severity, title } }: AlertMessage): string {
  if (type === 'alert.resolved') return `Resolved: ${title}`;
  const again = type === 'alert.returned' ? 'Still so: ' : '';
  return `${severity === 'critical' ? 'Critical: ' : ''}${again}${title}`;
}
