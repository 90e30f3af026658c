/**
 * One change of a dotenv file, as a rotation makes it: lock, read, apply, release. Run again after a kill it takes up
 * its own lock and completes the change. Arguments: path, old value, new value.
 */
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { localHost } from '#electron/environments/local-host.ts';
import { newState } from '#electron/environments/state-file.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig, emptyKeyState } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';

const [path, oldValue, newValue] = process.argv.slice(2) as [string, string, string];
const config = EnvironmentConfig.parse({
  id: '0198c5a0-1111-4111-8111-111111111111',
  name: 'crash',
  stage: 'development',
  connector: { kind: 'dotenv-file', path, parser: 'dotenv' },
});
const environment = new DotenvEnvironment(config, path, localHost, { clock: systemClock });
const held = await environment.lock({ runId: 'run-1', operator: 'ada@example.org' });
const { state: found, revision } = await environment.read();
const state = found ?? newState(config.id);
const fresh = new Secret(newValue);
const print = fingerprintIn(state, fresh);
await environment.apply(
  {
    values: new Map([
      ['JWT_SECRET_KEY', fresh],
      ['JWT_SECRET_KEY_PREVIOUS', new Secret(oldValue)],
    ]),
    pending: { JWT_SECRET_KEY: { old: fingerprintIn(state, new Secret(oldValue)), new: print } },
    after: {
      ...state,
      keys: { ...state.keys, JWT_SECRET_KEY: { ...emptyKeyState, fingerprint: print, version: 1 } },
    },
  },
  revision,
);
await held.release();
