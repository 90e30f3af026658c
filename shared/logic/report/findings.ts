import { FindingSeverity, type Report, type ReportFinding } from '../../model/report.ts';
import { accepts } from '../exception-fold.ts';
import { environmentFindings } from './environment-findings.ts';
import { counted, type FindingFacts } from './finding-facts.ts';
import { keyFindings } from './key-findings.ts';
import { logFindings } from './log-findings.ts';
import { runFindings } from './run-findings.ts';

/** Everything that an auditor will ask about, worst first, then by environment and key; accepted risks are marked. */
export function findingsOf(facts: FindingFacts): ReportFinding[] {
  const found = [
    ...keyFindings(facts),
    ...environmentFindings(facts),
    ...runFindings(facts),
    ...logFindings(facts),
  ];
  return found
    .map((one): ReportFinding => {
      const exception = facts.exceptions.find((candidate) => accepts(candidate, one));
      return { ...one, exception: exception?.id ?? null };
    })
    .sort(byWeight);
}

function byWeight(a: ReportFinding, b: ReportFinding): number {
  return (
    weight(a) - weight(b) ||
    inOrder(a.environment?.name ?? '', b.environment?.name ?? '') ||
    inOrder(a.environment?.id ?? '', b.environment?.id ?? '') ||
    inOrder(a.key ?? '', b.key ?? '') ||
    inOrder(a.code, b.code) ||
    inOrder(a.detail, b.detail)
  );
}

function weight({ severity }: ReportFinding): number {
  return FindingSeverity.options.indexOf(severity);
}

/** By code units, so that every machine sorts alike, whatever its language. */
function inOrder(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The findings in one sentence, and how many of each kind nobody has accepted. */
export function verdictOf(
  findings: readonly ReportFinding[],
  keys: number,
  environments: number,
): Report['verdict'] {
  const open = findings.filter(({ exception }) => exception === null);
  const of = (severity: FindingSeverity) => open.filter((one) => one.severity === severity).length;
  const [critical, high, medium, low] = [of('critical'), of('high'), of('medium'), of('low')];
  const accepted = findings.length - open.length;
  const scope = `${counted(keys, 'key')} of ${counted(environments, 'environment')}`;
  const also =
    accepted === 0 ? '' : ` ${counted(accepted, 'more finding', 'more findings')} rest on accepted risks.`;
  const counts = { critical, high, medium, low, accepted };
  if (critical > 0) {
    const others = open.length - critical;
    const rest = others === 0 ? '' : ` and ${counted(others, 'other')}`;
    const sentence = `${counted(critical, 'critical finding')}${rest} in ${scope}.${also}`;
    return { level: 'critical-findings', sentence, ...counts };
  }
  if (open.length > 0) {
    return {
      level: 'findings',
      sentence: `${counted(open.length, 'finding')} in ${scope}; none is critical.${also}`,
      ...counts,
    };
  }
  return {
    level: 'nothing-found',
    sentence: `Nothing was found that needs attention in ${scope}.${also}`,
    ...counts,
  };
}
