import { inputProblem } from '#shared/logic/runbook-input.ts';
import type { RunDetail, RunStepDetail, StepAct, StepActOffer } from '#shared/model/run-detail.ts';
import type { Prompter } from './prompter.ts';

const wordNeeded = (value: string): string | null => (value.trim() === '' ? 'A few words are needed.' : null);

/** Asks for a reason; the record keeps it. */
export function askReason(prompter: Prompter, message: string): Promise<string> {
  return prompter.text(message, wordNeeded);
}

/** Asks for all that an act needs, and makes it. Throws `Left` when the person leaves a question. */
export async function askForAct(
  prompter: Prompter,
  detail: RunDetail,
  step: RunStepDetail,
  offer: StepActOffer,
): Promise<StepAct> {
  switch (offer.act) {
    case 'answer':
      return {
        act: 'answer',
        choice: await prompter.select(
          step.title,
          step.branches.map(({ id, label }) => ({ value: id, label })),
        ),
      };
    case 'submit':
      return { act: 'submit', input: await askInputs(prompter, step) };
    case 'run-action':
    case 'retry': {
      const supplied = offer.asks.includes('supplied') ? await askSupplied(prompter, step) : {};
      return Object.keys(supplied).length > 0 ? { act: offer.act, supplied } : { act: offer.act };
    }
    case 'add-evidence':
      return askEvidence(prompter, step);
    case 'attest': {
      const reason = await askReason(prompter, 'What did you check, and why is it enough');
      const text = offer.asks.includes('evidence')
        ? await prompter.paste('Paste what shows it, if there is something to paste.')
        : '';
      return text.trim() === '' ? { act: 'attest', reason } : { act: 'attest', reason, text };
    }
    case 'skip':
      return { act: 'skip', reason: await askReason(prompter, 'Why is it skipped') };
    case 'override':
      return { act: 'override', reason: await askReason(prompter, 'Why go on all the same') };
    case 'end-wait-early':
      return { act: 'end-wait-early', reason: await askReason(prompter, 'Why end the wait early') };
    case 'commit':
      return {
        act: 'commit',
        name: await prompter.text(`Type ${detail.environment.name} to go on`, (value) =>
          value.trim() === detail.environment.name
            ? null
            : `Type ${detail.environment.name}, or leave with Ctrl-C.`,
        ),
      };
    case 'decide':
      return askDecision(prompter, step);
    default:
      return { act: offer.act };
  }
}

async function askInputs(prompter: Prompter, step: RunStepDetail): Promise<Record<string, string>> {
  const input: Record<string, string> = {};
  for (const field of step.inputs) {
    if (field.hint) prompter.line(field.hint);
    const optional = field.required ? '' : ' (may stay empty)';
    input[field.id] = await prompter.text(`${field.label}${optional}`, (value) => inputProblem(field, value));
  }
  return input;
}

async function askSupplied(prompter: Prompter, step: RunStepDetail): Promise<Record<string, string>> {
  const supplied: Record<string, string> = {};
  for (const key of step.supplied_keys) {
    const value = await prompter.secret(`New value of ${key}, as its issuer gave it`);
    if (value !== '') supplied[key] = value;
  }
  return supplied;
}

async function askEvidence(prompter: Prompter, step: RunStepDetail): Promise<StepAct> {
  const label = step.evidence?.label ?? 'Output';
  prompter.line('Secrets in it are redacted before it is stored.');
  return { act: 'add-evidence', kind: 'output', label, text: await prompter.paste(`${label}: paste it.`) };
}

async function askDecision(prompter: Prompter, step: RunStepDetail): Promise<StepAct> {
  const [first] = step.decisions;
  const rotationId =
    step.decisions.length === 1 && first
      ? first.rotation_id
      : await prompter.select(
          'Which key',
          step.decisions.map(({ rotation_id, key, found }) => ({
            value: rotation_id,
            label: key,
            hint: found,
          })),
        );
  const found = step.decisions.find(({ rotation_id }) => rotation_id === rotationId)?.found;
  if (found) prompter.line(found);
  const decision = await prompter.select('Which value is in place', [
    { value: 'new-is-primary', label: 'The new value' },
    { value: 'old-is-primary', label: 'The old value' },
  ]);
  return { act: 'decide', rotationId, decision, reason: await askReason(prompter, 'How do you know') };
}
