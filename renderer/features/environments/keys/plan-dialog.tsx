import { useState } from 'react';
import { openOverlay } from '#renderer/state/overlay.ts';
import { useLoaded } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { RadioGroup } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import { durationInWords } from '#shared/logic/duration-in-words.ts';
import type { RotationMode } from '#shared/model/rotation.ts';
import styles from './plan-dialog.module.css';
import { protectsWords, slotsWords } from './rule-words.ts';

/** What rotating a key would do here, without doing it. */
export function PlanDialog({
  detail,
  keyName,
  onClose,
}: {
  detail: EnvironmentDetail;
  keyName: string;
  onClose: () => void;
}) {
  const [mode, setMode] = useState<RotationMode>('planned');
  const { value, error, loading, reload } = useLoaded('keys.plan', {
    environmentId: detail.config.id,
    keys: [keyName],
    mode,
  });
  const plan = value?.[0];
  return (
    <Dialog
      open
      onClose={onClose}
      size="large"
      title={`What rotating ${keyName} would do`}
      description={`In ${detail.config.name}. Nothing is changed by looking.`}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            variant={mode === 'emergency' ? 'danger' : 'primary'}
            onClick={() => {
              onClose();
              openOverlay(
                mode === 'emergency'
                  ? { kind: 'emergency', environmentId: detail.config.id, keys: [keyName] }
                  : {
                      kind: 'start-run',
                      defaults: { runbook: 'planned', environmentId: detail.config.id, keys: [keyName] },
                    },
              );
            }}
          >
            Rotate…
          </Button>
        </>
      }
    >
      <RadioGroup
        legend="How"
        name="mode"
        value={mode}
        onChange={(next) => setMode(next as RotationMode)}
        options={[
          {
            value: 'planned',
            label: 'Planned',
            hint: 'With an overlap, where the service can read two values.',
          },
          {
            value: 'emergency',
            label: 'Emergency',
            hint: 'Without an overlap: the old value is the attacker’s.',
          },
        ]}
      />
      {error && <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />}
      {loading && !plan && <Loading label="Planning" lines={3} />}
      {plan && (
        <dl className={styles.plan}>
          <div>
            <dt>Protects</dt>
            <dd>{protectsWords[plan.protects]}</dd>
          </div>
          <div>
            <dt>The service</dt>
            <dd>
              {slotsWords[plan.slots]}
              {plan.slots !== 'one' && (
                <>
                  {' '}
                  (<code>{plan.variables.previous}</code>
                  {plan.slots === 'next+previous' && (
                    <>
                      , <code>{plan.variables.next}</code>
                    </>
                  )}
                  )
                </>
              )}
            </dd>
          </div>
          <div>
            <dt>New value</dt>
            <dd>
              {plan.issuer === 'generated'
                ? 'Generated here'
                : 'Supplied by a third party, typed in when asked'}
            </dd>
          </div>
          <div>
            <dt>Old value accepted</dt>
            <dd>
              {plan.soak_ms === 0
                ? 'not at all, from the moment of the change'
                : `for ${durationInWords(plan.soak_ms)}`}
            </dd>
          </div>
          <div>
            <dt>What users may notice</dt>
            <dd>
              {plan.consequences.length === 0 ? (
                'Nothing.'
              ) : (
                <ul>
                  {plan.consequences.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              )}
            </dd>
          </div>
        </dl>
      )}
    </Dialog>
  );
}
