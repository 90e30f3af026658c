import { type FormEvent, useState } from 'react';
import { isOpenRun, runStateWord } from '#renderer/features/status/run-state-mark.tsx';
import { StageMark, stageWord } from '#renderer/features/status/stage-mark.tsx';
import { byImportance } from '#renderer/features/status/standing.ts';
import type { StartRunDefaults } from '#renderer/state/overlay.ts';
import { hashOf, navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall, useLoaded } from '#renderer/state/use-call.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Checkbox, RadioGroup, Select, TextArea } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { keysBehind } from '#shared/logic/host-behind.ts';
import type { RunbookListing } from '#shared/model/runbook.ts';
import type { HostStatus } from '#shared/model/status.ts';
import { KeyChoice, keysToBeginWith } from './key-choice.tsx';
import { situations } from './situations.ts';
import styles from './start-run-dialog.module.css';

export interface StartRunDialogProps {
  /** Asks what happened instead of which runbook. */
  emergency: boolean;
  defaults: StartRunDefaults;
  onClose: () => void;
}

/** Chooses runbook, environment and keys. Starting a run changes nothing yet: its first step waits. */
export default function StartRunDialog({ emergency, defaults, onClose }: StartRunDialogProps) {
  const runbooks = useLoaded('runbooks.list');
  const usable = runbooks.value?.filter(({ errors }) => errors.length === 0) ?? null;
  return usable === null ? (
    <Dialog open onClose={onClose} title={title(emergency, defaults)} size="large">
      {runbooks.error ? (
        <ErrorNotice error={runbooks.error} actions={<Button onClick={runbooks.reload}>Try again</Button>} />
      ) : (
        <Loading label="Reading the runbooks" lines={5} />
      )}
    </Dialog>
  ) : (
    <StartRunForm emergency={emergency} defaults={defaults} runbooks={usable} onClose={onClose} />
  );
}

function title(emergency: boolean, defaults: StartRunDefaults): string {
  if (emergency) return 'Emergency';
  return defaults.drill ? 'Start a drill' : 'Start a runbook';
}

function hostProblem(hosts: readonly HostStatus[]): string {
  return hosts.length === 0 ? 'This environment is a single place: it has no other hosts.' : 'Choose a host.';
}

function hostInWords(host: HostStatus, hosts: readonly HostStatus[]): string {
  const behind = keysBehind(host, hosts);
  return behind.length > 0 ? `${host.host} · behind: ${behind.join(', ')}` : host.host;
}

function StartRunForm({
  emergency,
  defaults,
  runbooks,
  onClose,
}: StartRunDialogProps & { runbooks: readonly RunbookListing[] }) {
  const environments = useMirror((mirror) => mirror.environments) ?? [];
  const runs = useMirror((mirror) => mirror.runs) ?? [];
  const practiceId = useMirror((mirror) => mirror.app?.practice.environmentId ?? null);
  const { run: start, pending, error } = useCall('runs.start');

  const only = environments.length === 1 ? environments[0]?.id : undefined;
  const [runbookId, setRunbookId] = useState<string | null>(
    defaults.runbook ?? (emergency && defaults.keys ? 'emergency' : null),
  );
  const [environmentId, setEnvironmentId] = useState(
    defaults.environmentId ?? (defaults.drill ? (practiceId ?? '') : (only ?? '')),
  );
  const runbook = runbooks.find(({ id }) => id === runbookId) ?? null;
  const aboutInstallation = runbook?.subject === 'installation';
  const aboutHost = runbook?.subject === 'host';
  const environment = aboutInstallation
    ? null
    : (environments.find(({ id }) => id === environmentId) ?? null);
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(
    defaults.keys ? new Set(defaults.keys) : null,
  );
  const hosts = environment?.hosts ?? [];
  const [chosenHost, setChosenHost] = useState(defaults.host ?? '');
  const host = hosts.some((one) => one.host === chosenHost) ? chosenHost : '';
  const keys = chosen ?? keysToBeginWith(environment, runbook?.mode ?? null);
  const [reason, setReason] = useState('');
  const [dryRun, setDryRun] = useState(false);
  const [drill, setDrill] = useState(defaults.drill ?? false);
  const [tried, setTried] = useState(false);
  const isPractice = environment !== null && environment.id === practiceId;

  const problems = {
    runbook: runbook === null ? (emergency ? 'Choose what happened.' : 'Choose a runbook.') : undefined,
    environment: environment === null && !aboutInstallation ? 'Choose an environment.' : undefined,
    host: aboutHost && environment !== null && host === '' ? hostProblem(hosts) : undefined,
    keys: runbook?.keys === 'choose' && keys.size === 0 ? 'Choose at least one key.' : undefined,
    reason: reason.trim().length < 3 ? 'Say why, in a few words.' : undefined,
  };
  const open = runs.filter(
    ({ state, environment: at, runbook: id }) =>
      isOpenRun(state) && (aboutInstallation ? id === runbook.id : at.id === environmentId),
  );

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (pending || Object.values(problems).some(Boolean) || !runbook) return;
    const present = environment?.keys.map(({ key }) => key) ?? [];
    const reply = await start({
      runbook: runbook.id,
      environmentId: environment?.id ?? null,
      ...(aboutHost ? { host } : {}),
      keys:
        runbook.keys === 'choose'
          ? present.filter((key) => keys.has(key))
          : runbook.keys === 'all'
            ? present
            : [],
      reason: reason.trim(),
      dryRun,
      drill: drill && isPractice,
    });
    if (!reply?.ok) return;
    keepRun(reply.value);
    onClose();
    navigate({ screen: 'run', id: reply.value.run.run_id });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      size="large"
      title={title(emergency, defaults)}
      description="Starting changes nothing yet. Each step says what it will do before it does it."
      footer={
        <>
          <Button onClick={onClose} disabled={pending}>
            Cancel
          </Button>
          <Button
            type="submit"
            form="start-run"
            variant={emergency && !dryRun ? 'danger' : 'primary'}
            busy={pending}
          >
            {dryRun ? 'Start the dry run' : drill && isPractice ? 'Start the drill' : 'Start the run'}
          </Button>
        </>
      }
    >
      <form id="start-run" noValidate className={styles.form} onSubmit={submit}>
        {emergency ? (
          <RadioGroup
            legend="What happened?"
            name="situation"
            value={runbookId}
            onChange={setRunbookId}
            error={tried ? problems.runbook : undefined}
            options={situations
              .filter(({ runbook: id }) => runbooks.some((one) => one.id === id))
              .map(({ runbook: id, label, hint }) => ({ value: id, label, hint }))}
          />
        ) : (
          <Select
            label="Runbook"
            value={runbookId ?? ''}
            error={tried ? problems.runbook : undefined}
            hint={runbook?.summary}
            onChange={(event) => setRunbookId(event.target.value)}
            options={[
              { value: '', label: 'Choose a runbook', disabled: true },
              ...runbooks.map(({ id, title: name, source }) => ({
                value: id,
                label: source === 'custom' ? `${name} (your own)` : name,
              })),
            ]}
          />
        )}
        {!aboutInstallation && (
          <div className={styles.environment}>
            <Select
              label="Environment"
              value={environmentId}
              error={tried ? problems.environment : undefined}
              onChange={(event) => {
                setEnvironmentId(event.target.value);
                setChosen(null);
              }}
              options={[
                { value: '', label: 'Choose an environment', disabled: true },
                ...byImportance(environments).map(({ id, name, stage }) => ({
                  value: id,
                  label: `${name} · ${stageWord(stage)}`,
                })),
              ]}
            />
            {environment && (
              <span className={styles.stage}>
                <StageMark stage={environment.stage} />
              </span>
            )}
          </div>
        )}
        {aboutHost && environment && (
          <Select
            label="Host"
            value={host}
            error={tried ? problems.host : undefined}
            disabled={hosts.length === 0}
            hint={hosts.length === 0 ? hostProblem(hosts) : undefined}
            onChange={(event) => setChosenHost(event.target.value)}
            options={[
              { value: '', label: 'Choose a host', disabled: true },
              ...hosts.map((one) => ({ value: one.host, label: hostInWords(one, hosts) })),
            ]}
          />
        )}
        {environments.length === 0 && !aboutInstallation && (
          <Banner tone="info" title="No environment is known yet.">
            <p>Add one first, or open the practice environment.</p>
          </Banner>
        )}
        {open.map((one) => (
          <Banner key={one.run_id} tone="warning" title={`A run is open here: ${one.title}.`}>
            <p>
              {runStateWord(one.state)}, by {one.operator}.{' '}
              <a href={hashOf({ screen: 'run', id: one.run_id })} onClick={onClose}>
                Open it
              </a>{' '}
              instead of starting another, if it is the same matter.
            </p>
          </Banner>
        ))}
        {environment && runbook && runbook.keys !== 'none' && (
          <KeyChoice
            environment={environment}
            all={runbook.keys === 'all'}
            chosen={keys}
            onChange={setChosen}
            error={tried ? problems.keys : undefined}
          />
        )}
        <TextArea
          label="Reason"
          hint="Recorded with every event of the run. No secrets."
          rows={2}
          value={reason}
          error={tried ? problems.reason : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className={styles.options}>
          <Checkbox
            label="Dry run"
            hint="Walks every step and executes nothing; shows what would change."
            checked={dryRun}
            onChange={(event) => setDryRun(event.target.checked)}
          />
          <Checkbox
            label="Drill"
            hint={
              isPractice
                ? 'Real effects on the practice environment, timed and recorded as a drill.'
                : 'Only in the practice environment.'
            }
            disabled={!isPractice}
            checked={drill && isPractice}
            onChange={(event) => setDrill(event.target.checked)}
          />
        </div>
        {error && <ErrorNotice error={error} />}
      </form>
    </Dialog>
  );
}
