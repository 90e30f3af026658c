import { CircleCheck, CircleHelp, ShieldAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Checkbox } from '#renderer/ui/field/field.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import type { HostKeyFinding } from '#shared/model/host-key.ts';
import styles from './environment-fields.module.css';

/**
 * The keys that the hosts showed. A new one is taken over only after a person compared its fingerprint with what whoever
 * runs the host told them; one that cannot be used says why.
 */
export function HostKeys({
  findings,
  compared,
  onCompared,
}: {
  findings: readonly HostKeyFinding[];
  compared: ReadonlySet<string>;
  onCompared: (address: string, isCompared: boolean) => void;
}) {
  const isNew = findings.some(({ state }) => state === 'new');
  const place = useRef<HTMLDivElement>(null);
  // What is to be compared comes below what was filled in: whoever asked for it is brought there.
  useEffect(() => {
    if (findings.length > 0) place.current?.focus();
  }, [findings]);
  return (
    <div ref={place} tabIndex={-1} className={styles.place}>
      <Section
        title="Host keys"
        hint={
          isNew
            ? 'Ask whoever runs a host for its fingerprint, by another way than this connection: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub there. Tick what is the same.'
            : 'Every host shows a key that is known here.'
        }
      >
        <Table label="Host keys">
          <thead>
            <tr>
              <HeadCell>Host</HeadCell>
              <HeadCell>Key</HeadCell>
            </tr>
          </thead>
          <tbody>
            {findings.map((finding) => (
              <tr key={finding.address}>
                <th scope="row" className={styles.host}>
                  {finding.address}
                </th>
                <Cell>
                  <HostKey
                    finding={finding}
                    isCompared={compared.has(finding.address)}
                    onCompared={(isCompared) => onCompared(finding.address, isCompared)}
                  />
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      </Section>
    </div>
  );
}

function HostKey({
  finding: { address, state, type, fingerprint, message, remedy },
  isCompared,
  onCompared,
}: {
  finding: HostKeyFinding;
  isCompared: boolean;
  onCompared: (isCompared: boolean) => void;
}) {
  if (state === 'known') {
    return (
      <Badge tone="success" icon={CircleCheck}>
        Known
      </Badge>
    );
  }
  if (state === 'refused') {
    return (
      <>
        <Badge tone="danger" icon={ShieldAlert}>
          Cannot be used
        </Badge>
        <p className={styles.note}>{message}</p>
        <p className={styles.note}>{remedy}</p>
      </>
    );
  }
  return (
    <>
      <Badge tone="warning" icon={CircleHelp}>
        New
      </Badge>
      <p className={styles.fingerprint}>
        {type} {fingerprint}
      </p>
      <Checkbox
        label={`I compared the fingerprint of ${address}, and it is the same`}
        checked={isCompared}
        onChange={(event) => onCompared(event.target.checked)}
      />
    </>
  );
}
