import type { ReportLog } from '../../model/report.ts';
import { durationInWords } from '../duration-in-words.ts';
import { counted, dayOf, type FindingFacts, finding, type NewFinding } from './finding-facts.ts';

const roleNames = { report: 'report key', log: 'log key', certificate: 'certificate' } as const;

/** What is to be said of the logs, of the signing keys and of the report itself. Nobody can accept these. */
export function logFindings(facts: FindingFacts): NewFinding[] {
  return [
    ...facts.logs.flatMap((log) => ofLog(log)),
    ...facts.missingLogs.map(({ name, why, differs }) =>
      finding(
        differs ? 'earlier-log-differs' : 'earlier-log-missing',
        differs ? 'critical' : 'high',
        differs ? 'An earlier log is not what it was' : 'An earlier log is missing',
        `${name}: ${why}`,
        { trace: { log: 'own', events: [] } },
      ),
    ),
    ...facts.unconfirmedLogs.map((name) =>
      finding(
        'log-key-unconfirmed',
        'medium',
        'The key of an imported log is not confirmed',
        `The log of ${name} is signed by a key that came with it. Have its operator read you the key, and import it again with --key.`,
        { trace: { log: 'own', events: [] } },
      ),
    ),
    ...signerFindings(facts),
    ...reportFindings(facts),
  ];
}

function ofLog(log: ReportLog): NewFinding[] {
  const at = (events: readonly number[]) => ({ trace: { log: log.id, events: [...events] } });
  const found: NewFinding[] = [];
  if (log.gaps.length > 0) {
    const [gap] = log.gaps as [ReportLog['gaps'][number]];
    const missing = log.gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    found.push(
      finding(
        'log-gap',
        'critical',
        'Events are missing from a log',
        `${counted(missing, 'event')} in ${counted(log.gaps.length, 'gap')}; the first is ${gap.first} to ${gap.last} (${log.name}).`,
        at([gap.last + 1]),
      ),
    );
  }
  for (const { at: when, what, seq } of log.corruptions) {
    found.push(finding('log-damaged', 'critical', 'A log was damaged', `${dayOf(when)}: ${what}`, at([seq])));
  }
  if (log.repairs.length > 0) {
    found.push(
      finding(
        'log-repaired',
        'low',
        'A log was repaired',
        `${counted(log.repairs.length, 'time')}; the last on ${dayOf(log.repairs.at(-1)?.at ?? '')}: ${log.repairs.at(-1)?.what}`,
        at(log.repairs.map(({ seq }) => seq)),
      ),
    );
  }
  const back = log.clock_jumps.filter(({ milliseconds }) => milliseconds < 0);
  if (back.length > 0) {
    const furthest = Math.max(...back.map(({ milliseconds }) => -milliseconds));
    found.push(
      finding(
        'clock-set-back',
        'medium',
        'The clock was set back',
        `${counted(back.length, 'time')}, by up to ${durationInWords(furthest)}: times around these events are in doubt.`,
        at(back.map(({ seq }) => seq)),
      ),
    );
  }
  if (log.anchored_by === 'nothing' && log.size > 0) {
    found.push(
      finding(
        'log-unanchored',
        'high',
        'Nothing vouches for a log',
        `No checkpoint and no event of another log names the root of "${log.name}".`,
        at([]),
      ),
    );
  }
  return found;
}

function signerFindings({ signer, now }: FindingFacts): NewFinding[] {
  return (signer?.keys ?? [])
    .filter(({ overdue }) => overdue)
    .map(({ role, fingerprint, due_at }) =>
      finding(
        'signing-key-overdue',
        'high',
        'A signing key is overdue',
        `The ${roleNames[role]} ${fingerprint} was to be replaced by ${dayOf(due_at)}, ${durationInWords(Date.parse(now) - Date.parse(due_at))} ago.`,
        { trace: { log: 'own', events: [] } },
      ),
    );
}

function reportFindings({ period, now, keys, environments }: FindingFacts): NewFinding[] {
  const trace = { log: 'own', events: [] };
  const found: NewFinding[] = [];
  if (Date.parse(now) < Date.parse(period.to)) {
    const detail = `The report was made before its last day, ${period.last_day}, was over.`;
    found.push(finding('period-not-over', 'low', 'The period is not over', detail, { trace }));
  }
  if (keys.length === 0) {
    const detail =
      environments.length === 0
        ? 'No environment was in scope during the period.'
        : 'No key was in scope during the period.';
    found.push(finding('nothing-in-scope', 'medium', 'There is nothing to report on', detail, { trace }));
  }
  return found;
}
