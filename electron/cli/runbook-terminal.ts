import type { Services } from '#electron/services/compose.ts';
import { keysBehind } from '#shared/logic/host-behind.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { isDue, type KeyName } from '#shared/model/key.ts';
import { openRunStates, type RunView } from '#shared/model/run.ts';
import type { RunDetail, RunStepDetail, StepAct } from '#shared/model/run-detail.ts';
import { askForAct, askReason } from './terminal/act-prompts.ts';
import { wrap } from './terminal/markdown-text.ts';
import { type Choice, Left, openPrompter, type Prompter, printable } from './terminal/prompter.ts';
import { runMenu } from './terminal/run-menu.ts';
import { showBanner, showResult, showStep } from './terminal/step-screen.ts';

/** What `rekey run RUNBOOK ENV` gives; what is missing is asked. */
export interface GuidedTerminalOptions {
  runbook: string;
  /** Null for a runbook about this installation. */
  environmentId: string | null;
  /** For a runbook about a host of a fleet. */
  host: string | null;
  keys: readonly KeyName[];
  reason: string | null;
  dryRun: boolean;
  drill: boolean;
}

/** Walks a runbook in the terminal until its end or until the person leaves. Throws `usage` without a terminal. */
export async function runGuidedInTerminal(
  services: Services,
  options: GuidedTerminalOptions,
): Promise<RunView> {
  requireTerminal(
    'Use a terminal ("ssh -t" over SSH). Without questions: rekey rotate ENV KEY --reason "…" --yes.',
  );
  services.operator();
  const prompter = await terminalPrompter();
  const open = await openRunToGoOn(prompter, services, options);
  if (open) return goOn(prompter, services, open);
  return startAndWalk(prompter, services, options);
}

/** Goes on with a run where it stands. Throws `usage` without a terminal. */
export async function resumeGuidedInTerminal(services: Services, runId: string): Promise<RunView> {
  requireTerminal(
    `Use a terminal ("ssh -t" over SSH): rekey run resume ${runId}. Without questions: rekey run rollback, abort, attest.`,
  );
  services.operator();
  return goOn(await terminalPrompter(), services, runId);
}

function requireTerminal(remedy: string): void {
  if (process.stdin.isTTY && process.stderr.isTTY) return;
  throw new RekeyError('usage', {
    message: 'A guided run asks questions, and there is no terminal here.',
    remedy,
  });
}

function terminalPrompter(): Promise<Prompter> {
  return openPrompter({ input: process.stdin, output: process.stderr }, process.env);
}

async function openRunToGoOn(
  prompter: Prompter,
  { runs, signer }: Services,
  options: GuidedTerminalOptions,
): Promise<string | null> {
  const open = runs
    .openRuns(options.environmentId ?? signer.installationId())
    .filter(({ runbook, dry_run }) => runbook === options.runbook && dry_run === options.dryRun)
    .filter(({ host }) => options.host === null || host === options.host)
    .at(-1);
  if (!open) return null;
  prompter.line(`${open.title} is open since ${open.started_at} (${open.state}).`);
  try {
    const chosen = await prompter.select('Go on with it', [
      { value: 'go-on', label: 'Go on with that run' },
      { value: 'new', label: 'Start a new one' },
    ]);
    return chosen === 'go-on' ? open.run_id : null;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    throw left();
  }
}

async function startAndWalk(
  prompter: Prompter,
  services: Services,
  options: GuidedTerminalOptions,
): Promise<RunView> {
  let detail: RunDetail;
  try {
    const host = await hostOf(prompter, services, options);
    const keys = await keysOf(prompter, services, options);
    const reason = options.reason ?? (await askReason(prompter, 'Why is this run started'));
    detail = await services.guided.start({ ...options, host, keys, reason });
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    throw left();
  }
  return walk(prompter, services, detail.run.run_id);
}

function left(): RekeyError {
  return new RekeyError('usage', {
    message: 'Left before a run was started.',
    remedy: 'Run the command again when you are ready.',
  });
}

/** The hosts that are not as they should be come first. */
async function hostOf(
  prompter: Prompter,
  services: Services,
  { runbook, environmentId, host }: GuidedTerminalOptions,
): Promise<string | null> {
  if (host !== null || environmentId === null) return host;
  if (services.runbooks.load(runbook).runbook.subject !== 'host') return null;
  const { hosts = [] } = await services.status.environment(environmentId);
  // Starting without one says what is wrong.
  if (hosts.length === 0) return null;
  const choices = hosts.map((one) => ({ value: one.host, label: one.host, behind: keysBehind(one, hosts) }));
  return prompter.select(
    'Which host',
    choices
      .sort((one, other) => other.behind.length - one.behind.length)
      .map(({ value, label, behind }) => ({
        value,
        label,
        ...(behind.length > 0 ? { hint: `behind: ${behind.join(', ')}` } : {}),
      })),
  );
}

async function keysOf(
  prompter: Prompter,
  services: Services,
  options: GuidedTerminalOptions,
): Promise<readonly KeyName[]> {
  const { runbook } = services.runbooks.load(options.runbook);
  if (options.environmentId === null || runbook.keys !== 'choose' || options.keys.length > 0)
    return options.keys;
  const status = await services.status.environment(options.environmentId);
  if (status.keys.length === 0) return [];
  return prompter.multiselect(
    'Which keys',
    status.keys.map(({ key, status: state }) => ({ value: key, label: key, hint: state })),
    status.keys.filter((entry) => isDue(entry.status)).map(({ key }) => key),
  );
}

async function goOn(prompter: Prompter, services: Services, runId: string): Promise<RunView> {
  const detail = await services.guided.detail(runId);
  if (detail.mine && detail.run.state === 'paused') await services.guided.resume(runId);
  return walk(prompter, services, runId);
}

/** Step after step, until the run ends or the person leaves it. */
async function walk(prompter: Prompter, services: Services, runId: string): Promise<RunView> {
  const { guided } = services;
  const stopListening = guided.onProgress((id, line) => {
    if (id !== runId) return;
    for (const part of wrap(printable(line), prompter.width, '  ', '    ')) prompter.line(part);
  });
  try {
    for (;;) {
      const detail = await guided.detail(runId);
      if (!openRunStates.includes(detail.run.state)) return await finish(prompter, services, detail);
      const leaves = await oneStep(prompter, services, detail);
      if (leaves || services.runs.get(runId).state === 'paused') {
        await leave(prompter, services, runId);
        return services.runs.get(runId);
      }
    }
  } finally {
    stopListening();
  }
}

const more = 'more';

/** Shows the step, asks what to do, does it. Returns true when the person leaves the run for now. */
async function oneStep(prompter: Prompter, services: Services, detail: RunDetail): Promise<boolean> {
  const step = detail.steps.find(({ current }) => current);
  if (step) showStep(prompter, detail, step);
  else showBanner(prompter, detail);
  if (!detail.mine)
    prompter.problem(`This run belongs to ${detail.run.operator}. Take it over, or let them go on.`);
  let chosen: string;
  try {
    chosen = await prompter.select('What now', choicesOf(step));
  } catch (error) {
    if (error instanceof Left) return true;
    throw error;
  }
  try {
    if (!step || chosen === more) return await runMenu(prompter, services, detail);
    await perform(prompter, services, detail.run.run_id, step, await actOf(prompter, detail, step, chosen));
  } catch (error) {
    // Leaving a question leads back to the step, nothing more.
    if (error instanceof Left) return false;
    if (!isRekeyError(error) || error.exitCode === 5) throw error;
    for (const text of [error.message, error.unchanged, error.remedy]) {
      for (const part of wrap(printable(text), prompter.width)) prompter.problem(part);
    }
  }
  return false;
}

function choicesOf(step: RunStepDetail | undefined): Choice<string>[] {
  const acts = (step?.acts ?? []).flatMap((act): Choice<string>[] => {
    if (act.act === 'answer') {
      return (step?.branches ?? []).map(({ id, label }) => ({
        value: `branch ${id}`,
        label: printable(label),
      }));
    }
    const hint = act.consequence ?? (act.deviation ? 'a deviation' : undefined);
    return [{ value: act.act, label: printable(act.label), ...(hint ? { hint } : {}) }];
  });
  const rest = 'steps, evidence, note, hand over, recovery file, roll back, abort';
  return [...acts, { value: more, label: 'More', hint: rest }, { value: 'leave', label: 'Pause and leave' }];
}

async function actOf(
  prompter: Prompter,
  detail: RunDetail,
  step: RunStepDetail,
  chosen: string,
): Promise<StepAct | null> {
  if (chosen === 'leave') return null;
  if (chosen.startsWith('branch ')) return { act: 'answer', choice: chosen.slice('branch '.length) };
  const offer = step.acts.find(({ act }) => act === chosen);
  return offer ? askForAct(prompter, detail, step, offer) : null;
}

/** Carries the act out. Ctrl-C pauses after the current effect; a second one stops what runs. */
async function perform(
  prompter: Prompter,
  services: Services,
  runId: string,
  step: RunStepDetail,
  act: StepAct | null,
): Promise<void> {
  const { guided } = services;
  if (act === null) {
    await guided.pause(runId);
    return;
  }
  let pausing: Promise<unknown> | null = null;
  const interrupted = () => {
    if (pausing) {
      prompter.line('Stopping what runs.');
      guided.stopCommand(runId);
      return;
    }
    prompter.line('Pausing after the current effect. Ctrl-C again stops what runs.');
    pausing = guided.pause(runId).catch((error: unknown) => {
      if (!isRekeyError(error)) throw error;
    });
  };
  process.on('SIGINT', interrupted);
  try {
    const { run, current_step_id: now } = await guided.act(runId, step.id, act);
    await pausing;
    const passed = now === step.id ? undefined : run.steps.find(({ id }) => id === step.id);
    if (passed) showResult(prompter, passed);
  } finally {
    process.off('SIGINT', interrupted);
  }
}

/** Pauses the run, so that it waits where it stands, and says how to go on. */
async function leave(prompter: Prompter, services: Services, runId: string): Promise<void> {
  const run = services.runs.get(runId);
  const mine = run.operator === services.operator();
  if (mine && openRunStates.includes(run.state) && run.state !== 'paused' && run.state !== 'soaking') {
    await services.guided.pause(runId);
  }
  const { state, resume_after: after } = services.runs.get(runId);
  prompter.line();
  if (state === 'soaking') {
    prompter.line(
      `The run waits${after === null ? '' : ` until ${after}`}. Nothing is lost. Go on then with:`,
    );
  } else {
    prompter.line('The run is paused. Nothing is lost. Go on with:');
  }
  prompter.line(`    rekey run resume ${runId}`);
}

async function finish(prompter: Prompter, services: Services, detail: RunDetail): Promise<RunView> {
  showBanner(prompter, detail);
  for (const line of detail.summary)
    for (const part of wrap(printable(line), prompter.width)) prompter.line(part);
  const next = detail.next_runbook;
  if (!next) return detail.run;
  prompter.line();
  try {
    const chosen = await prompter.select(`Start "${next.title}" now`, [
      { value: 'yes', label: 'Yes' },
      { value: 'no', label: 'No, later' },
    ]);
    if (chosen === 'no') return detail.run;
  } catch (error) {
    if (error instanceof Left) return detail.run;
    throw error;
  }
  return startAndWalk(prompter, services, {
    runbook: next.id,
    environmentId:
      services.runbooks.load(next.id).runbook.subject === 'installation' ? null : detail.run.environment.id,
    host: detail.run.host ?? null,
    keys: next.keys,
    reason: detail.run.reason,
    dryRun: detail.run.dry_run,
    drill: detail.run.drill,
  });
}
