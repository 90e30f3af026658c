import { findStep, type RunbookContext } from '#shared/logic/runbook-route.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook, RunbookStep } from '#shared/model/runbook.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import { runContext } from './run-context.ts';
import { type RunWords, runWords } from './run-words.ts';

/** A run with everything that belongs to it, as it is at one moment. */
export interface RunParts {
  readonly run: RunRecord;
  readonly runbook: Runbook;
  readonly config: EnvironmentConfig | null;
  readonly context: RunbookContext;
  readonly words: RunWords;
  readonly step: RunbookStep | null;
}

/** For a run without a runbook (`rekey rotate`), or one whose pinned text is lost: no steps, everything else. */
export function stepless(run: RunRecord): Runbook {
  const phase = { id: 'run', title: 'Run' };
  return {
    id: run.runbook,
    title: run.title,
    summary: 'A rotation without a guide.',
    owner: run.operator,
    version: run.runbook_version ?? '0.0',
    next_review: '9999-12-31',
    mode: run.mode,
    keys: 'choose',
    subject: 'environment',
    phases: [phase],
    steps: [],
  };
}

/** Throws `run-unknown` and `runbook-invalid`. */
export function runParts(services: GuidedDependencies, runId: string): RunParts {
  const run = services.runs.get(runId);
  return partsWith(services, run, pinnedRunbook(services, run));
}

/** The same for looking: a lost runbook leaves the run without its steps. */
export function runPartsForReading(services: GuidedDependencies, runId: string): RunParts {
  const run = services.runs.get(runId);
  try {
    return partsWith(services, run, pinnedRunbook(services, run));
  } catch (error) {
    if (!isRekeyError(error, 'runbook-invalid')) throw error;
    return partsWith(services, run, stepless(run));
  }
}

function pinnedRunbook(services: GuidedDependencies, run: RunRecord): Runbook {
  return run.runbook_sha256 === null ? stepless(run) : services.folders.pinnedRunbook(run);
}

function partsWith(services: GuidedDependencies, run: RunRecord, runbook: Runbook): RunParts {
  const config = configOf(services, run);
  const facts = { contacts: services.contacts(), logFolder: services.log.health().folder };
  return {
    run,
    runbook,
    config,
    context: runContext(run, config, services.clock),
    words: runWords(run, runbook, config, facts),
    step: findStep(runbook, run.current_step_id) ?? null,
  };
}

function configOf(services: GuidedDependencies, run: RunRecord): EnvironmentConfig | null {
  try {
    return services.environments.config(run.environment.id);
  } catch (error) {
    if (isRekeyError(error, 'environment-unknown')) return null;
    throw error;
  }
}
