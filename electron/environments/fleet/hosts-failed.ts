import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { Settled } from './at-once.ts';

/** What was being done to the hosts, for the sentence "2 of 8 hosts could not be read". */
export type HostAction = 'read' | 'locked' | 'changed' | 'unlocked';

interface Named {
  readonly name: string;
}

/** How many hosts an error describes one by one. */
const described = 5;

/** The results, or one error that names every host that failed. What is no RekeyError is thrown as it is. */
export function everyHost<R>(results: readonly Settled<Named, R>[], action: HostAction): R[] {
  const failures = results.filter((result) => 'error' in result);
  if (failures.length > 0) throw hostsFailed(failures, results.length, action);
  return results.map((result) => (result as { value: R }).value);
}

/** One error for all hosts that failed: of the code that they share, with a sentence for each. */
export function hostsFailed(
  failures: readonly { item: Named; error: unknown }[],
  total: number,
  action: HostAction,
): RekeyError {
  const errors = failures.map(({ item, error }) => {
    if (!isRekeyError(error)) throw error;
    return { host: item.name, error };
  });
  const [first] = errors;
  if (!first) throw new RangeError('No host failed');
  const names = errors.map(({ host }) => host);
  const sentences = errors.slice(0, described).map(({ host, error }) => `${host}: ${error.message}`);
  const more = errors.length > described ? ` And ${errors.length - described} more.` : '';
  const alike = errors.every(({ error }) => error.code === first.error.code);
  return new RekeyError(alike ? first.error.code : 'environment-unreachable', {
    message: `${errors.length} of ${total} hosts could not be ${action}. ${sentences.join(' ')}${more}`,
    unchanged:
      action === 'changed'
        ? 'The other hosts were changed; these were not, as far as is known.'
        : 'Nothing was changed.',
    remedy:
      errors.length === 1
        ? `${first.error.remedy} Or leave the host out of the run, with a reason.`
        : 'Bring the hosts back, or leave them out of the run, with a reason. Then try again.',
    details: { ...first.error.details, hosts: names.join(', ') },
    cause: first.error,
  });
}
