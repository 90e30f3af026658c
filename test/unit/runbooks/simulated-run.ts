import { foldRun } from '#shared/logic/run-fold.ts';
import { afterCrash } from '#shared/logic/run-interruption.ts';
import type { ActionOutcome } from '#shared/logic/runbook-actions.ts';
import { stepActs } from '#shared/logic/runbook-acts.ts';
import { enterRun, finishAction, take } from '#shared/logic/runbook-machine.ts';
import type { RunbookContext } from '#shared/logic/runbook-route.ts';
import { evidenceAdded } from '#shared/logic/step-drafts.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { StepAct, StepActOffer } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import type { StepEventDraft } from '#shared/model/step-event.ts';

export const simulatedContext: RunbookContext = {
  environmentName: 'Shop',
  mode: 'planned',
  dryRun: false,
  keys: [
    { name: 'JWT_SECRET_KEY', protects: 'messages', slots: 'previous', supplied: false },
    { name: 'TOKEN_ENCRYPTION_KEY', protects: 'data', slots: 'one', supplied: false },
  ],
  configured: [],
  now: '2026-11-23T09:00:00.000Z',
  unfinished: [],
  archivedUntil: null,
  rollingBack: false,
  decisions: [],
};

/** A run of the machine alone, in memory: actions do nothing, and end as the test says. */
export class SimulatedRun {
  readonly runbook: Runbook;
  readonly events: LogEvent[] = [];
  context: RunbookContext;
  /** Folded event by event, as a process that follows the log does. */
  followed: RunRecord | null = null;

  constructor(runbook: Runbook, context: RunbookContext) {
    this.runbook = runbook;
    this.context = context;
    this.#append('run', 'started', {
      runbook: runbook.id,
      title: runbook.title,
      mode: context.mode,
      dry_run: context.dryRun,
      keys: context.keys.map(({ name }) => name),
      runbook_sha256: '0'.repeat(64),
      runbook_version: runbook.version,
    });
    this.record(enterRun(runbook, this.view, context));
  }

  /** The view, folded anew from all events. */
  get view(): RunRecord {
    let run: RunRecord | null = null;
    for (const event of this.events) run = foldRun(run, event);
    if (!run) throw new Error('no run');
    return run;
  }

  get offers(): StepActOffer[] {
    return stepActs(this.runbook, this.view, this.context);
  }

  get over(): boolean {
    return this.view.current_step_id === null;
  }

  record(draft: StepEventDraft): void {
    this.#append('step', draft.action, { ...draft.data }, draft.reason);
  }

  /** An act, and what follows it; `outcome` is how an action ends, or null for a crash while it is at work. */
  act(act: StepAct, outcome: ActionOutcome | null): void {
    const { view } = this;
    const taken = take(this.runbook, view, this.context, act);
    if (act.act === 'add-evidence') {
      const evidence = {
        kind: act.kind,
        label: act.label,
        sha256: '0'.repeat(64),
        bytes: 1,
        redactions: 0,
        at: '',
        by: '',
      };
      this.record(evidenceAdded(view, taken.step, evidence));
      return;
    }
    if (taken.draft) this.record(taken.draft);
    if (taken.followUp === 'none') return;
    if (outcome === null) {
      const found = afterCrash(this.runbook, this.view);
      if (found) this.record(found);
      return;
    }
    const action = taken.action ?? taken.step.action ?? 'rotation.probe';
    this.record(finishAction(this.runbook, this.view, this.context, action, outcome, 5));
  }

  #append(
    type: LogEvent['event_type'],
    action: string,
    data: Record<string, unknown>,
    reason: string | null = null,
  ): void {
    const seq = this.events.length;
    const event: LogEvent = {
      timestamp: new Date(Date.parse(this.context.now) + seq).toISOString(),
      event_type: type,
      key_type: null,
      action,
      reason,
      user_id: 'ada@example.org',
      compliance_status: null,
      next_rotation_due: null,
      seq,
      id: '01890000-0000-7000-8000-000000000000',
      environment: { id: 'e', name: 'Shop', stage: 'staging' },
      run_id: 'r',
      rotation_id: null,
      drill: false,
      user_id_source: 'declared',
      host: 'h',
      os_user: 'u',
      app_version: '0',
      data: JSON.parse(JSON.stringify(data)),
    };
    this.events.push(event);
    this.followed = foldRun(this.followed, event);
  }
}
