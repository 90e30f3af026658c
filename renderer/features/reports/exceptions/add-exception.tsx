import { type FormEvent, useState } from 'react';
import { useMirror } from '#renderer/state/store.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { RiskException } from '#shared/model/exception.ts';
import styles from './exceptions.module.css';

/** Findings that people accept for one key. */
const acceptable = [
  { value: '', label: 'All findings' },
  { value: 'overdue', label: 'Overdue' },
  { value: 'unrecorded', label: 'Unrecorded' },
  { value: 'invalid', label: 'Invalid' },
  { value: 'drifted', label: 'Drifted' },
  { value: 'missing', label: 'Missing' },
] as const;

export function AddException({
  onClose,
  onAdded,
}: {
  onClose: () => void;
  onAdded: (exceptions: RiskException[]) => void;
}) {
  const environments = useMirror((mirror) => mirror.environments) ?? [];
  const practiceId = useMirror((mirror) => mirror.app?.practice.environmentId ?? null);
  const choosable = environments.filter(({ id }) => id !== practiceId);
  const { run, pending, error } = useCall('exceptions.add');
  const [environment, setEnvironment] = useState(choosable[0]?.id ?? '');
  const [key, setKey] = useState('');
  const [code, setCode] = useState('');
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState('');
  const [tried, setTried] = useState(false);
  const keys = choosable.find(({ id }) => id === environment)?.keys ?? [];
  const today = new Date().toISOString().slice(0, 10);
  const problems = {
    environment: environment === '' ? 'Add an environment first.' : undefined,
    reason: reason.trim().length < 3 ? 'Say why the risk is accepted.' : undefined,
    until: !/^\d{4}-\d{2}-\d{2}$/.test(until) || until <= today ? 'Give a day to come.' : undefined,
  };
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some(Boolean)) return;
    const reply = await run({
      environment,
      key: key === '' ? null : key,
      codes: code === '' ? [] : [code],
      reason: reason.trim(),
      until,
    });
    if (!reply?.ok) return;
    onAdded(reply.value);
    notify({ title: 'The exception was recorded' });
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title="Record an exception"
      description="You accept the risk in your name, until a day. The finding stays in every report."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="exception" variant="primary" busy={pending}>
            Accept the risk
          </Button>
        </>
      }
    >
      <form id="exception" noValidate className={styles.form} onSubmit={submit}>
        <Select
          label="Environment"
          value={environment}
          options={choosable.map(({ id, name, stage }) => ({ value: id, label: `${name} (${stage})` }))}
          error={tried ? problems.environment : undefined}
          onChange={(event) => {
            setEnvironment(event.target.value);
            setKey('');
          }}
        />
        <Select
          label="Key"
          value={key}
          options={[
            { value: '', label: 'All keys' },
            ...keys.map((one) => ({ value: one.key, label: one.key })),
          ]}
          onChange={(event) => setKey(event.target.value)}
        />
        <Select
          label="Accepts"
          value={code}
          options={acceptable}
          onChange={(event) => setCode(event.target.value)}
        />
        <TextArea
          label="Why"
          rows={2}
          value={reason}
          error={tried ? problems.reason : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
        <TextField
          label="Until"
          type="date"
          value={until}
          hint="The end of that day, UTC. It ends by itself."
          error={tried ? problems.until : undefined}
          onChange={(event) => setUntil(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
