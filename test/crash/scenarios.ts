import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DirectRequest } from '#electron/services/rotation/direct-rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { type ConsumerSetup, consumerEnvironmentId, foldersIn } from './consumer-environment.ts';
import type { RotationWorld } from './rotation-world.ts';

/** Something that is interrupted at every durable effect, and what it must come to in the end. */
export interface Scenario {
  name: string;
  setup: ConsumerSetup;
  /** Brings the environment to where the scenario begins. Not interrupted. */
  prepare?: (world: RotationWorld, root: string) => Promise<void>;
  /** Milliseconds by which the clock is later than at the preparation. */
  offset: number;
  /** What is interrupted. */
  act: (world: RotationWorld) => Promise<unknown>;
  /** What a person does after a crash, if there is a run: as a rule "resume". */
  finish: (world: RotationWorld, run: RunRecord) => Promise<RunRecord>;
  /** Every key that is rotated has its new value in the end, its old one again, or was never activated. */
  ends: 'new' | 'old' | 'abandoned';
  /** Rekey has stored nothing in the keychain yet. */
  freshKeychain?: boolean;
}

const hour = 3_600_000;

function request(keys: readonly string[], more: Partial<DirectRequest> = {}): DirectRequest {
  return {
    environmentId: consumerEnvironmentId,
    keys,
    mode: 'planned',
    reason: 'crash test',
    force: true,
    drill: false,
    ...more,
  };
}

const resume: Scenario['finish'] = (world, run) => world.direct.resume(run.run_id);

function openRun(world: RotationWorld): RunRecord {
  const [run] = world.runs.openRuns();
  if (!run) throw new Error('no run is open');
  return run;
}

function rotation(name: string, keys: ConsumerSetup['keys'], more: Partial<DirectRequest> = {}): Scenario {
  const names = Object.keys(keys);
  return {
    name,
    setup: { keys },
    offset: 0,
    act: (world) => world.direct.rotate(request(names, more)),
    finish: resume,
    ends: 'new',
  };
}

const options = { reason: 'crash test', restoreCompromised: false };

function rollback(name: string, keys: ConsumerSetup['keys']): Scenario {
  const names = Object.keys(keys);
  return {
    name,
    setup: { keys },
    offset: 0,
    prepare: async (world) => {
      await world.direct.rotate(request(names));
      if (openRun(world).state !== 'soaking') throw new Error('the scenario does not begin with a soak');
    },
    act: (world) => world.direct.rollBack(openRun(world).run_id, options),
    // Killed before the request was recorded, the person asks again; else the rollback is finished.
    finish: (world, run) =>
      run.rotations.every(({ rollback: asked }) => asked !== null)
        ? world.direct.resume(run.run_id)
        : world.direct.rollBack(run.run_id, options).then(() => world.direct.resume(run.run_id)),
    ends: 'old',
  };
}

const soaking = { slots: 'previous', soak: '30m' } as const;
const at = { soak: '0s' } as const;

export const scenarios: readonly Scenario[] = [
  rotation('planned, messages, previous slot', { API_SIGNING_KEY: { slots: 'previous', ...at } }),
  rotation('emergency, messages', { API_SIGNING_KEY: { slots: 'previous', ...at } }, { mode: 'emergency' }),
  rotation('planned, messages, one slot', { API_SIGNING_KEY: { slots: 'one' } }),
  {
    ...rotation('the keychain’s first use', { API_SIGNING_KEY: { slots: 'one' } }),
    freshKeychain: true,
  },
  rotation('planned, messages, next slot', { API_SIGNING_KEY: { slots: 'next+previous', ...at } }),
  rotation('planned, data, one slot', { ENCRYPTION_KEY: { slots: 'one' } }),
  rotation('planned, data, previous slot', { ENCRYPTION_KEY: { slots: 'previous' } }),
  rotation('planned, data, next slot', { ENCRYPTION_KEY: { slots: 'next+previous' } }),
  rotation('emergency, data, one slot', { ENCRYPTION_KEY: { slots: 'one' } }, { mode: 'emergency' }),
  rotation('all five keys', {
    TOKEN_ENCRYPTION_KEY: { slots: 'previous' },
    JWT_SECRET_KEY: { slots: 'next+previous', ...at },
    WEBHOOK_SIGNING_KEY: { slots: 'one' },
    ENCRYPTION_KEY: { slots: 'one' },
    API_SIGNING_KEY: { slots: 'previous', ...at },
  }),
  rollback('rollback, messages', { API_SIGNING_KEY: soaking }),
  rollback('rollback, data', { ENCRYPTION_KEY: soaking }),
  {
    ...rollback('finish a rollback after its soak', { ENCRYPTION_KEY: soaking }),
    prepare: async (world) => {
      await world.direct.rotate(request(['ENCRYPTION_KEY']));
      await world.direct.rollBack(openRun(world).run_id, options);
    },
    offset: hour,
    act: (world) => world.direct.advance(openRun(world).run_id),
    finish: resume,
  },
  {
    name: 'give up a staged rotation',
    setup: { keys: { API_SIGNING_KEY: { slots: 'next+previous' } } },
    prepare: async (world, root) => {
      const refuses = join(foldersIn(root).environment, 'fail-accepts-next');
      writeFileSync(refuses, '');
      await world.direct.rotate(request(['API_SIGNING_KEY']));
      rmSync(refuses);
    },
    offset: 0,
    act: (world) => world.direct.abort(openRun(world).run_id, 'crash test'),
    finish: (world, run) => world.direct.abort(run.run_id, 'crash test'),
    ends: 'abandoned',
  },
  {
    name: 'retire after the soak',
    setup: { keys: { API_SIGNING_KEY: soaking } },
    prepare: async (world) => {
      await world.direct.rotate(request(['API_SIGNING_KEY']));
    },
    offset: hour,
    act: (world) => world.direct.advance(openRun(world).run_id),
    finish: resume,
    ends: 'new',
  },
  {
    name: 'emergency during a soak',
    setup: { keys: { API_SIGNING_KEY: soaking } },
    prepare: async (world) => {
      await world.direct.rotate(request(['API_SIGNING_KEY']));
    },
    offset: 0,
    act: (world) => world.direct.rotate(request(['API_SIGNING_KEY'], { mode: 'emergency' })),
    finish: resume,
    ends: 'new',
  },
];
