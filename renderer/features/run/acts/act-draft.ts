import type { RunDetail, RunStepDetail, StepAct, StepActOffer } from '#shared/model/run-detail.ts';

/** What a person has filled in for an act so far. */
export interface ActDraft {
  choice: string | null;
  input: Record<string, string>;
  supplied: Record<string, string>;
  reason: string;
  evidence: string;
  name: string;
  rotationId: string | null;
  decision: 'new-is-primary' | 'old-is-primary' | null;
}

type StepInputField = RunStepDetail['inputs'][number];

/** The date that an archive waits for; the runbook's own fields everywhere else. */
export function inputsOf(detail: RunDetail, step: RunStepDetail): readonly StepInputField[] {
  if (detail.run.waits_for !== 'backup-date' || step.inputs.length > 0) return step.inputs;
  return [
    {
      id: 'backup-expires',
      label: 'When does the last backup that was made under the old value expire?',
      kind: 'date',
      required: true,
      hint: 'The old value stays sealed until then, so that the backup can be restored.',
    },
  ];
}

/** What was answered before is there again when a step is done a second time. */
export function emptyDraft(detail: RunDetail, step: RunStepDetail): ActDraft {
  const before = detail.run.steps.find(({ id }) => id === step.id);
  return {
    choice: before?.choice ?? null,
    input: { ...before?.input },
    supplied: {},
    reason: '',
    evidence: '',
    name: '',
    rotationId: step.decisions.length === 1 ? (step.decisions[0]?.rotation_id ?? null) : null,
    decision: null,
  };
}

/** What is still missing, by field; empty when the act can be sent. */
export function problemsOf(
  offer: StepActOffer,
  draft: ActDraft,
  detail: RunDetail,
  step: RunStepDetail,
): Record<string, string | undefined> {
  const asks = new Set(offer.asks);
  const problems: Record<string, string | undefined> = {};
  if (asks.has('choice') && draft.choice === null) problems.choice = 'Choose one.';
  if (asks.has('reason') && draft.reason.trim().length < 3) problems.reason = 'Say why, in a few words.';
  if (asks.has('name') && draft.name.trim() !== detail.environment.name)
    problems.name = 'This is not the name.';
  if (asks.has('decision') && (draft.rotationId === null || draft.decision === null)) {
    problems.decision = 'Choose which value is in place.';
  }
  if (asks.has('input')) {
    for (const { id, required } of inputsOf(detail, step)) {
      if (required && !draft.input[id]?.trim()) problems[`input/${id}`] = 'This is needed.';
    }
  }
  if (asks.has('supplied')) {
    for (const key of step.supplied_keys) {
      if (!draft.supplied[key]) problems[`supplied/${key}`] = 'Type or paste the value.';
    }
  }
  return problems;
}

/** The act as it is sent. Call it only when `problemsOf` found nothing. */
export function buildAct(offer: StepActOffer, draft: ActDraft, step: RunStepDetail): StepAct {
  const reason = draft.reason.trim();
  const supplied =
    offer.asks.includes('supplied') && step.supplied_keys.length > 0
      ? { supplied: { ...draft.supplied } }
      : {};
  switch (offer.act) {
    case 'answer':
      return { act: 'answer', choice: draft.choice ?? '' };
    case 'submit': {
      const filled = Object.entries(draft.input).filter(([, value]) => value.trim() !== '');
      return { act: 'submit', input: Object.fromEntries(filled) };
    }
    case 'run-action':
      return { act: 'run-action', ...supplied };
    case 'retry':
      return { act: 'retry', ...supplied };
    case 'attest': {
      const text = draft.evidence.trim();
      return { act: 'attest', reason, ...(text === '' ? {} : { text }) };
    }
    case 'skip':
    case 'override':
    case 'end-wait-early':
      return { act: offer.act, reason };
    case 'commit':
      return { act: 'commit', name: draft.name.trim() };
    case 'decide':
      return {
        act: 'decide',
        rotationId: draft.rotationId ?? '',
        decision: draft.decision ?? 'old-is-primary',
        reason,
      };
    case 'add-evidence':
      return { act: 'add-evidence', kind: 'output', label: draft.name.trim(), text: draft.evidence };
    default:
      return { act: offer.act };
  }
}
