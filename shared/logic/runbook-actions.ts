import type { RotationState } from '../model/rotation.ts';
import type { StepView, WaitsFor } from '../model/run.ts';
import type { ActionName, RunbookSubject } from '../model/runbook.ts';

export interface ActionMeaning {
  /** In the imperative, for buttons: "Restart the service". */
  title: string;
  /** Changes something outside Rekey's own records: never done in a dry run, indeterminate after a crash. */
  effects: boolean;
  /** Which runs it belongs to, by what they are about. */
  about: readonly RunbookSubject[];
  /** Works on the run's keys, so the runbook must take some. */
  needsKeys: boolean;
  /** Which arguments `with` may give it. */
  arguments: readonly string[];
  /** How far it drives the rotations. */
  until?: RotationState;
}

/** What an environment can be asked, one of its hosts can be asked about in the same words. */
const environments: readonly RunbookSubject[] = ['environment', 'host'];

function look(title: string, needsKeys = false, args: readonly string[] = []): ActionMeaning {
  return { title, effects: false, about: environments, needsKeys, arguments: args };
}

function act(title: string, needsKeys = false, args: readonly string[] = []): ActionMeaning {
  return { title, effects: true, about: environments, needsKeys, arguments: args };
}

function drive(title: string, until: RotationState, args: readonly string[] = []): ActionMeaning {
  return { title, effects: true, about: environments, needsKeys: true, arguments: args, until };
}

function of(meaning: ActionMeaning, ...about: readonly RunbookSubject[]): ActionMeaning {
  return { ...meaning, about };
}

/**
 * What each action means. `tolerant: true` makes a check report what it found without failing the step, for places
 * where a bad answer is expected (the environment whose key leaked is not valid) and must not hold anybody up.
 * `own_keys: true` makes a validation fail for the keys of the run only; errors of others are reported. `same: true`
 * makes a comparison fail where the host differs.
 */
export const actionMeanings: Readonly<Record<ActionName, ActionMeaning>> = {
  'environment.status': look('Show the status of the keys'),
  'environment.validate': look('Validate the environment as at startup', false, ['tolerant', 'own_keys']),
  'environment.health': look('Ask the service for its health', false, ['tolerant']),
  'environment.connection': look('Test the connection', false, ['tolerant']),
  'environment.findings': look('List the findings on the environment'),
  'environment.restart': act('Restart the service'),
  'environment.verify': act('Run the verify command', false, ['tolerant']),
  'environment.next-due': look('Show the next due dates'),
  'key.mark-compromised': act('Mark the keys as compromised', true, ['reason']),
  'key.clear-compromised': act('Take the compromised mark back', true, ['reason']),
  'key.check-generated': look('Generate a value, validate it and throw it away'),
  'host.compare': of(look('Compare the host with the others', false, ['same']), 'host'),
  'host.catch-up': of(act('Write what the other hosts hold'), 'host'),
  'host.restart': of(act('Restart the service of the host'), 'host'),
  'host.verify': of(act('Run the verify command on the host', false, ['tolerant']), 'host'),
  'keychain.probe': of(look('Test the keychain', false, ['tolerant']), ...environments, 'installation'),
  'log.verify': of(look('Verify the event log', false, ['tolerant']), ...environments, 'installation'),
  'log.extract': look('Save the extract of the log for this environment'),
  'state.backup': look('Save a copy of the state'),
  'message.compose': look('Compose the message', false, ['audience']),
  'recovery.check': look('Check for the recovery file', true),
  'recovery.decline': look('Record that there is no recovery file', true),
  'rotation.plan': act('Plan the rotation', true, ['reason']),
  'rotation.preview': look('Show what would change', true),
  'rotation.preflight': drive('Check before the rotation', 'preflighted'),
  'rotation.prepare': drive('Generate and seal the new value', 'pending'),
  'rotation.stage': drive('Let the service accept the new value', 'staged'),
  'rotation.activate': drive('Write the new value', 'activated'),
  'rotation.adopt': drive('Restart and prove the new value in use', 'adopted'),
  'rotation.reencrypt': drive('Re-encrypt the data', 're-encrypted'),
  'rotation.soak': drive('Begin the soak', 'soaking'),
  'rotation.retire': drive('Retire the old value and check that it is refused', 'retired'),
  'rotation.backup-expiry': act('Record when the backups expire', true, ['date']),
  'rotation.close': drive('Destroy what is left and close the rotation', 'closed'),
  'rotation.rollback-plan': look('Show what rolling back would do'),
  'rotation.rollback': act('Roll back', false, ['reason', 'restore_compromised']),
  'rotation.probe': look('Find out which value is in place'),
  'runs.recent': look('List the recent runs on this environment'),
  'signer.show': of(look('Show the signing keys'), 'installation'),
  'signer.checkpoints': of(look('List the checkpoints that left this machine'), 'installation'),
  'signer.trust-point': of(look('Show what stays trusted', false, ['until']), 'installation'),
  'signer.replace': of(
    act('Replace the signing keys', false, ['reason', 'compromised', 'until']),
    'installation',
  ),
  'signer.export': of(look('Write the public keys and their fingerprints'), 'installation'),
};

/** How an action ended. Lines are for people and hold no secrets. */
export interface ActionOutcome {
  readonly outcome: 'done' | 'waits' | 'failed' | 'not-done';
  readonly lines: readonly string[];
  readonly waitsFor?: WaitsFor | null;
  /** RFC 3339. */
  readonly resumeAfter?: string | null;
  readonly error?: StepView['error'];
}
