import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { pendingStep } from '#shared/logic/rotation-path.ts';
import { directRunbook } from '#shared/logic/run-fold.ts';
import type { RunOutput } from '#shared/model/command-output.ts';
import type { ExitCode } from '#shared/model/errors.ts';
import type { RotationRecord, RotationView } from '#shared/model/rotation.ts';
import { type HostProgress, openRunStates, type RunView } from '#shared/model/run.ts';
import type { CommandContext } from './context.ts';

/** What `rotate` and the `run` commands print of a run. */
export function runOutput(view: RunView): RunOutput {
  return {
    run_id: view.run_id,
    state: view.state,
    runbook: view.runbook,
    environment: view.environment,
    dry_run: view.dry_run,
    drill: view.drill,
    rotations: view.rotations.map((rotation) => ({
      rotation_id: rotation.rotation_id,
      key: rotation.key,
      state: rotation.state,
      adoption: rotation.adoption,
      old_fingerprint: rotation.old_fingerprint,
      new_fingerprint: rotation.new_fingerprint,
      retire_after: rotation.retire_after,
      blocked_reason: rotation.blocked_reason,
    })),
    waits_for: view.waits_for,
    resume_after: view.resume_after,
    ...(view.hosts ? { hosts: view.hosts } : {}),
    ...(view.excluded_hosts ? { excluded_hosts: view.excluded_hosts } : {}),
  };
}

/** Prints a run and sets the exit code: 4 when it stopped and waits for a person; a soaking run is good. */
export function answerRun(context: CommandContext, view: RunView): void {
  context.output.answer(runOutput(view), runText(view));
  context.exit(runExitCode(view));
}

/** Prints a run of which only a record was made: that was what was asked for, so it is good (0). */
export function answerAttested(context: CommandContext, view: RunView): void {
  const text = [`Your word and its evidence are recorded. Go on with: ${goingOn(view)}`, ...runLines(view)];
  context.output.answer(runOutput(view), text.join('\n'));
}

export function runExitCode(view: Pick<RunView, 'state'>): ExitCode {
  return view.state === 'paused' || view.state === 'blocked' || view.state === 'running' ? 4 : 0;
}

export function runText(view: RunView): string {
  return [...runLines(view), ...nextLines(view)].join('\n');
}

/** The run in one line, then a line for each rotation. */
function runLines(view: RunView): string[] {
  const rotations = view.rotations.map((rotation) => {
    const adoption = rotation.adoption === null ? '' : `, adoption ${rotation.adoption}`;
    const blocked = rotation.blocked_reason === null ? '' : `: ${rotation.blocked_reason}`;
    return `  ${rotation.key}: ${rotation.state}${adoption}${blocked}`;
  });
  const head = `Run ${view.run_id} on ${view.environment.name}: ${view.state}${view.drill ? ' (drill)' : ''}${view.dry_run ? ' (dry run)' : ''}`;
  return [head, ...rotations, ...hostLines(view)];
}

const hostWords: Readonly<Record<HostProgress['state'], string>> = {
  working: 'at work, or interrupted',
  done: 'done',
  failed: 'failed',
  unknown: 'connection lost; what became of it is found out when it is tried again',
};

/** Of a fleet: where each host stands, and which were left out. */
function hostLines({ hosts = [], excluded_hosts: excluded = [] }: RunView): string[] {
  const left = new Set(excluded.map(({ host }) => host));
  return [
    ...hosts
      .filter(({ host }) => !left.has(host))
      .map(
        ({ host, step, state, problem }) =>
          `  ${host}: ${step} ${hostWords[state]}${problem === null ? '' : `: ${problem}`}`,
      ),
    ...excluded.map(({ host, reason }) => `  ${host}: left out: ${reason}`),
  ];
}

/** How to go on, in a few lines. */
function nextLines(view: RunView): string[] {
  if (!openRunStates.includes(view.state)) return [];
  if (view.state === 'soaking') {
    return [
      `The old value stays accepted${view.resume_after === null ? '' : ` until ${view.resume_after}`}.`,
      `Then finish with: ${goingOn(view)}`,
    ];
  }
  switch (view.waits_for) {
    case 'attestation':
      return attestationLines(view);
    case 'probe':
    case 'decision':
      return [
        `A person must decide: rekey run resume ${view.run_id}, or rekey run rollback ${view.run_id} --reason "…" --yes`,
      ];
    case 'unlock':
      return [`The environment is locked: rekey run unlock "${view.environment.name}" --reason "…"`];
    case 'supplied-value':
      return [
        `The new value comes from a third party. Give it on standard input: rekey run resume ${view.run_id} --value-stdin --yes`,
      ];
    default:
      if (view.hosts?.some(({ state }) => state === 'failed' || state === 'unknown')) {
        return [
          `Try again with: rekey run resume ${view.run_id}${view.runbook === directRunbook ? ' --yes' : ''}`,
          `Or leave a host out: rekey run exclude ${view.run_id} HOST --reason "…"`,
          `Or go back: rekey run rollback ${view.run_id} --reason "…" --yes`,
        ];
      }
      return [`Go on with: rekey run resume ${view.run_id}${view.runbook === directRunbook ? ' --yes' : ''}`];
  }
}

/** A guided run is walked on by a person; one without a guide goes on by itself. */
function goingOn(view: Pick<RunView, 'run_id' | 'runbook'>): string {
  return view.runbook === directRunbook
    ? `rekey run advance ${view.run_id} --yes`
    : `rekey run resume ${view.run_id}`;
}

/** What is missing is a person's word; which one depends on where each rotation stands. */
function attestationLines(view: RunView): string[] {
  const facts = new Set(view.rotations.map(missingWord).filter((fact) => fact !== null));
  if (facts.size === 0) facts.add('adopted');
  return [
    ...[...facts].flatMap((fact) => [
      wordsOf[fact],
      `  rekey run attest ${view.run_id} ${fact} --evidence FILE --reason "…"`,
    ]),
    `Then go on with: ${goingOn(view)}`,
  ];
}

type Word = 'stopped' | 're-encrypted' | 'adopted';

const wordsOf: Readonly<Record<Word, string>> = {
  stopped: 'The service must be stopped first. Stop it, then give your word with evidence:',
  're-encrypted': 'The data must be re-encrypted. Do it and check it, then give your word with evidence:',
  adopted: 'Nothing proves that the service uses the new value. Check it, then give your word with evidence:',
};

/** The word for which a rotation waits, or null when it waits for none. */
function missingWord(rotation: RotationView | RotationRecord): Word | null {
  if (!('steps_done' in rotation)) return null;
  const step = pendingStep(rotation);
  if (step === null || hasEnded(rotation)) return null;
  if (step.effect === 'stop') return 'stopped';
  if (step.effect === 'reencrypt' || step.id.endsWith('verify-reencrypted')) return 're-encrypted';
  return rotation.adoption === 'unproven' || step.effect === 'verify' ? 'adopted' : null;
}
