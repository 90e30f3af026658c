import { configuredCommands } from '#electron/services/rotation/rotation-planner.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import type { RunbookContext } from '#shared/logic/runbook-route.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RotationRecord, RotationState } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';

const unactivated: readonly RotationState[] = ['planned', 'preflighted', 'pending', 'staged'];

/** Null where the rotation is blocked before it was ever activated. */
function stateOf({ state, state_before_block: before }: RotationRecord): RotationState {
  return state === 'blocked' ? (before ?? 'planned') : state;
}

/** Rotations that were planned and never activated: giving them up changes nothing for anybody. */
export function isUnactivated(rotation: RotationRecord): boolean {
  return !hasEnded(rotation) && unactivated.includes(stateOf(rotation));
}

/** The facts that the machine of guided runs decides on. `config` is null when the environment was removed since. */
export function runContext(run: RunRecord, config: EnvironmentConfig | null, clock: Clock): RunbookContext {
  const rules = new Map(keyRules(config?.keys ?? {}).map((rule) => [rule.name, rule]));
  const open = run.rotations.filter((rotation) => !hasEnded(rotation));
  const archived = open
    .filter(({ state }) => state === 'archived')
    .map(({ archived_until: until }) => until ?? '');
  return {
    environmentName: run.environment.name,
    mode: run.mode,
    dryRun: run.dry_run,
    keys: run.keys.map((name) => {
      const plan = run.rotations.find(({ key }) => key === name)?.plan;
      const rule = rules.get(name);
      return {
        name,
        // What was planned holds, whatever the configuration says by now.
        protects: plan?.protects ?? rule?.protects ?? 'messages',
        slots: plan?.slots ?? rule?.slots ?? 'one',
        supplied: (plan?.issuer ?? rule?.issuer) === 'supplied',
      };
    }),
    configured: config ? [...configuredCommands(config), ...(config.health ? ['health'] : [])] : [],
    now: timestamp(clock),
    unfinished: open
      .filter((rotation) => !isUnactivated(rotation) && rotation.state !== 'archived')
      .map(({ key }) => key),
    archivedUntil: archived.sort().at(-1) ?? null,
    rollingBack: open.some(({ rollback }) => rollback !== null),
    decisions: open
      .filter(({ state }) => state === 'blocked')
      .map(({ rotation_id, key, blocked_reason: found }) => ({ rotation_id, key, found: found ?? '' })),
  };
}
