import type { StepId } from './rotation-path.ts';

/** What a step is called while it is done and when it is done, for people. */
export const stepWords: Readonly<Record<StepId, { doing: string; done: string }>> = {
  preflight: { doing: 'Check the environment', done: 'The environment can be read, written and locked' },
  seal: { doing: 'Prepare and seal the values', done: 'The new value is ready; old and new are sealed' },
  stage: { doing: 'Let the service accept the new value', done: 'The new value is in the next slot' },
  'restart-staged': {
    doing: 'Restart the service so that it accepts the new value',
    done: 'Restarted to accept the new value',
  },
  accept: { doing: 'Check that the new value is accepted', done: 'The new value is accepted' },
  stop: { doing: 'Stop the service', done: 'The service is stopped' },
  activate: { doing: 'Make the new value primary', done: 'The new value is primary' },
  reencrypt: { doing: 'Re-encrypt the data', done: 'Nothing is left under the old value' },
  start: { doing: 'Start the service', done: 'The service is started' },
  restart: { doing: 'Restart the service', done: 'The service is restarted' },
  verify: { doing: 'Verify that the new value is in use', done: 'The service was verified' },
  'verify-reencrypted': { doing: 'Verify the re-encryption', done: 'The re-encryption is verified' },
  soak: { doing: 'Begin the soak', done: 'The soak has begun' },
  retire: { doing: 'Retire the old value', done: 'The old value is retired' },
  'restart-retired': {
    doing: 'Restart the service without the old value',
    done: 'Restarted without the old value',
  },
  'verify-old-refused': { doing: 'Check that the old value is refused', done: 'The old value is refused' },
  archive: { doing: 'Archive the old value', done: 'The old value is archived' },
  destroy: { doing: 'Destroy what was sealed', done: 'The old value is destroyed here' },
  close: { doing: 'Close the rotation', done: 'Rotated' },
  'back-stop': { doing: 'Stop the service', done: 'The service is stopped' },
  'roll-back': { doing: 'Make the old value primary again', done: 'The old value is primary again' },
  'back-reencrypt': {
    doing: 'Re-encrypt the data back',
    done: 'Nothing is left under the new value',
  },
  'back-start': { doing: 'Start the service', done: 'The service is started' },
  'back-restart': { doing: 'Restart the service', done: 'The service is restarted' },
  'back-verify': { doing: 'Verify that the old value is in use again', done: 'The service was verified' },
  'back-verify-reencrypted': { doing: 'Verify the re-encryption', done: 'The re-encryption is verified' },
  'back-soak': { doing: 'Begin the soak of the new value', done: 'The soak of the new value has begun' },
  'back-retire': { doing: 'Take the new value away', done: 'The new value is taken away' },
  'back-restart-retired': {
    doing: 'Restart the service without the new value',
    done: 'Restarted without the new value',
  },
  'back-destroy': { doing: 'Destroy what was sealed', done: 'The new value is destroyed here' },
  'back-close': { doing: 'Close the rollback', done: 'Rolled back' },
  unstage: { doing: 'Take the new value out of the next slot', done: 'The next slot is empty' },
  'abandon-destroy': { doing: 'Destroy what was sealed', done: 'The new value is destroyed here' },
  'abandon-close': { doing: 'Give the rotation up', done: 'Given up' },
};

/** A line about a key, or about the whole run where the key is empty; most lines name their key themselves. */
export function aboutKey(key: string, line: string): string {
  return key === '' || line.includes(key) ? line : `${key}: ${line}`;
}
