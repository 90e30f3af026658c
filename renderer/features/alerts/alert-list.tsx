import { BellRing } from 'lucide-react';
import { useState } from 'react';
import { keepAlerts } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { MatterList } from '#renderer/ui/matter-list/matter-list.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { RelativeTime } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { Alert } from '#shared/model/alert.ts';
import type { AutomaticHalt } from '#shared/model/task.ts';
import { AlertRow } from './alert-row.tsx';
import styles from './alerts.module.css';
import { ResumeAutomatic } from './resume-automatic.tsx';
import { SnoozeAlert } from './snooze-alert.tsx';
import { useAlerts } from './use-alerts.ts';

/** So many that were resolved are shown: the log has all. */
const shownResolved = 20;

/** Alerts that are open, put off, and resolved lately. */
export function AlertList() {
  const { value, error, reload } = useAlerts();
  const wake = useCall('alerts.wake');
  const [snoozing, setSnoozing] = useState<Alert | null>(null);
  const [resuming, setResuming] = useState<AutomaticHalt | null>(null);
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (value === null) return <Loading label="Reading the alerts" lines={4} />;
  const newestFirst = [...value.alerts].reverse();
  const open = newestFirst.filter(({ resolved_at }) => resolved_at === null).sort(criticalFirst);
  const wanting = open.filter(({ snoozed }) => snoozed === null);
  const snoozed = open.filter((alert) => alert.snoozed !== null);
  const resolved = newestFirst.filter(({ resolved_at }) => resolved_at !== null).slice(0, shownResolved);
  const haltOf = ({ kind, environment }: Alert) =>
    kind === 'automatic-halted'
      ? value.halted.find((halt) => halt.environment.id === environment?.id)
      : undefined;
  return (
    <div className={styles.sections}>
      {wake.error && <ErrorNotice error={wake.error} />}
      <Section title="Open">
        {wanting.length === 0 ? (
          <EmptyState
            icon={BellRing}
            title={snoozed.length === 0 ? 'Nothing wants a person' : 'Nothing else wants a person'}
          >
            Overdue, changed and invalid keys, failed tasks, services that do not answer and runs that wait
            are told here.
          </EmptyState>
        ) : (
          <MatterList label="Open alerts">
            {wanting.map((alert) => {
              const halt = haltOf(alert);
              return (
                <AlertRow key={alert.id} alert={alert} when={<Since alert={alert} />}>
                  {halt && (
                    <Button
                      size="small"
                      aria-label={`Let it go on: ${alert.title}`}
                      onClick={() => setResuming(halt)}
                    >
                      Let it go on…
                    </Button>
                  )}
                  <Button
                    size="small"
                    aria-label={`Put off: ${alert.title}`}
                    onClick={() => setSnoozing(alert)}
                  >
                    Put off…
                  </Button>
                </AlertRow>
              );
            })}
          </MatterList>
        )}
      </Section>
      {snoozed.length > 0 && (
        <Section title="Put off">
          <MatterList label="Alerts that are put off">
            {snoozed.map((alert) => (
              <AlertRow key={alert.id} alert={alert} when={<PutOff alert={alert} />}>
                <Button
                  size="small"
                  aria-label={`Bring back: ${alert.title}`}
                  onClick={async () => {
                    const reply = await wake.run({ id: alert.id });
                    if (reply?.ok) keepAlerts(reply.value);
                  }}
                >
                  Bring back
                </Button>
              </AlertRow>
            ))}
          </MatterList>
        </Section>
      )}
      {resolved.length > 0 && (
        <Section title="Resolved lately">
          <MatterList label="Alerts that were resolved lately">
            {resolved.map((alert) => (
              <AlertRow
                key={alert.id}
                alert={alert}
                when={
                  <>
                    Resolved <RelativeTime at={alert.resolved_at ?? alert.updated_at} />
                  </>
                }
              />
            ))}
          </MatterList>
        </Section>
      )}
      {snoozing && (
        <SnoozeAlert
          alert={snoozing}
          onClose={() => setSnoozing(null)}
          onSnoozed={(state) => {
            keepAlerts(state);
            notify({ title: 'The alert is put off' });
          }}
        />
      )}
      {resuming && (
        <ResumeAutomatic halt={resuming} onClose={() => setResuming(null)} onResumed={() => void reload()} />
      )}
    </div>
  );
}

function criticalFirst(a: Alert, b: Alert): number {
  const rank = ({ severity }: Alert) => (severity === 'critical' ? 0 : 1);
  return rank(a) - rank(b);
}

function Since({ alert: { raised_at } }: { alert: Alert }) {
  return (
    <>
      Raised <RelativeTime at={raised_at} />
    </>
  );
}

function PutOff({ alert: { snoozed } }: { alert: Alert }) {
  if (snoozed === null) return null;
  return (
    <>
      Comes back <RelativeTime at={snoozed.until} />. {snoozed.by}: “{snoozed.reason}”
    </>
  );
}
