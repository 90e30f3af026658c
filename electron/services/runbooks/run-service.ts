import { dirname } from 'node:path';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { Redactor } from '#shared/logic/redact.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { directRunbook } from '#shared/logic/run-fold.ts';
import {
  afterCrash,
  afterPause,
  attested,
  enterRun,
  evidenceAdded,
  finishAction,
  rollbackBegun,
  take,
} from '#shared/logic/runbook-machine.ts';
import { stepView } from '#shared/logic/step-view.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import { type Evidence, openRunStates } from '#shared/model/run.ts';
import { type RunDetail, StepAct } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { Secret } from '#shared/model/secret.ts';
import { RotationJournal } from '../rotation/rotation-journal.ts';
import { attestableFact, factWords } from './attestable-fact.ts';
import { evidenceFileText } from './evidence-store.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import { isUnactivated } from './run-context.ts';
import { buildDetail } from './run-detail-builder.ts';
import { type RunParts, runParts, runPartsForReading } from './run-parts.ts';
import { previewOf } from './run-preview.ts';
import { runRedactor } from './run-secrets.ts';
import { runSummary } from './run-summary.ts';
import { RunWork, type Work } from './run-work.ts';
import { nothingGiven, StepCarrier } from './step-carrier.ts';
import { StepRecorder } from './step-recorder.ts';
import { timelineMarkdown } from './timeline.ts';

/** Which runbook, where, and why. */
export interface GuidedRequest {
  /** Id of a runbook. */
  runbook: string;
  environmentId: string;
  /** For a runbook that lets choose; ignored by the others. */
  keys: readonly KeyName[];
  reason: string;
  dryRun: boolean;
  drill: boolean;
}

/**
 * Guided runs: starts them, shows where they stand, takes a person's acts, and carries out what follows. Every
 * transition is an event, durable before anything else; a run is the fold of its events, so that any process can go
 * on where another one ended.
 */
export class GuidedRuns {
  readonly #services: GuidedDependencies;
  readonly #journal: RotationJournal;
  readonly #recorder: StepRecorder;
  readonly #carrier: StepCarrier;
  readonly #work: RunWork;
  readonly #listeners = new Set<(runId: string, line: string) => void>();
  readonly #watchers = new Set<(detail: RunDetail) => void>();

  constructor(services: GuidedDependencies) {
    this.#services = services;
    this.#journal = new RotationJournal(services.log);
    this.#recorder = new StepRecorder(services.log, services.clock);
    this.#work = new RunWork(services.folders, services.clock);
    this.#carrier = new StepCarrier(services, this.#recorder, (runId, line) => {
      for (const listener of this.#listeners) listener(runId, line);
    });
  }

  /** Redacted lines of what an action is doing, as they come. Returns how to stop listening. */
  onProgress(listener: (runId: string, line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The run's detail whenever this process changed it, also when an action begins. Returns how to stop listening. */
  onChange(watcher: (detail: RunDetail) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /**
   * Starts a run: pins the runbook's text, records the start, and comes to the first step. Throws `operator-unknown`,
   * `runbook-unknown`, `runbook-invalid`, `environment-unknown`, `key-unknown`, `drill-refused`, `invalid-input`.
   */
  async start(request: GuidedRequest): Promise<RunDetail> {
    const services = this.#services;
    services.operator();
    const { runbook, text, sha256 } = services.library.load(request.runbook);
    const config = services.environments.config(request.environmentId);
    if (request.drill && !config.practice) {
      throw new RekeyError('drill-refused', {
        message: `A drill does real effects, and "${config.name}" is not a practice environment.`,
        remedy: 'Start the practice environment and drill there, or make a dry run here.',
      });
    }
    if (request.drill && request.dryRun) {
      throw new RekeyError('usage', {
        message: 'A run is a drill or a dry run, not both.',
        remedy: 'A drill does the real steps on the practice environment; a dry run does nothing anywhere.',
      });
    }
    const environment = { id: config.id, name: config.name, stage: config.stage };
    const redactor = await runRedactor({ environment }, services.environments, services.sealed);
    const reason = redactor.redact(request.reason.trim()).text;
    if (reason === '') {
      throw new RekeyError('invalid-input', {
        message: 'The run has no reason.',
        remedy: 'Say in a few words why it is started; the record asks for it.',
      });
    }
    const keys = await this.#keysFor(runbook, request);
    const runId = services.newId();
    services.folders.pin(runId, text);
    this.#journal.started(
      { run_id: runId, environment, drill: request.drill, reason },
      {
        runbook: runbook.id,
        title:
          keys.length > 0 && runbook.keys === 'choose'
            ? `${runbook.title}: ${keys.join(', ')}`
            : runbook.title,
        mode: runbook.mode,
        dry_run: request.dryRun,
        keys,
        runbook_sha256: sha256,
        runbook_version: runbook.version,
      },
    );
    await this.#work.exclusively(runId, () => this.#settle(runId));
    return this.#shown(runId);
  }

  /** The run with its steps as they stand now. Finds out first whether a crash left something. */
  async detail(idOrPrefix: string): Promise<RunDetail> {
    const services = this.#services;
    const runId = services.runs.get(idOrPrefix).run_id;
    const elsewhere = await this.#settleIfFree(runId);
    const parts = runPartsForReading(services, runId);
    const { run, runbook } = parts;
    return buildDetail({
      ...parts,
      rollback: this.#rollback(run),
      preview: await previewOf(services, parts),
      working: elsewhere || this.#work.of(runId) !== null,
      mine: this.#isMine(run),
      next: nextRunbook(services, run, runbook),
      summary:
        run.ended_at === null && run.state !== 'soaking' ? [] : runSummary(run, runbook, services.clock),
    });
  }

  /**
   * One act at the step at which the run stands. Throws `illegal-move` when the run has moved on or the act is not
   * legal, `invalid-input`, `run-waits` while somebody else acts. What an action meets is the state of its step.
   */
  async act(idOrPrefix: string, stepId: string, given: StepAct): Promise<RunDetail> {
    const act = StepAct.parse(given);
    const runId = this.#requireMine(idOrPrefix);
    await this.#work.exclusively(runId, async (work) => {
      await this.#settle(runId);
      const parts = runParts(this.#services, runId);
      requireCurrent(parts, stepId);
      await this.#take(parts, await this.#withoutSecrets(parts.run, act), work);
      await this.#finishIfOver(runId);
    });
    return this.#shown(runId);
  }

  /** Attaches the text of a file as evidence. Throws `invalid-input` for what is no text. */
  attachFile(runId: string, stepId: string, path: string): Promise<RunDetail> {
    return this.act(runId, stepId, { act: 'add-evidence', kind: 'file', ...evidenceFileText(path) });
  }

  /** Anybody may note something, also while an action is at work and after the end. */
  async note(idOrPrefix: string, text: string): Promise<RunDetail> {
    this.#services.operator();
    const run = this.#services.runs.get(idOrPrefix);
    const redacted = (await this.#redactor(run)).redact(text.trim()).text;
    if (redacted === '') {
      throw new RekeyError('invalid-input', {
        message: 'The note is empty.',
        remedy: 'Write what should be kept.',
      });
    }
    this.#journal.run(run, 'note', { text: redacted });
    return this.#shown(run.run_id);
  }

  /** Pauses; what an action is doing this moment is finished first. */
  async pause(idOrPrefix: string): Promise<RunDetail> {
    const runId = this.#requireMine(idOrPrefix);
    const work = this.#work.of(runId);
    work?.pause.abort();
    await work?.ended;
    const run = this.#services.runs.get(runId);
    if (openRunStates.includes(run.state) && run.state !== 'paused') {
      const { waits_for, resume_after } = run;
      this.#journal.run(run, 'paused', { waits_for, resume_after, why: 'Paused by the operator.' });
    }
    return this.#shown(runId);
  }

  async resume(idOrPrefix: string): Promise<RunDetail> {
    const runId = this.#requireMine(idOrPrefix);
    const run = this.#services.runs.get(runId);
    if (run.runbook === directRunbook && this.#services.resumeDirect) {
      await this.#services.resumeDirect(runId);
    } else if (run.state === 'paused') {
      this.#journal.run(run, 'resumed');
      const { runbook } = runPartsForReading(this.#services, runId);
      const waiting = afterPause(runbook, run);
      if (waiting) this.#recorder.record(this.#services.runs.get(runId), waiting);
    }
    return this.#shown(runId);
  }

  /** Stops the action that is at work in this process, a running command included. */
  stopCommand(idOrPrefix: string): void {
    this.#work.of(this.#services.runs.get(idOrPrefix).run_id)?.stop.abort();
  }

  /** Gives the run to another operator, with a note of where it stands. */
  async handOver(idOrPrefix: string, to: string, note: string): Promise<RunDetail> {
    const runId = this.#requireMine(idOrPrefix);
    const run = this.#services.runs.get(runId);
    requireOpen(run);
    const text = (await this.#redactor(run)).redact(note.trim()).text;
    this.#journal.run(run, 'note', { text });
    this.#journal.run(run, 'handed-over', { to }, text);
    return this.#shown(runId);
  }

  /** Takes a run over from whoever has it: nothing locks an emergency, but it is recorded. */
  async takeOver(idOrPrefix: string, reason: string): Promise<RunDetail> {
    this.#services.operator();
    const run = this.#services.runs.get(idOrPrefix);
    requireOpen(run);
    const { text } = (await this.#redactor(run)).redact(reason.trim());
    this.#journal.run(run, 'taken-over', { from: run.operator }, text);
    return this.#shown(run.run_id);
  }

  /** Throws `point-of-no-return`, `compromised-restore`, `illegal-move`, `run-blocked`; then nothing was changed. */
  async rollBack(
    idOrPrefix: string,
    options: { reason: string; restoreCompromised: boolean },
  ): Promise<RunDetail> {
    const runId = this.#requireMine(idOrPrefix);
    await this.#work.exclusively(runId, async (work) => {
      await this.#settle(runId);
      const { run, step } = runPartsForReading(this.#services, runId);
      requireOpen(run);
      const reason = (await this.#redactor(run)).redact(options.reason.trim()).text;
      const { possible, restoresCompromised } = this.#services.rotations.rollbackPlan(runId);
      if (!possible || (restoresCompromised && !options.restoreCompromised)) {
        // Refused by the service itself, in its own words, before anything is recorded.
        await this.#services.rotations.rollBack(runId, { ...options, reason });
      }
      if (step) this.#recorder.record(run, rollbackBegun(step, reason));
      await this.#carrier.carry(runId, 'rotation.rollback', work, {
        ...nothingGiven,
        restoreCompromised: options.restoreCompromised,
        arguments: { reason },
      });
      await this.#endWhenGivenUp(runId, reason);
    });
    return this.#shown(runId);
  }

  /** Gives the run up. Throws `illegal-move` once a value was activated: then it is rolled back, or finished. */
  async abort(idOrPrefix: string, reason: string): Promise<RunDetail> {
    const runId = this.#requireMine(idOrPrefix);
    await this.#work.exclusively(runId, async () => {
      const run = this.#services.runs.get(runId);
      requireOpen(run);
      const text = (await this.#redactor(run)).redact(reason.trim()).text;
      if (run.rotations.some((rotation) => !hasEnded(rotation)))
        await this.#services.rotations.abandon(runId, text);
      this.#journal.run(this.#services.runs.get(runId), 'aborted', null, text);
    });
    return this.#shown(runId);
  }

  /** The run as Markdown. */
  timeline(idOrPrefix: string): string {
    const { run, runbook } = runPartsForReading(this.#services, idOrPrefix);
    const { log } = this.#services;
    const ofRun = ({ run_id }: LogEvent) => run_id === run.run_id;
    // A run that was open when the log was moved began in the earlier one, and has its last events here.
    const earlier = [...log.earlier()].filter(ofRun);
    const events = [...earlier, ...[...log.scan(earlier.length > 0 ? 0 : run.first_seq)].filter(ofRun)];
    const steps = runbook.steps.length > 0 ? runbook : null;
    return timelineMarkdown(run, steps, runSummary(run, steps, this.#services.clock), events);
  }

  /** Writes the Markdown timeline to a file, replacing it. */
  async exportTimeline(idOrPrefix: string, path: string): Promise<void> {
    const run = this.#services.runs.get(idOrPrefix);
    makePrivateFolder(dirname(path));
    writeFileAtomic(path, this.timeline(run.run_id));
    this.#journal.run(run, 'exported', { path });
  }

  /** A piece of evidence as it was stored, redacted. Throws `invalid-input` when it is not there or was changed. */
  evidenceText(idOrPrefix: string, hash: string): string {
    return this.#services.evidence.read(this.#services.runs.get(idOrPrefix).run_id, hash);
  }

  /** Keeps a person's evidence for a run, redacted; for rotations without a guide too. */
  async keepEvidence(
    run: RunRecord,
    given: { label: string; text: string; kind?: Evidence['kind'] },
  ): Promise<Evidence> {
    const redactor = await this.#redactor(run);
    const by = this.#services.operator();
    return this.#services.evidence.keep(run.run_id, { kind: 'attestation', ...given, by }, redactor);
  }

  async #shown(runId: string): Promise<RunDetail> {
    const detail = await this.detail(runId);
    for (const watcher of this.#watchers) watcher(detail);
    return detail;
  }

  async #take(parts: RunParts, act: StepAct, work: Work): Promise<void> {
    const { run, runbook, context } = parts;
    const runId = run.run_id;
    const taken = take(runbook, run, context, act);
    if (act.act === 'add-evidence') {
      const evidence = await this.keepEvidence(run, act);
      this.#recorder.record(run, evidenceAdded(run, taken.step, evidence));
      return;
    }
    if (taken.draft) this.#recorder.record(run, taken.draft);
    if (taken.followUp !== 'none' && this.#watchers.size > 0) await this.#shown(runId);
    switch (taken.followUp) {
      case 'none':
        return;
      case 'action':
        if (taken.action) await this.#carrier.carry(runId, taken.action, work, carryOptions(act));
        return;
      case 'probe':
        await this.#carrier.probe(runId);
        return;
      case 'attest':
        if (act.act === 'attest') await this.#attest(parts, act, work);
        return;
      case 'decide':
        if (act.act === 'decide') await this.#decide(parts, act);
    }
  }

  async #attest(
    { run, step }: RunParts,
    act: Extract<StepAct, { act: 'attest' }>,
    work: Work,
  ): Promise<void> {
    if (!step) return;
    const concerned = run.rotations.some((rotation) => !hasEnded(rotation))
      ? run
      : this.#rolledBackElsewhere(run);
    const fact = attestableFact(concerned.rotations.filter((rotation) => !hasEnded(rotation)));
    if (!fact) {
      throw new RekeyError('illegal-move', {
        message: 'Nothing waits for your word any more.',
        remedy: 'Try the step again.',
      });
    }
    const text = [`I vouch that ${factWords[fact]}.`, act.reason, act.text ?? '']
      .filter((line) => line !== '')
      .join('\n\n');
    const evidence = await this.keepEvidence(run, { label: `Attested: ${factWords[fact]}`, text });
    this.#recorder.record(run, attested(step, evidence, act.reason));
    try {
      await this.#services.rotations.attest(concerned.run_id, fact, {
        sha256: evidence.sha256,
        reason: act.reason,
      });
    } finally {
      // Whatever became of the word, the action says where the step stands now.
      const { context } = runParts(this.#services, run.run_id);
      const action = context.rollingBack ? 'rotation.rollback' : step.action;
      if (action) await this.#carrier.carry(run.run_id, action, work, nothingGiven);
    }
  }

  async #decide({ run }: RunParts, act: Extract<StepAct, { act: 'decide' }>): Promise<void> {
    const { rotationId, decision, reason } = act;
    const rotation = await this.#services.rotations.decide(run.run_id, rotationId, decision, reason);
    const { run: after, runbook, context, step } = runParts(this.#services, run.run_id);
    const lines = [
      `${rotation.key}: decided that the ${decision === 'new-is-primary' ? 'new' : 'old'} value is in place.`,
    ];
    const draft = finishAction(
      runbook,
      after,
      context,
      step?.action ?? 'rotation.probe',
      { outcome: 'not-done', lines },
      0,
    );
    this.#recorder.record(after, draft);
  }

  /** The run that a recovery is rolling back, which is another one than its own. */
  #rolledBackElsewhere(run: RunRecord): RunRecord {
    const open = this.#services.runs.openRuns(run.environment.id).reverse();
    return open.find(({ rotations }) => rotations.some(({ state }) => state === 'rolling-back')) ?? run;
  }

  async #keysFor(runbook: Runbook, request: GuidedRequest): Promise<KeyName[]> {
    if (runbook.keys === 'none') return [];
    if (runbook.keys === 'all') {
      const keys = (await this.#services.status(request.environmentId)).keys.map(({ key }) => key);
      if (keys.length > 0) return keys;
      throw new RekeyError('key-unknown', {
        message: 'The environment has no keys that Rekey knows.',
        remedy: 'Check its file, or add custom keys to its configuration.',
      });
    }
    const config = this.#services.environments.config(request.environmentId);
    const known = keyRules(config.keys).map(({ name }) => name);
    const keys = [...new Set(request.keys)];
    const unknown = keys.filter((key) => !known.includes(key));
    if (keys.length === 0 || unknown.length > 0) {
      throw new RekeyError('key-unknown', {
        message:
          keys.length === 0
            ? `"${runbook.title}" rotates the keys that you choose, and none was chosen.`
            : `${unknown.join(', ')} is neither in the catalog nor configured for "${config.name}".`,
        remedy: `Choose from: ${known.join(', ')}.`,
      });
    }
    return keys;
  }

  /** Whatever a crash left between two events: a start without a first step, an action without a result, an end. */
  async #settle(runId: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.state === 'paused' || run.runbook_sha256 === null) return;
    const { runbook, context } = runParts(this.#services, runId);
    if (run.steps.length === 0) {
      this.#recorder.record(run, enterRun(runbook, run, context));
      return;
    }
    const found = afterCrash(runbook, run);
    if (found) this.#recorder.record(run, found);
    await this.#finishIfOver(runId);
  }

  /** True when another process is at work on the run. */
  async #settleIfFree(runId: string): Promise<boolean> {
    const run = this.#services.runs.get(runId);
    const atWork = run.steps.some(({ state }) => ['active', 'verifying', 'rolling-back'].includes(state));
    const unsettled = run.steps.length === 0 || atWork || run.current_step_id === null;
    if (!unsettled || !openRunStates.includes(run.state) || run.runbook_sha256 === null) return false;
    if (this.#work.of(runId)) return false;
    try {
      await this.#work.exclusively(runId, () => this.#settle(runId));
      return false;
    } catch (error) {
      if (error instanceof RekeyError && error.code === 'run-waits') return true;
      if (error instanceof RekeyError && error.code === 'runbook-invalid') return false;
      throw error;
    }
  }

  async #finishIfOver(runId: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.current_step_id !== null || run.steps.length === 0) return;
    if (run.rotations.some(isUnactivated)) {
      await this.#services.rotations.abandon(runId, 'The run ended before anything was activated.');
    }
    this.#journal.run(this.#services.runs.get(runId), 'completed');
  }

  /** A run all of whose rotations were given up before activation ends as rolled back: nothing is left of it. */
  async #endWhenGivenUp(runId: string, reason: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.rotations.length === 0 || !run.rotations.every(hasEnded))
      return;
    this.#journal.run(run, 'rolled-back', null, reason);
  }

  #rollback(run: RunRecord): RunDetail['rollback'] {
    if (!openRunStates.includes(run.state) || run.rotations.length === 0) {
      const line =
        run.rotations.length === 0 ? 'Nothing was changed that could be rolled back.' : 'The run has ended.';
      return { possible: false, lines: [line], restores_compromised: false };
    }
    const { possible, lines, restoresCompromised } = this.#services.rotations.rollbackPlan(run.run_id);
    return { possible, lines, restores_compromised: restoresCompromised };
  }

  #redactor(run: RunRecord): Promise<Redactor> {
    return runRedactor(run, this.#services.environments, this.#services.sealed);
  }

  /** Text that a person typed may hold what it should not: it is redacted before it is recorded anywhere. */
  async #withoutSecrets(run: RunRecord, act: StepAct): Promise<StepAct> {
    if (!('reason' in act) && !('input' in act)) return act;
    const redactor = await this.#redactor(run);
    if ('input' in act) {
      const entries = Object.entries(act.input).map(([name, value]) => [name, redactor.redact(value).text]);
      return { ...act, input: Object.fromEntries(entries) };
    }
    return { ...act, reason: redactor.redact(act.reason).text };
  }

  #isMine(run: RunRecord): boolean {
    try {
      return this.#services.operator() === run.operator;
    } catch {
      return false;
    }
  }

  /** Throws `operator-unknown`, and `run-open` when the run belongs to somebody else. */
  #requireMine(idOrPrefix: string): string {
    const operator = this.#services.operator();
    const run = this.#services.runs.get(idOrPrefix);
    if (run.operator === operator) return run.run_id;
    throw new RekeyError('run-open', {
      message: `This run belongs to ${run.operator}.`,
      remedy: 'Let them hand it over to you, or take it over with a reason.',
      details: { run_id: run.run_id, operator: run.operator },
    });
  }
}

function requireCurrent({ run, step }: RunParts, stepId: string): void {
  if (step?.id === stepId) return;
  throw new RekeyError('illegal-move', {
    message: step ? `The run stands at "${step.title}" by now.` : `The run has ended: ${run.state}.`,
    remedy: 'Look at the run again.',
    details: { run_id: run.run_id },
  });
}

function requireOpen(run: RunRecord): void {
  if (openRunStates.includes(run.state)) return;
  throw new RekeyError('illegal-move', {
    message: `The run has ended: ${run.state}.`,
    remedy: 'Start a new run.',
    details: { run_id: run.run_id },
  });
}

function carryOptions(act: StepAct) {
  const supplied = 'supplied' in act && act.supplied ? Object.entries(act.supplied) : [];
  return {
    supplied: new Map(supplied.map(([key, value]) => [key, new Secret(value)])),
    restoreCompromised: act.act === 'run-action' && act.restoreCompromised === true,
    earlyReason: act.act === 'end-wait-early' ? act.reason : null,
  };
}

/** The runbook to which the last decision handed over; its keys are the run's where it lets choose. */
function nextRunbook(
  services: GuidedDependencies,
  run: RunRecord,
  runbook: Runbook,
): RunDetail['next_runbook'] {
  if (run.ended_at === null || run.state === 'aborted') return null;
  for (const step of [...runbook.steps].reverse()) {
    const { choice, state } = stepView(run, step.id);
    const branch = state === 'done' ? step.branches.find(({ id }) => id === choice) : undefined;
    if (!branch?.runbook) continue;
    const listing = services.library.list().find(({ id }) => id === branch.runbook);
    return { id: branch.runbook, title: listing?.title ?? branch.runbook, keys: run.keys };
  }
  return null;
}
