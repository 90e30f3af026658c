import { CircleCheck, Unplug } from 'lucide-react';
import { KeyStatusMark } from '#renderer/features/status/key-status-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { keysBehind } from '#shared/logic/host-behind.ts';
import { complianceStatus } from '#shared/model/key.ts';
import type { HostStatus } from '#shared/model/status.ts';
import styles from './keys-tab.module.css';

/** Each host of a fleet: whether it answers, and which of its keys are not as they should be. */
export function HostsSection({
  environmentId,
  hosts,
}: {
  environmentId: string;
  hosts: readonly HostStatus[];
}) {
  const silent = hosts.filter(({ reachable }) => !reachable).length;
  const hint = `${hosts.length} hosts should hold the same keys.${silent > 0 ? ` ${silent} ${silent === 1 ? 'does' : 'do'} not answer.` : ''}`;
  return (
    <Section title="Hosts" hint={hint}>
      <Table label="Hosts">
        <thead>
          <tr>
            <HeadCell>Host</HeadCell>
            <HeadCell>State and why</HeadCell>
          </tr>
        </thead>
        <tbody>
          {hosts.map((host) => (
            <tr key={host.host}>
              <th scope="row" className={styles.key}>
                <span className={styles.name}>{host.host}</span>
              </th>
              <Cell className={styles.why}>
                <HostState
                  host={host}
                  isBehind={keysBehind(host, hosts).length > 0}
                  onCatchUp={() =>
                    openOverlay({
                      kind: 'start-run',
                      defaults: { runbook: 'host-catch-up', environmentId, host: host.host },
                    })
                  }
                />
              </Cell>
            </tr>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

function HostState({
  host: { reachable, keys, problem },
  isBehind,
  onCatchUp,
}: {
  host: HostStatus;
  isBehind: boolean;
  onCatchUp: () => void;
}) {
  if (!reachable) {
    return (
      <>
        <Badge tone="danger" icon={Unplug}>
          Not reachable
        </Badge>
        <p className={styles.soft}>{problem}</p>
      </>
    );
  }
  const bad = keys.filter(({ status }) => !['compliant', 'due_soon'].includes(complianceStatus(status)));
  if (bad.length === 0) {
    return (
      <Badge tone="success" icon={CircleCheck}>
        As it should be
      </Badge>
    );
  }
  return (
    <>
      <ul className={styles.problems}>
        {bad.map(({ key, status }) => (
          <li key={key}>
            <KeyStatusMark status={status} /> {key}
          </li>
        ))}
      </ul>
      {isBehind && (
        <Button size="small" onClick={onCatchUp}>
          Bring it up to date…
        </Button>
      )}
    </>
  );
}
