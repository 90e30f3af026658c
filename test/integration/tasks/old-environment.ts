import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { EnvironmentState, emptyKeyState } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import {
  type ConsumerSetup,
  foldersIn,
  variablesOf,
  writeConsumer,
} from '#test/crash/consumer-environment.ts';

/** An environment with a consumer, whose keys were put in place long ago. */
export function oldEnvironment(root: string, setup: ConsumerSetup): void {
  writeConsumer(root, setup);
  const state = stateIn(root);
  for (const [key, value] of variablesOf(join(foldersIn(root).environment, '.env'))) {
    if (!(key in setup.keys)) continue;
    const fingerprint = fingerprintIn(state, new Secret(value));
    state.keys[key] = { ...emptyKeyState, fingerprint, activatedAt: '2024-01-01T00:00:00.000Z' };
  }
  writeFileSync(statePath(root), JSON.stringify(state));
}

export function stateIn(root: string): EnvironmentState {
  return EnvironmentState.parse(JSON.parse(readFileSync(statePath(root), 'utf8')));
}

function statePath(root: string): string {
  return join(foldersIn(root).environment, '.env.rekey.json');
}
