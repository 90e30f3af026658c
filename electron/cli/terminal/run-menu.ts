import { resolve } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RunActOffer, RunDetail } from '#shared/model/run-detail.ts';
import { Secret } from '#shared/model/secret.ts';
import { Operator } from '#shared/model/settings.ts';
import { askReason } from './act-prompts.ts';
import { wrap } from './markdown-text.ts';
import { type Prompter, printable } from './prompter.ts';
import { showSteps } from './step-screen.ts';

type MenuAct = RunActOffer['act'] | 'steps' | 'evidence' | 'back';

/** What concerns the run as a whole. Returns true when the person leaves the run for now. */
export async function runMenu(prompter: Prompter, services: Services, detail: RunDetail): Promise<boolean> {
  const { guided, recovery } = services;
  const { run_id: runId } = detail.run;
  const chosen = await prompter.select<MenuAct>('The run', [
    { value: 'steps', label: 'Show all steps' },
    { value: 'evidence', label: 'Show the evidence' },
    ...detail.acts.map(({ act, label }) => ({ value: act as MenuAct, label })),
    { value: 'back', label: 'Back to the step' },
  ]);
  switch (chosen) {
    case 'steps':
      showSteps(prompter, detail);
      return false;
    case 'evidence':
      await showEvidence(prompter, services, detail);
      return false;
    case 'note':
      await guided.note(runId, await askReason(prompter, 'Note'));
      return false;
    case 'pause':
      return true;
    case 'resume':
      await guided.resume(runId);
      return false;
    case 'hand-over': {
      const to = await prompter.text('E-mail address of the person who takes over', (value) =>
        Operator.shape.email.safeParse(value.trim()).success
          ? null
          : 'Write an address such as ada@example.org.',
      );
      await guided.handOver(runId, to.trim(), await askReason(prompter, 'Where does it stand, what is next'));
      prompter.line(`Handed over to ${to.trim()}. They go on with: rekey run resume ${runId}`);
      return true;
    }
    case 'take-over':
      await guided.takeOver(runId, await askReason(prompter, 'Why do you take it over'));
      return false;
    case 'roll-back':
      await rollBack(prompter, services, detail);
      return false;
    case 'abort':
      await guided.abort(runId, await askReason(prompter, 'Why is the run given up'));
      return false;
    case 'recovery-file': {
      const out = await prompter.text('File to write (away from this machine, if you can)', (value) =>
        value.trim() === '' ? 'A name is needed.' : null,
      );
      prompter.line('At least 12 characters; without it nothing opens the file.');
      const passphrase = await prompter.secret('Passphrase of the recovery file');
      const again = await prompter.secret('The same passphrase again');
      if (passphrase !== again) {
        prompter.problem('The two differ. No file was written.');
        return false;
      }
      await recovery.writeFile(runId, resolve(out.trim()), { passphrase: new Secret(passphrase) });
      prompter.line(`Written: ${resolve(out.trim())}`);
      return false;
    }
    case 'export': {
      const path = resolve(`run-${runId.slice(0, 8)}.md`);
      await guided.exportTimeline(runId, path);
      prompter.line(`Written: ${path}`);
      return false;
    }
    default:
      return false;
  }
}

async function rollBack(prompter: Prompter, { guided }: Services, detail: RunDetail): Promise<void> {
  const { rollback, environment, run } = detail;
  for (const line of rollback.lines)
    for (const part of wrap(printable(line), prompter.width)) prompter.line(part);
  if (rollback.restores_compromised) {
    prompter.problem('The old value is compromised: rolling back gives it to whoever has it.');
    const sure = await prompter.select('Restore the compromised value', [
      { value: 'no', label: 'No, leave everything as it is' },
      { value: 'yes', label: 'Yes, on purpose' },
    ]);
    if (sure === 'no') return;
  }
  const reason = await askReason(prompter, 'Why is it rolled back');
  if (environment.stage === 'production') {
    await prompter.text(`Type ${environment.name} to roll back`, (value) =>
      value.trim() === environment.name ? null : `Type ${environment.name}, or leave with Ctrl-C.`,
    );
  }
  await guided.rollBack(run.run_id, { reason, restoreCompromised: rollback.restores_compromised });
}

async function showEvidence(prompter: Prompter, { guided }: Services, detail: RunDetail): Promise<void> {
  const all = detail.run.steps.flatMap((step) => step.evidence.map((evidence) => ({ step, evidence })));
  if (all.length === 0) {
    prompter.line('There is no evidence in this run yet.');
    return;
  }
  const hash = await prompter.select(
    'Which',
    all.map(({ step, evidence }) => ({
      value: evidence.sha256,
      label: `${step.id}: ${evidence.label}`,
      hint: `${evidence.redactions} redacted`,
    })),
  );
  try {
    for (const line of guided.evidenceText(detail.run.run_id, hash).split('\n'))
      prompter.line(printable(line));
    prompter.line(`SHA-256 ${hash}`);
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    prompter.problem(error.message);
  }
}
