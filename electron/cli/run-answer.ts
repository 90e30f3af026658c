import type { RunOutput } from '#shared/model/command-output.ts';
import type { ExitCode } from '#shared/model/errors.ts';
import type { RunView } from '#shared/model/run.ts';
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
  };
}

/** Prints a run and sets the exit code: 4 when it stopped and waits for a person; a soaking run is good. */
export function answerRun(context: CommandContext, view: RunView): void {
  context.output.answer(runOutput(view), runText(view));
  context.exit(runExitCode(view));
}

export function runExitCode(view: Pick<RunView, 'state'>): ExitCode {
  return view.state === 'paused' || view.state === 'blocked' || view.state === 'running' ? 4 : 0;
}

export function runText(view: RunView): string {
  const rotations = view.rotations.map((rotation) => {
    const adoption = rotation.adoption === null ? '' : `, adoption ${rotation.adoption}`;
    const blocked = rotation.blocked_reason === null ? '' : `: ${rotation.blocked_reason}`;
    return `  ${rotation.key}: ${rotation.state}${adoption}${blocked}`;
  });
  const head = `Run ${view.run_id} on ${view.environment.name}: ${view.state}${view.drill ? ' (drill)' : ''}${view.dry_run ? ' (dry run)' : ''}`;
  return [head, ...rotations, ...nextLines(view)].join('\n');
}

/** How to go on, in one or two lines. */
function nextLines(view: RunView): string[] {
  if (view.state === 'soaking') {
    return [
      `The old value stays accepted${view.resume_after === null ? '' : ` until ${view.resume_after}`}.`,
      `Then finish with: rekey run advance ${view.run_id} --yes`,
    ];
  }
  switch (view.waits_for) {
    case 'attestation':
      return [
        'Whether the service uses the new value could not be proven. Check it, then give your word with evidence:',
        `  rekey run attest ${view.run_id} adopted --evidence FILE --reason "…"   then: rekey run advance ${view.run_id} --yes`,
      ];
    case 'probe':
    case 'decision':
      return [
        `A person must decide: rekey run resume ${view.run_id}, or rekey run rollback ${view.run_id} --reason "…" --yes`,
      ];
    case 'unlock':
      return [`The environment is locked: rekey run unlock "${view.environment.name}" --reason "…"`];
    case 'supplied-value':
      return ['The new value comes from a third party: give it with --value-stdin.'];
    case null:
      return [];
    default:
      return [`Go on with: rekey run resume ${view.run_id}`];
  }
}
