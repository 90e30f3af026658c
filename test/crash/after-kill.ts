import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { openRunStates } from '#shared/model/run.ts';
import type { Secret } from '#shared/model/secret.ts';
import { consumerEnvironmentId, rowsOf } from './consumer-environment.ts';
import { expectThat } from './expect-that.ts';
import type { RotationWorld } from './rotation-world.ts';
import type { KillPoint, Template } from './template.ts';

// What must hold right after a kill, before anybody does anything about it.

/** Whatever happened: the file parses, each key is old or new, both can be had, and `runs` tells the truth. */
export async function expectNothingLost(
  world: RotationWorld,
  root: string,
  template: Template,
): Promise<void> {
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const { values } = await environment.read({ thorough: false });
  expectThat(values.get('PORT')?.reveal() === '8080', 'an unmanaged variable was changed');
  const sealed = new Map<string, Secret>();
  for (const name of world.sealed.list()) {
    sealed.set(`${name.rotationId}/${name.role}`, await world.sealed.open(name));
  }
  for (const run of world.runs.openRuns()) {
    expectThat(openRunStates.includes(run.state), `run is ${run.state}`);
    for (const rotation of run.rotations) {
      const was = template.before.get(rotation.key);
      const now = values.get(rotation.key)?.reveal();
      const old = sealed.get(`${rotation.rotation_id}/old`);
      const next = sealed.get(`${rotation.rotation_id}/new`);
      const slots = [
        now,
        values.get(`${rotation.key}_PREVIOUS`)?.reveal(),
        values.get(`${rotation.key}_NEXT`)?.reveal(),
      ];
      const isOld = now === (old?.reveal() ?? was) || now === was;
      const isNew = next !== undefined && now === next.reveal();
      expectThat(isOld || isNew, `${rotation.key} is neither its old nor its new value`);
      if (old && next) expectThat(!old.equals(next), `${rotation.key} was sealed twice as the same value`);
      const sealedBoth = rotation.steps_done.includes('seal');
      const committed =
        hasEnded(rotation) || [...rotation.steps_done, rotation.indeterminate_step].some(isDestruction);
      if (sealedBoth && !committed) {
        expectThat(old !== undefined, `${rotation.key}: the old value is not sealed any longer`);
        expectThat(next !== undefined, `${rotation.key}: the new value is not sealed any longer`);
      }
      for (const row of rowsOf(root).filter(({ key }) => key === rotation.key)) {
        const readable = [...slots, old?.reveal(), next?.reveal()].includes(row.value);
        expectThat(readable, `a row of ${rotation.key} is under a value that nobody has`);
      }
      const activation = [rotation.indeterminate_step, ...rotation.steps_done];
      if (rotation.rollback === null) {
        if (isNew)
          expectThat(activation.includes('activate'), `${rotation.key} is new, but the run does not know`);
        if (rotation.steps_done.includes('activate'))
          expectThat(isNew, `${rotation.key} is not active as the run says`);
      } else if (rotation.steps_done.includes('roll-back')) {
        expectThat(isOld, `${rotation.key} is not rolled back as the run says`);
      }
    }
  }
  for (const run of world.runs.list().filter(({ state }) => state === 'completed')) {
    const record = world.runs.get(run.run_id);
    expectThat(record.rotations.every(hasEnded), 'a completed run has open rotations');
  }
  expectSealedIsKnown(world);
}

/** Sealed files that no event names would be nobody's. */
export function expectSealedIsKnown(world: RotationWorld): void {
  const announced = new Set<string>();
  for (const { action, rotation_id } of world.log.scan()) {
    if (action === 'seal-intended') announced.add(rotation_id ?? '');
  }
  for (const { rotationId, role } of world.sealed.list()) {
    expectThat(announced.has(rotationId), `sealed file ${rotationId} (${role}) is not in the log`);
  }
}

/** A lock that a dead process left says so, and a person can take it away. Every other time the run does it itself. */
export async function expectLockCanBeReleased(world: RotationWorld, { at }: KillPoint): Promise<void> {
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const status = await environment.lockStatus();
  if (status === null) return;
  expectThat(status.owner === 'dead', `the lock of a dead process looks ${status.owner}`);
  const other = await environment.lock({ runId: 'another-run', operator: 'bob' }).then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );
  expectThat(other === 'environment-locked', 'another run took the lock over');
  if (at % 2 === 0) return;
  await environment.breakLock();
  expectThat((await environment.lockStatus()) === null, 'the lock is still there');
}

function isDestruction(step: string | null): boolean {
  return step === 'destroy' || step === 'back-destroy' || step === 'abandon-destroy';
}
