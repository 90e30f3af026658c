import type { FindingSeverity } from '../../model/report.ts';
import type { EnvironmentHistory, Incident } from './environment-history.ts';
import { counted, dayOf, type FindingFacts, finding, type NewFinding } from './finding-facts.ts';
import { traceOf } from './traces.ts';

const incidentWords: Readonly<Record<Incident['code'], { severity: FindingSeverity; title: string }>> = {
  'policy-lengthened': { severity: 'medium', title: 'A cryptoperiod was made longer' },
  'lock-taken-away': { severity: 'medium', title: 'The lock of an environment was taken away' },
  'compromise-cleared': { severity: 'medium', title: 'A mark "compromised" was taken back' },
  'environment-removed': { severity: 'low', title: 'An environment was removed' },
};

/** What was read of an environment as a whole is said once in the report; the same code of a key stands at the key. */
const saidElsewhere = new Set(['key-vanished', 'lock-left', 'locked']);

/** What is to be said of environments as a whole. */
export function environmentFindings(facts: FindingFacts): NewFinding[] {
  return [
    ...facts.histories.flatMap((history) => [...readings(history), ...incidents(history)]),
    ...exceptionsThatExpired(facts),
  ];
}

function readings(history: EnvironmentHistory): NewFinding[] {
  const { reference: environment, observation, removedAt } = history;
  if (removedAt !== null) return [];
  const trace = traceOf([observation?.source ?? history.sources.first]);
  if (observation === null) {
    const [title, detail] = history.known
      ? [
          'An environment is no longer configured',
          'It was never removed, and this installation does not know any more where it is: nothing of it could be read.',
        ]
      : [
          'An environment is known only from an imported log',
          'This installation does not know it and could not read it; what is said of its keys rests on that log alone.',
        ];
    return [finding('not-read-here', 'medium', title, detail, { environment, trace })];
  }
  const severityOf = { error: 'high', warning: 'medium' } as const;
  if (!observation.data.reachable) {
    const why = observation.data.findings.map(({ message }) => message).join(' ');
    const detail = `When the report was made nothing could be read of it. ${why}`.trim();
    return [
      finding('unreachable', 'high', 'An environment could not be read', detail, { environment, trace }),
    ];
  }
  return observation.data.findings.flatMap(({ code, severity, message, key }) =>
    severity === 'info' || saidElsewhere.has(code)
      ? []
      : finding(code, severityOf[severity], titleOf(code), message, { environment, key, trace }),
  );
}

function incidents({ reference: environment, incidents: happened }: EnvironmentHistory): NewFinding[] {
  return happened.map(({ code, at, key, by, detail, source }) => {
    const { severity, title } = incidentWords[code];
    const said = `${dayOf(at)}, ${by}: ${detail}`;
    return finding(code, severity, title, said, { environment, key, trace: traceOf([source]) });
  });
}

function exceptionsThatExpired({ exceptions, period }: FindingFacts): NewFinding[] {
  return exceptions
    .filter(({ state, until }) => state === 'expired' && until >= period.from && until < period.to)
    .map(({ environment, key, reason, until, accepted_by, codes, log, events }) =>
      finding(
        'exception-expired',
        'low',
        'An accepted risk has expired',
        `${accepted_by} had accepted ${codes.length === 0 ? 'all findings' : counted(codes.length, 'kind')} until ${dayOf(until)}: ${reason}`,
        { environment, key, trace: { log, events } },
      ),
    );
}

const titles: Readonly<Record<string, string>> = {
  'file-readable-by-others': 'Others can read or change the file',
  'file-tracked-by-git': 'The file is tracked by git',
  'equal-values': 'Keys have the same value',
  'duplicate-name': 'A name is set more than once',
  'malformed-line': 'A line of the file cannot be read',
  'hard-links': 'The file has more than one name',
};

function titleOf(code: string): string {
  return titles[code] ?? 'Something about the environment needs attention';
}
