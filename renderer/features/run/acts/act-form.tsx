import { type FormEvent, useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { RadioGroup, SecretField, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { Kbd } from '#renderer/ui/kbd/kbd.tsx';
import type { RunDetail, RunStepDetail, StepActOffer } from '#shared/model/run-detail.ts';
import { buildAct, emptyDraft, inputsOf, problemsOf } from './act-draft.ts';
import styles from './acts.module.css';
import { StepInput } from './step-input.tsx';
import type { StepActing } from './use-step-act.ts';

/** One act: the fields that it asks for, and the button that does it. */
export function ActForm({
  detail,
  step,
  offer,
  act,
  working,
  primary = false,
  onDone,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  offer: StepActOffer;
  act: StepActing;
  working: boolean;
  primary?: boolean;
  onDone?: () => void;
}) {
  const [draft, setDraft] = useState(() => emptyDraft(detail, step));
  const [tried, setTried] = useState(false);
  const asks = new Set(offer.asks);
  const problems = problemsOf(offer, draft, detail, step);
  const shown = (field: string) => (tried ? problems[field] : undefined);
  const set = (change: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...change }));
  const commits = offer.act === 'commit';
  // The button answers it: what is asked stands right above.
  const question =
    offer.act === 'attest' ? step.preview[0] : primary && offer.act === 'confirm' ? step.challenge : null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (working || Object.values(problems).some(Boolean)) return;
    const sent = buildAct(offer, draft, step);
    // What was typed for a third party's value does not stay in the window.
    set({ supplied: {} });
    const problem = await act.perform(sent);
    if (problem === null) onDone?.();
  }

  return (
    <form noValidate className={styles.form} onSubmit={submit}>
      {question && <p className={styles.question}>{question}</p>}
      {asks.has('choice') && (
        <RadioGroup
          legend={step.title}
          legendHidden
          name="choice"
          value={draft.choice}
          onChange={(choice) => set({ choice })}
          error={shown('choice')}
          options={step.branches.map(({ id, label, consequence, leads_to }) => ({
            value: id,
            label,
            hint: (consequence || leads_to) && (
              <>
                {consequence}
                {leads_to && <span className={styles.leadsTo}>Leads to: {leads_to}</span>}
              </>
            ),
          }))}
        />
      )}
      {asks.has('input') &&
        inputsOf(detail, step).map((input) => (
          <StepInput
            key={input.id}
            input={input}
            keys={detail.run.keys}
            value={draft.input[input.id] ?? ''}
            error={shown(`input/${input.id}`)}
            onChange={(value) => set({ input: { ...draft.input, [input.id]: value } })}
          />
        ))}
      {asks.has('supplied') &&
        step.supplied_keys.map((key) => (
          <SecretField
            key={key}
            label={`New value of ${key}`}
            hint="From the third party that issues it. Sealed at once, never shown again."
            value={draft.supplied[key] ?? ''}
            error={shown(`supplied/${key}`)}
            onChange={(event) => set({ supplied: { ...draft.supplied, [key]: event.target.value } })}
          />
        ))}
      {asks.has('decision') &&
        step.decisions.map(({ rotation_id, key, found }) => (
          <div key={rotation_id} className={styles.decision}>
            <p className={styles.found}>
              <strong>Blocked because:</strong> {found}
            </p>
            <RadioGroup
              legend={`Which value of ${key} is in place?`}
              name={rotation_id}
              value={draft.rotationId === rotation_id ? draft.decision : null}
              onChange={(decision) =>
                set({ rotationId: rotation_id, decision: decision as 'new-is-primary' | 'old-is-primary' })
              }
              error={shown('decision')}
              options={[
                {
                  value: 'new-is-primary',
                  label: 'The new value is in place',
                  hint: 'The rotation goes on from there.',
                },
                {
                  value: 'old-is-primary',
                  label: 'The old value is in place',
                  hint: 'The rotation goes back to before the new value was written.',
                },
              ]}
            />
          </div>
        ))}
      {asks.has('reason') && (
        <TextArea
          label={offer.act === 'attest' ? 'What you attest, and how you know' : 'Reason'}
          rows={2}
          value={draft.reason}
          error={shown('reason')}
          onChange={(event) => set({ reason: event.target.value })}
        />
      )}
      {asks.has('evidence') && offer.act === 'attest' && (
        <TextArea
          label="Evidence"
          optional
          mono
          rows={4}
          hint="Paste what shows it, such as the output of a command. Secrets in it are redacted before it is stored."
          value={draft.evidence}
          onChange={(event) => set({ evidence: event.target.value })}
        />
      )}
      {asks.has('name') && (
        <TextField
          label={
            <>
              Type <strong>{detail.environment.name}</strong> to confirm
            </>
          }
          hint={
            step.action_name === 'rotation.retire'
              ? 'This is the point of no return: afterwards only a new rotation leads back.'
              : undefined
          }
          value={draft.name}
          error={shown('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
      )}
      {offer.consequence && (
        <p className={styles.consequence}>
          {offer.consequence}
          {offer.deviation && ' The run ends “completed with deviations”.'}
        </p>
      )}
      <div className={styles.buttons}>
        <Button
          type="submit"
          variant={commits ? 'danger' : 'primary'}
          size={primary ? 'large' : 'medium'}
          busy={working}
          data-primary-act={primary ? '' : undefined}
        >
          {offer.label}
        </Button>
        {primary && (
          <span className={styles.shortcut} aria-hidden="true">
            <Kbd shortcut="Mod+Enter" />
          </span>
        )}
      </div>
    </form>
  );
}
