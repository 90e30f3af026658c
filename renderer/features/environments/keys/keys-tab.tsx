import { Ellipsis, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { KeyStatusMark } from '#renderer/features/status/key-status-mark.tsx';
import { keyStatusWords } from '#renderer/features/status/key-status-words.ts';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Menu } from '#renderer/ui/menu/menu.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { daysInWords, dueInWords } from '#renderer/ui/time/format-time.ts';
import { LocalDate } from '#renderer/ui/time/time.tsx';
import { useNow } from '#renderer/ui/time/use-now.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import type { KeyStatusEntry } from '#shared/model/status.ts';
import { Findings } from '../findings.tsx';
import { HostsSection } from './hosts-section.tsx';
import { BaselineDialog, ClearDialog, CompromisedDialog } from './key-dialogs.tsx';
import styles from './keys-tab.module.css';
import { PlanDialog } from './plan-dialog.tsx';
import { slotsWords } from './rule-words.ts';
import { ValidationResult } from './validation-result.tsx';

type KeyDialog = { kind: 'plan' | 'baseline' | 'compromised' | 'clear'; key: string };

export function KeysTab({
  detail,
  onChanged,
}: {
  detail: EnvironmentDetail;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const { config, status, rules } = detail;
  const now = useNow();
  const validate = useCall('environments.validate');
  const [report, setReport] = useState<Awaited<ReturnType<typeof validate.run>>>(null);
  const [dialog, setDialog] = useState<KeyDialog | null>(null);
  const close = () => setDialog(null);

  return (
    <div className={styles.stack}>
      {status.findings.length > 0 && detail.error === null && (
        <Section title="Findings">
          <div className={styles.box}>
            <Findings findings={status.findings} />
          </div>
        </Section>
      )}
      <Section
        title="Keys"
        hint="A fingerprint tells values apart and reveals nothing about them."
        actions={
          <Button
            busy={validate.pending}
            onClick={async () => setReport(await validate.run({ environmentId: config.id }))}
          >
            Validate now
          </Button>
        }
      >
        {validate.error && <ErrorNotice error={validate.error} />}
        {report?.ok && <ValidationResult report={report.value} />}
        {status.keys.length === 0 ? (
          <EmptyState
            icon={KeyRound}
            title={status.reachable ? 'No keys are managed here' : 'The keys are unknown'}
            actions={
              <Button
                onClick={() =>
                  navigate({
                    screen: 'environment',
                    id: config.id,
                    tab: status.reachable ? 'configuration' : 'connection',
                  })
                }
              >
                {status.reachable ? 'Add a key' : 'Look under Connection'}
              </Button>
            }
          >
            {status.reachable
              ? 'None of the known keys is in the file, and the stage requires none.'
              : 'The environment cannot be read.'}
          </EmptyState>
        ) : (
          <Table label="Keys">
            <thead>
              <tr>
                <HeadCell>Key</HeadCell>
                <HeadCell>Status and why</HeadCell>
                <HeadCell align="end">Age</HeadCell>
                <HeadCell>Due</HeadCell>
                <HeadCell>Fingerprint</HeadCell>
                <HeadCell>
                  <span className="visually-hidden">Acts</span>
                </HeadCell>
              </tr>
            </thead>
            <tbody>
              {status.keys.map((entry) => {
                const rule = rules.find(({ name }) => name === entry.key);
                return (
                  <tr key={entry.key}>
                    <th scope="row" className={styles.key}>
                      <span className={styles.name}>{entry.key}</span>
                      <p className={styles.soft}>{rule?.purpose}</p>
                      <p className={styles.soft}>
                        Protects {entry.protects}; the service {slotsWords[entry.slots]}
                      </p>
                    </th>
                    <Cell className={styles.why}>
                      <KeyStatusMark status={entry.status} />
                      <Why entry={entry} />
                    </Cell>
                    <Cell align="end" className={styles.age}>
                      {entry.age_days === null ? (
                        <span className={styles.soft}>unknown</span>
                      ) : (
                        daysInWords(entry.age_days)
                      )}
                    </Cell>
                    <Cell className={styles.due}>
                      {entry.due_at === null ? (
                        <span className={styles.soft}>unknown</span>
                      ) : (
                        <>
                          <LocalDate at={entry.due_at} />
                          <p className={styles.soft}>{dueInWords(entry.due_at, now)}</p>
                        </>
                      )}
                    </Cell>
                    <Cell>
                      {entry.fingerprint === null ? (
                        <span className={styles.soft}>none</span>
                      ) : (
                        <span className={styles.fingerprint}>
                          <code>{entry.fingerprint}</code>
                          <CopyButton
                            text={entry.fingerprint}
                            label={`Copy the fingerprint of ${entry.key}`}
                          />
                        </span>
                      )}
                    </Cell>
                    <Cell>
                      <Menu
                        trigger={
                          <Button
                            size="small"
                            variant="quiet"
                            aria-label={`Acts for ${entry.key}`}
                            icon={<Ellipsis size={16} aria-hidden="true" />}
                          />
                        }
                        items={actsFor(entry, config.id, setDialog)}
                      />
                    </Cell>
                  </tr>
                );
              })}
            </tbody>
          </Table>
        )}
      </Section>
      {status.hosts && <HostsSection environmentId={config.id} hosts={status.hosts} />}
      {dialog?.kind === 'plan' && <PlanDialog detail={detail} keyName={dialog.key} onClose={close} />}
      {dialog?.kind === 'baseline' && (
        <BaselineDialog detail={detail} keyName={dialog.key} onClose={close} onChanged={onChanged} />
      )}
      {dialog?.kind === 'compromised' && (
        <CompromisedDialog detail={detail} keyName={dialog.key} onClose={close} onChanged={onChanged} />
      )}
      {dialog?.kind === 'clear' && (
        <ClearDialog detail={detail} keyName={dialog.key} onClose={close} onChanged={onChanged} />
      )}
    </div>
  );
}

function Why({ entry }: { entry: KeyStatusEntry }) {
  if (entry.problems.length === 0)
    return <p className={styles.soft}>{keyStatusWords[entry.status].meaning}</p>;
  return (
    <ul className={styles.problems}>
      {entry.problems.map((problem) => (
        <li key={`${problem.code}/${problem.message}`}>{problem.message}</li>
      ))}
    </ul>
  );
}

function actsFor(entry: KeyStatusEntry, environmentId: string, open: (dialog: KeyDialog) => void) {
  const { key } = entry;
  return [
    {
      id: 'rotate',
      label: 'Rotate…',
      onSelect: () =>
        openOverlay({ kind: 'start-run', defaults: { runbook: 'planned', environmentId, keys: [key] } }),
    },
    { id: 'plan', label: 'What would be done', onSelect: () => open({ kind: 'plan', key }) },
    { id: 'baseline', label: 'Record its last rotation…', onSelect: () => open({ kind: 'baseline', key }) },
    entry.status === 'compromised'
      ? { id: 'clear', label: 'Take “compromised” back…', onSelect: () => open({ kind: 'clear', key }) }
      : {
          id: 'compromised',
          label: 'Mark as compromised…',
          danger: true,
          onSelect: () => open({ kind: 'compromised', key }),
        },
  ];
}
