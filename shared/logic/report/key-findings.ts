import type { PopulationKey } from '../../model/report.ts';
import { durationInWords } from '../duration-in-words.ts';
import { counted, dayOf, type FindingFacts, finding, type NewFinding } from './finding-facts.ts';
import { millisecondsBetween } from './in-period.ts';

/** What is to be said of the keys as they were read. */
export function keyFindings(facts: FindingFacts): NewFinding[] {
  return facts.keys.flatMap((key) => [
    ...statusFindings(key, facts),
    ...rotatedElsewhere(key, facts),
    ...noLongerThere(key, facts),
  ]);
}

function statusFindings(key: PopulationKey, facts: FindingFacts): NewFinding[] {
  const at = { environment: key.environment, key: key.key, trace: key };
  const found: NewFinding[] = [];
  if (key.compromised && key.presence !== 'removed') {
    const since = durationInWords(millisecondsBetween(key.compromised.at, facts.now));
    found.push(
      finding(
        'compromised',
        'critical',
        'A compromised key is still in use',
        `Marked on ${dayOf(key.compromised.at)} (${key.compromised.reason}); not replaced for ${since}.`,
        at,
      ),
    );
  }
  if (key.presence !== 'observed') return found;
  if (key.days_overdue !== null && key.due_at !== null) {
    found.push(
      finding(
        'overdue',
        'critical',
        'A key is overdue',
        `Due on ${dayOf(key.due_at)}, overdue for ${counted(key.days_overdue, 'day')}; cryptoperiod ${key.cryptoperiod_days} days (${key.policy_source}).`,
        at,
      ),
    );
  }
  const said = (code: string) =>
    key.problems.filter((problem) => problem.code === code).map(({ message }) => message);
  switch (key.status) {
    case 'missing':
      found.push(
        finding('missing', 'high', 'A key is missing', sentences(said('missing'), said('empty')), at),
      );
      break;
    case 'invalid':
      found.push(
        finding(
          'invalid',
          'high',
          'A value is not acceptable',
          sentences(
            key.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
          ),
          at,
        ),
      );
      break;
    case 'drifted':
      found.push(
        finding('drifted', 'high', 'A value was changed outside Rekey', sentences(said('drifted')), at),
      );
  }
  if (key.active_since === null && key.status !== 'missing') {
    found.push(
      finding(
        'unrecorded',
        'medium',
        'Nobody knows when a key was last rotated',
        'There is neither a rotation nor a recorded baseline, so that its age and due date are unknown.',
        at,
      ),
    );
  }
  if (key.status === 'due-soon' && key.due_at !== null) {
    found.push(finding('due-soon', 'low', 'A key is due soon', `Due on ${dayOf(key.due_at)}.`, at));
  }
  return found;
}

function rotatedElsewhere(key: PopulationKey, { histories, knowsRotation }: FindingFacts): NewFinding[] {
  if (key.presence !== 'observed') return [];
  const history = histories.find(({ reference }) => reference.id === key.environment.id);
  const observed = history?.observation?.data.keys.find((one) => one.key === key.key);
  const rotationId = observed?.rotation_id ?? null;
  if (rotationId === null || knowsRotation(rotationId)) return [];
  return [
    finding(
      'rotated-elsewhere',
      'medium',
      'A key was rotated by another installation',
      `The state of the environment names rotation ${rotationId}, which is in none of the logs of this report. Import the log of that installation.`,
      { environment: key.environment, key: key.key, trace: key },
    ),
  ];
}

function noLongerThere(key: PopulationKey, { environments }: FindingFacts): NewFinding[] {
  const environment = environments.find(({ id }) => id === key.environment.id);
  if (key.presence !== 'removed' || environment?.state !== 'active') return [];
  return [
    finding(
      'key-gone',
      'low',
      'A key is no longer in its environment',
      'It was there during the period and is neither present nor required now.',
      { environment: key.environment, key: key.key, trace: key },
    ),
  ];
}

function sentences(...lists: readonly (readonly string[])[]): string {
  return lists.flat().join(' ') || 'No reason was recorded.';
}
