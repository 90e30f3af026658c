import { dirname } from 'node:path';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { directRunbook } from '#shared/logic/run-fold.ts';
import { afterPause } from '#shared/logic/run-interruption.ts';
import { rollbackBegun } from '#shared/logic/step-drafts.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { type Evidence, openRunStates } from '#shared/model/run.ts';
import { type RunDetail, StepAct } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { RotationJournal } from '../rotation/rotation-journal.ts';
import { ActTaker } from './act-taker.ts';
import { evidenceFileText } from './evidence-store.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import { buildDetail } from './run-detail-builder.ts';
import { RunEvidence } from './run-evidence.ts';
import { isMine, requireCurrent, requireMine, requireOpen } from './run-guards.ts';
import { nextRunbook, rollbackOf } from './run-outlook.ts';
import { runParts, runPartsForReading } from './run-parts.ts';
import { previewOf } from './run-preview.ts';
import { RunSettlement } from './run-settlement.ts';
import { type GuidedRequest, startRun } from './run-start.ts';
import { runSummary } from './run-summary.ts';
import { RunWork } from './run-work.ts';
import { nothingGiven, StepCarrier } from './step-carrier.ts';
import { StepRecorder } from './step-recorder.ts';
import { timelineMarkdown } from './timeline.ts';

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
  readonly #settlement: RunSettlement;
  readonly #evidence: RunEvidence;
  readonly #acts: ActTaker;
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
    this.#settlement = new RunSettlement(services, this.#recorder, this.#work);
    this.#evidence = new RunEvidence(services);
    this.#acts = new ActTaker({
      services,
      recorder: this.#recorder,
      carrier: this.#carrier,
      evidence: this.#evidence,
      announce: async (runId) => {
        if (this.#watchers.size > 0) await this.#shown(runId);
      },
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
    const runId = await startRun(this.#services, request);
    await this.#work.exclusively(runId, () => this.#settlement.settle(runId));
    return this.#shown(runId);
  }

  /** The run with its steps as they stand now. Finds out first whether a crash left something. */
  async detail(idOrPrefix: string): Promise<RunDetail> {
    const services = this.#services;
    const runId = services.runs.get(idOrPrefix).run_id;
    const elsewhere = await this.#settlement.settleIfFree(runId);
    const parts = runPartsForReading(services, runId);
    const { run, runbook } = parts;
    return buildDetail({
      ...parts,
      rollback: rollbackOf(services, run),
      preview: await previewOf(services, parts),
      working: elsewhere || this.#work.of(runId) !== null,
      mine: isMine(services, run),
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
    const runId = requireMine(this.#services, idOrPrefix);
    await this.#work.exclusively(runId, async (work) => {
      await this.#settlement.settle(runId);
      const parts = runParts(this.#services, runId);
      requireCurrent(parts, stepId);
      await this.#acts.take(parts, await this.#evidence.withoutSecrets(parts.run, act), work);
      await this.#settlement.finishIfOver(runId);
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
    const redacted = await this.#evidence.redacted(run, text);
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
    const runId = requireMine(this.#services, idOrPrefix);
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
    const runId = requireMine(this.#services, idOrPrefix);
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
    const runId = requireMine(this.#services, idOrPrefix);
    const run = this.#services.runs.get(runId);
    requireOpen(run);
    const text = await this.#evidence.redacted(run, note);
    this.#journal.run(run, 'note', { text });
    this.#journal.run(run, 'handed-over', { to }, text);
    return this.#shown(runId);
  }

  /** Takes a run over from whoever has it: nothing locks an emergency, but it is recorded. */
  async takeOver(idOrPrefix: string, reason: string): Promise<RunDetail> {
    this.#services.operator();
    const run = this.#services.runs.get(idOrPrefix);
    requireOpen(run);
    const text = await this.#evidence.redacted(run, reason);
    this.#journal.run(run, 'taken-over', { from: run.operator }, text);
    return this.#shown(run.run_id);
  }

  /** Goes on without a host of a fleet. Throws `invalid-input` for one that the run has not. */
  async excludeHost(idOrPrefix: string, host: string, why: string): Promise<RunDetail> {
    const runId = requireMine(this.#services, idOrPrefix);
    const run = this.#services.runs.get(runId);
    requireOpen(run);
    this.#services.rotations.excludeHost(runId, host, await this.#evidence.redacted(run, why));
    return this.#shown(runId);
  }

  /** Throws `point-of-no-return`, `compromised-restore`, `illegal-move`, `run-blocked`; then nothing was changed. */
  async rollBack(
    idOrPrefix: string,
    options: { reason: string; restoreCompromised: boolean },
  ): Promise<RunDetail> {
    const runId = requireMine(this.#services, idOrPrefix);
    await this.#work.exclusively(runId, async (work) => {
      await this.#settlement.settle(runId);
      const { run, step } = runPartsForReading(this.#services, runId);
      requireOpen(run);
      const reason = await this.#evidence.redacted(run, options.reason);
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
      await this.#settlement.endWhenGivenUp(runId, reason);
    });
    return this.#shown(runId);
  }

  /** Gives the run up. Throws `illegal-move` once a value was activated: then it is rolled back, or finished. */
  async abort(idOrPrefix: string, reason: string): Promise<RunDetail> {
    const runId = requireMine(this.#services, idOrPrefix);
    await this.#work.exclusively(runId, async () => {
      const run = this.#services.runs.get(runId);
      requireOpen(run);
      const text = await this.#evidence.redacted(run, reason);
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
  keepEvidence(
    run: RunRecord,
    given: { label: string; text: string; kind?: Evidence['kind'] },
  ): Promise<Evidence> {
    return this.#evidence.keep(run, given);
  }

  async #shown(runId: string): Promise<RunDetail> {
    const detail = await this.detail(runId);
    for (const watcher of this.#watchers) watcher(detail);
    return detail;
  }
}
