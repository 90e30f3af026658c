/**
 * One thing that a person does with a fleet, as a process of its own. Arguments: data folder, then `rotate MODE`,
 * `resume`, `roll-back` or `exclude HOST`. Prints the state that the run is left in.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentsFile } from '#shared/model/environment.ts';
import { openRotationWorld } from './rotation-world.ts';

const [data = '', act, detail = ''] = process.argv.slice(2);
const world = openRotationWorld({ data });
const file = EnvironmentsFile.parse(JSON.parse(readFileSync(join(data, 'environments.json'), 'utf8')));
const [config] = file.environments;
if (!config) throw new Error('there is no environment');
const open = () => {
  const [run] = world.runs.openRuns();
  if (!run) throw new Error('no run is open');
  return run.run_id;
};
const run = await {
  rotate: () =>
    world.direct.rotate({
      environmentId: config.id,
      keys: Object.keys(config.keys),
      mode: detail === 'emergency' ? 'emergency' : 'planned',
      reason: 'chaos',
      force: true,
      drill: false,
    }),
  resume: () => world.direct.resume(open()),
  'roll-back': () => world.direct.rollBack(open(), { reason: 'chaos', restoreCompromised: false }),
  exclude: () => world.direct.excludeHost(open(), detail, 'It stays down.'),
}[act as 'rotate' | 'resume' | 'roll-back' | 'exclude']();
console.log(run.state);
await world.close();
