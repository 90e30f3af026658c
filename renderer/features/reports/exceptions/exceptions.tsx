import { Plus, ShieldOff } from 'lucide-react';
import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { useLoaded } from '#renderer/state/use-call.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import type { RiskException } from '#shared/model/exception.ts';
import { AddException } from './add-exception.tsx';
import styles from './exceptions.module.css';

/** Risks that somebody accepted for a time: they stay in the report, counted apart, and end by themselves. */
export default function Exceptions() {
  const { value: exceptions, setValue, error, reload } = useLoaded('exceptions.list');
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<RiskException | null>(null);
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (exceptions === null) return <Loading label="Reading the exceptions" lines={3} />;
  const add = (
    <Button icon={<Plus size={15} aria-hidden="true" />} onClick={() => setAdding(true)}>
      Record an exception…
    </Button>
  );
  return (
    <Section
      title="Exceptions"
      hint="A risk that somebody accepts, with a reason and an end. Reports list it, and count its findings apart."
      actions={exceptions.length > 0 ? add : undefined}
    >
      {exceptions.length === 0 ? (
        <EmptyState icon={ShieldOff} title="No risk is accepted" actions={add}>
          Record one where a key cannot be rotated for a while and somebody takes the responsibility.
        </EmptyState>
      ) : (
        <Table label="Exceptions">
          <thead>
            <tr>
              <HeadCell>Environment and key</HeadCell>
              <HeadCell>Accepts</HeadCell>
              <HeadCell>Reason</HeadCell>
              <HeadCell>By</HeadCell>
              <HeadCell>Until</HeadCell>
              <HeadCell>State</HeadCell>
              <HeadCell>
                <span className="visually-hidden">Actions</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {exceptions.map((exception) => (
              <tr key={exception.id}>
                <Cell>
                  {exception.environment.name}
                  <div className={styles.soft}>{exception.key ?? 'all keys'}</div>
                </Cell>
                <Cell>{exception.codes.length === 0 ? 'all findings' : exception.codes.join(', ')}</Cell>
                <Cell>{exception.reason}</Cell>
                <Cell>{exception.accepted_by}</Cell>
                <Cell>{lastDay(exception.until)}</Cell>
                <Cell>
                  <Badge tone={exception.state === 'active' ? 'info' : 'neutral'}>
                    {{ active: 'Active', expired: 'Expired', ended: 'Ended' }[exception.state]}
                  </Badge>
                </Cell>
                <Cell align="end">
                  {exception.state === 'active' && (
                    <Button
                      size="small"
                      aria-label={`End the exception for ${exception.key ?? 'all keys'} in ${exception.environment.name}`}
                      onClick={() => setEnding(exception)}
                    >
                      End…
                    </Button>
                  )}
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {adding && <AddException onClose={() => setAdding(false)} onAdded={setValue} />}
      <ConfirmDialog
        open={ending !== null}
        onClose={() => setEnding(null)}
        title="End this exception?"
        confirmLabel="End it"
        reasonLabel="Why it ends now"
        onConfirm={async ({ reason }) => {
          const reply = await call('exceptions.end', { id: ending?.id ?? '', reason });
          if (!reply.ok) return reply.error;
          setValue(reply.value);
          return null;
        }}
      >
        <p>
          From now on, the findings of {ending?.key ?? 'all keys'} in {ending?.environment.name} count again.
          Both the exception and its end stay in the log.
        </p>
      </ConfirmDialog>
    </Section>
  );
}

/** The last day that it holds, UTC: it ends with that day. */
function lastDay(until: string): string {
  return new Date(Date.parse(until) - 1).toISOString().slice(0, 10);
}
