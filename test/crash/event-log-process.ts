/**
 * What is done to an event log between a start and an end. Every event that counts as recorded is printed, because
 * whoever is told so may rely on it. Arguments: scenario, data folder.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Checkpoints } from '#electron/services/events/checkpoints.ts';
import { moveLog } from '#electron/services/events/log-move.ts';
import { Projection } from '#electron/services/events/projection.ts';
import { SettingsStore } from '#electron/services/settings/settings-store.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { logOptions, openLog, step } from '../integration/events/log-fixture.ts';
import { UnsealedSigningKeys } from '../support/unsealed-signing-keys.ts';

const [scenario, data] = process.argv.slice(2) as [string, string];
const { clock, identity } = logOptions(data);
const settings = new SettingsStore({
  path: join(data, 'settings.json'),
  clock,
  identity,
  append: (draft) => print(log.append(draft)),
});
const folder = () => settings.read().logFolder ?? join(data, 'log');
const log = openLog(data, { folder });

switch (scenario) {
  case 'append':
    for (let index = 0; index < 4; index += 1) print(log.append(step('appended', { index })));
    break;
  case 'configure':
    settings.setOperator({ name: 'Ada', email: 'ada@example.org' });
    settings.setContacts([{ role: 'on call', name: 'Bob', reach: '1234' }]);
    break;
  case 'acknowledge':
    print(log.acknowledge('known'));
    print(log.append(step('after')));
    break;
  case 'move':
    print(
      moveLog(log, logOptions('', { folder }), join(data, 'moved'), 'why', (to) => settings.setLogFolder(to)),
    );
    print(log.append(step('after')));
    break;
  case 'checkpoint': {
    const keys = new UnsealedSigningKeys();
    const checkpoints = new Checkpoints({ log, folder, keys, clock, identity, warn: () => {} });
    const make = async () => writeSync(1, `checkpoint ${(await checkpoints.make()).size}\n`);
    await make();
    keys.replace();
    await make();
    print(log.append(step('after')));
    await make();
    break;
  }
  case 'project': {
    const projection = new Projection<{ total: number }>({
      log,
      cacheFile: join(data, 'cache', 'total.json'),
      version: 1,
      initial: () => ({ total: 0 }),
      apply: (state) => ({ total: state.total + 1 }),
      parse: (json) => json as { total: number },
    });
    print(log.append(step('one more')));
    writeSync(1, `total ${projection.state.total}\n`);
    projection.close();
    break;
  }
}
log.close();

function print(event: LogEvent): void {
  writeSync(1, `${event.id}\n`);
}
