import type { Fingerprint, KeyName } from '#shared/model/key.ts';
import type { HealthReport } from '../environment.ts';

/**
 * The health of several hosts as one: as bad as the worst. A fingerprint counts only where all hosts that report one
 * for a key report the same; where they do not, the fleet is not healthy, and the problem says so.
 */
export function mergedHealth(reports: readonly { host: string; report: HealthReport }[]): HealthReport {
  const problems = reports.flatMap(({ host, report }) =>
    report.healthy ? [] : [`${host}: ${report.problem ?? `HTTP ${report.httpStatus}`}`],
  );
  const fingerprints: Record<KeyName, Fingerprint> = {};
  const names = new Set(reports.flatMap(({ report }) => Object.keys(report.fingerprints)));
  for (const name of names) {
    const reported = new Set(reports.flatMap(({ report }) => report.fingerprints[name] ?? []));
    const [only] = reported;
    if (reported.size === 1 && only !== undefined) fingerprints[name] = only;
    else problems.push(`The hosts report different values for ${name}.`);
  }
  const worst = reports.find(({ report }) => !report.healthy)?.report;
  return {
    configured: reports.some(({ report }) => report.configured),
    reachable: reports.every(({ report }) => report.reachable),
    healthy: problems.length === 0,
    httpStatus: (worst ?? reports[0]?.report)?.httpStatus ?? null,
    durationMs: Math.max(0, ...reports.map(({ report }) => report.durationMs)),
    fingerprints,
    problem: problems.length === 0 ? null : problems.slice(0, 5).join(' '),
  };
}
