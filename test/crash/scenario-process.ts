import type { Clock } from '#shared/model/clock.ts';
import { openRotationWorld } from './rotation-world.ts';
import { scenarios } from './scenarios.ts';

/** The process that is killed: scenario-process SCENARIO DATA-FOLDER. Bundled once, started thousands of times. */
const [name, data = ''] = process.argv.slice(2);
const scenario = scenarios.find((one) => one.name === name);
if (!scenario) throw new Error(`No scenario "${name}"`);
const clock: Clock = {
  now: () => new Date(Date.now() + scenario.offset),
  monotonic: () => performance.now(),
};
const world = openRotationWorld({ data, clock });
await scenario.act(world);
await world.close();
