import { Plus } from 'lucide-react';
import { standingTroubles } from '#renderer/features/shell/standing-troubles.ts';
import { FirstEnvironment } from '#renderer/features/welcome/first-environment.tsx';
import { navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page, Section } from '#renderer/ui/page/page.tsx';
import { useNow } from '#renderer/ui/time/use-now.ts';
import { Alerts } from './alerts.tsx';
import { alertsOf } from './alerts-of.ts';
import { ComplianceScore } from './compliance-score.tsx';
import { DueNext } from './due-next.tsx';
import { Matrix } from './matrix.tsx';
import styles from './overview.module.css';
import { withRecorded } from './recorded-alerts.ts';

/** Is anything on fire? Then: where does each key stand, and what comes due next. */
export function Overview() {
  const app = useMirror((mirror) => mirror.app);
  const environments = useMirror((mirror) => mirror.environments);
  const runs = useMirror((mirror) => mirror.runs);
  const problem = useMirror((mirror) => mirror.problems.environments);
  const recorded = useMirror((mirror) => mirror.alerts);
  const now = useNow();
  useReady('overview', app !== null && environments !== null && runs !== null);

  if (problem) {
    return (
      <Page title="Overview">
        <ErrorNotice
          error={problem}
          actions={<Button onClick={() => void loadEnvironments()}>Try again</Button>}
        />
      </Page>
    );
  }
  if (app === null || environments === null || runs === null) {
    return (
      <Page title="Overview">
        <Loading label="Reading the environments" lines={6} />
      </Page>
    );
  }
  const counted = environments.filter(({ id }) => id !== app.practice.environmentId);
  const seen = alertsOf({ environments, runs, signer: app.signer, now });
  const alerts = withRecorded(seen, recorded?.alerts ?? []);
  const troubles = Object.values(standingTroubles(app)).filter(Boolean).length;
  const urgent = alerts.filter(({ tone }) => tone === 'danger').length + troubles;
  if (environments.length === 0) {
    return (
      <Page title="Overview" subtitle="No environment is known yet.">
        {alerts.length > 0 && <Alerts alerts={alerts} />}
        <Section title="Begin">
          <FirstEnvironment />
        </Section>
      </Page>
    );
  }
  return (
    <Page
      title="Overview"
      subtitle={standing(urgent, alerts.length, environments.length)}
      actions={
        <Button
          icon={<Plus size={15} aria-hidden="true" />}
          onClick={() => navigate({ screen: 'add-environment' })}
        >
          Add an environment
        </Button>
      }
    >
      {alerts.length > 0 && <Alerts alerts={alerts} />}
      <Section
        title="Keys by environment"
        hint="Days until each key is due. Choose an environment to see why."
      >
        <Matrix environments={environments} practiceId={app.practice.environmentId} now={now} />
      </Section>
      <div className={styles.pair}>
        <Section title="Due next">
          <DueNext environments={environments} now={now} />
        </Section>
        <Section title="Compliance score">
          <ComplianceScore environments={counted} practice={counted.length !== environments.length} />
        </Section>
      </div>
    </Page>
  );
}

/** One line: what is urgent, else what waits, else that nothing does. */
function standing(urgent: number, alerts: number, environments: number): string {
  const matters = (count: number, one: string, many: string) =>
    count === 1 ? `1 matter ${one}` : `${count} matters ${many}`;
  if (urgent > 0) return `${matters(urgent, 'needs', 'need')} someone now.`;
  if (alerts > 0) return `Nothing is urgent; ${matters(alerts, 'waits', 'wait')}.`;
  return `Nothing is urgent in ${environments} ${environments === 1 ? 'environment' : 'environments'}.`;
}
