import type { CommandResult } from '#electron/environments/environment.ts';
import type { PathStep } from '#shared/logic/rotation-path.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { commandProblem } from './adoption.ts';

/** One rotation with the step that it takes now. */
export interface Taking {
  rotation: RotationRecord;
  step: PathStep;
  /** What the intent says; for the effect to act on, so that doing it again does the same. */
  data: Record<string, unknown>;
}

export type EffectResult =
  | { outcome: 'done'; data: Record<string, unknown>; line?: string }
  | { outcome: 'failed'; code: string; message: string }
  | { outcome: 'blocked'; why: string };

/** What the end of a command says about the effect. */
export function commandResult(result: CommandResult): EffectResult {
  if (result.outcome === 'ok') {
    return { outcome: 'done', data: { exit_code: result.exitCode, duration_ms: result.durationMs } };
  }
  return {
    outcome: 'failed',
    code: result.outcome === 'timed-out' ? 'command-timeout' : 'command-failed',
    message: commandProblem(result),
  };
}

/** The same result for every rotation of a group. */
export function shared(group: readonly Taking[], result: EffectResult): Map<string, EffectResult> {
  return new Map(group.map(({ rotation }) => [rotation.rotation_id, result]));
}

/** One rotation after the other. */
export async function eachOf(
  group: readonly Taking[],
  perform: (taking: Taking) => Promise<EffectResult>,
): Promise<Map<string, EffectResult>> {
  const results = new Map<string, EffectResult>();
  for (const taking of group) results.set(taking.rotation.rotation_id, await perform(taking));
  return results;
}
