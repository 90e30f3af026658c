import { CircleAlert, CircleCheck, CircleMinus, type LucideIcon, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import type { ConnectionCheck } from '#shared/ipc/contract.ts';
import styles from '../keys/keys-tab.module.css';

const outcomes: Readonly<Record<ConnectionCheck['outcome'], { word: string; tone: Tone; icon: LucideIcon }>> =
  {
    ok: { word: 'OK', tone: 'success', icon: CircleCheck },
    warning: { word: 'Warning', tone: 'warning', icon: TriangleAlert },
    failed: { word: 'Failed', tone: 'danger', icon: CircleAlert },
    'not-configured': { word: 'Not configured', tone: 'neutral', icon: CircleMinus },
  };

/** Reads, checks permissions, asks the health address. Changes nothing. */
export function ConnectionTest({ environmentId }: { environmentId: string }) {
  const { run, pending, error } = useCall('environments.test');
  const [checks, setChecks] = useState<readonly ConnectionCheck[] | null>(null);
  async function test() {
    const reply = await run({ environmentId });
    if (reply?.ok) setChecks(reply.value);
  }
  return (
    <Section
      title="Connection test"
      hint="Reads the file, checks permissions and asks the health address. It changes nothing."
      actions={
        <Button busy={pending} onClick={() => void test()}>
          {checks === null ? 'Test the connection' : 'Test again'}
        </Button>
      }
    >
      {error && <ErrorNotice error={error} />}
      {pending && checks === null && <Loading label="Testing" lines={3} />}
      <div role="status" className="visually-hidden">
        {checks !== null && !pending && summary(checks)}
      </div>
      {checks !== null && (
        <Table label="Connection checks">
          <thead>
            <tr>
              <HeadCell>Check</HeadCell>
              <HeadCell>Outcome</HeadCell>
              <HeadCell>What was found</HeadCell>
              <HeadCell align="end">Time</HeadCell>
            </tr>
          </thead>
          <tbody>
            {checks.map((check) => {
              const { word, tone, icon } = outcomes[check.outcome];
              return (
                <tr key={check.id}>
                  <th scope="row">{check.title}</th>
                  <Cell>
                    <Badge look="plain" tone={tone} icon={icon}>
                      {word}
                    </Badge>
                  </Cell>
                  <Cell>
                    {check.message}
                    {check.remedy && <p className={styles.soft}>{check.remedy}</p>}
                  </Cell>
                  <Cell align="end" className={styles.due}>
                    {Math.round(check.durationMs)} ms
                  </Cell>
                </tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </Section>
  );
}

function summary(checks: readonly ConnectionCheck[]): string {
  const failed = checks.filter(({ outcome }) => outcome === 'failed').length;
  return failed === 0
    ? 'The connection test found no failure.'
    : `The connection test found ${failed} ${failed === 1 ? 'failure' : 'failures'}.`;
}
