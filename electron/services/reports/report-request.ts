import { reportPeriod } from '#shared/logic/report/period.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ReportPeriod } from '#shared/model/report.ts';
import type { ReportRequest } from '#shared/model/report-making.ts';

export interface UnderstoodRequest {
  period: ReportPeriod;
  /** Ids, each once; null: all. */
  chosen: string[] | null;
  /** Those that are to be read now: practice is not one of them. */
  environments: EnvironmentConfig[];
}

export interface KnownEnvironments {
  list(): readonly EnvironmentConfig[];
  /** Throws `environment-unknown`. */
  find(nameOrId: string): EnvironmentConfig;
}

/** What a request means. Throws `invalid-input` saying what does not fit, or `environment-unknown`. */
export function understood(request: ReportRequest, known: KnownEnvironments, now: Date): UnderstoodRequest {
  const period = withReason(() => reportPeriod(request));
  if (Date.parse(period.from) > now.getTime()) throw badRequest(`${request.from} is in the future.`);
  if (request.environments === null) {
    return { period, chosen: null, environments: known.list().filter(({ practice }) => !practice) };
  }
  const chosen = new Map(
    request.environments.map((id) => known.find(id)).map((config) => [config.id, config]),
  );
  const environments = [...chosen.values()];
  if (environments.length === 0) throw badRequest('No environment was chosen.');
  const practice = environments.find((config) => config.practice);
  if (practice) throw badRequest(`"${practice.name}" is for practice: reports leave it out, but for drills.`);
  return { period, chosen: [...chosen.keys()], environments };
}

/** What a RangeError of the calendar says, as the error that people meet. */
export function withReason<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`${error.message}.`);
    throw error;
  }
}

/** `rekey-report-FROM-to-TO-XXXXXXXX`: the end of the report's id, since its beginning is the time. */
export function bundleName(period: ReportPeriod, reportId: string): string {
  return `rekey-report-${period.first_day}-to-${period.last_day}-${reportId.slice(-8)}`;
}

function badRequest(message: string): RekeyError {
  return new RekeyError('invalid-input', {
    message,
    remedy:
      'Give whole days as YYYY-MM-DD, the first one first, an IANA time zone such as Europe/Berlin, and environments that "rekey env list" shows.',
  });
}
