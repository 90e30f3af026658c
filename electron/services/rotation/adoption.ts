import type { CommandResult, Environment, HealthReport } from '#electron/environments/environment.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { Adoption, RotationRecord } from '#shared/model/rotation.ts';

/** How often a restarted service is asked whether it uses the new value yet, milliseconds. */
const pollMilliseconds = 200;

/** What was found about one rotation: an adoption level, or a reason to stop because something contradicts it. */
export type AdoptionFinding =
  | { level: Adoption; by: 'health' | 'verify' | null }
  | { level: null; refuted: string };

export interface AdoptionReport {
  findings: ReadonlyMap<string, AdoptionFinding>;
  health: HealthReport | null;
  verify: CommandResult | null;
}

export interface AdoptionQuestion {
  rotation: RotationRecord;
  /** The fingerprint that the service should report. */
  expected: string | null;
}

/**
 * Whether the running service uses the values that the environment holds now. Proven by the fingerprint that its
 * health URL reports, or by a passing verify command; refuted by another fingerprint, a failing verify command, or a
 * service that answered before and does not now; else unproven.
 *
 * A restarted service may take a while: its health URL is asked until it says what is expected, for `patienceMs`.
 */
export async function findAdoption(
  environment: Environment,
  questions: readonly AdoptionQuestion[],
  options: {
    clock: Clock;
    patienceMs: number;
    onProgress: (line: string) => void;
    signal?: AbortSignal | undefined;
  },
): Promise<AdoptionReport> {
  const health = environment.config.health ? await settledHealth(environment, questions, options) : null;
  const verify = environment.config.commands.verify
    ? await environment.command('verify', {
        onOutput: options.onProgress,
        ...(options.signal ? { signal: options.signal } : {}),
      })
    : null;
  const findings = new Map(
    questions.map((question) => [question.rotation.rotation_id, judge(question, health, verify)] as const),
  );
  return { findings, health, verify };
}

function judge(
  { rotation, expected }: AdoptionQuestion,
  health: HealthReport | null,
  verify: CommandResult | null,
): AdoptionFinding {
  if (verify && verify.outcome !== 'ok') return { level: null, refuted: commandProblem(verify) };
  const reported = health?.fingerprints[rotation.key];
  if (reported !== undefined && reported !== expected) {
    return {
      level: null,
      refuted: `The service reports another value for ${rotation.key} than the file holds.`,
    };
  }
  if (reported !== undefined && health?.healthy) return { level: 'proven', by: 'health' };
  if (verify) return { level: 'proven', by: 'verify' };
  if (health && !health.healthy && rotation.healthy_before === true) {
    return {
      level: null,
      refuted: `The service was healthy before and is not now: ${health.problem ?? `HTTP ${health.httpStatus}`}.`,
    };
  }
  return { level: 'unproven', by: null };
}

async function settledHealth(
  environment: Environment,
  questions: readonly AdoptionQuestion[],
  options: { clock: Clock; patienceMs: number; signal?: AbortSignal | undefined },
): Promise<HealthReport> {
  const start = options.clock.monotonic();
  for (;;) {
    const health = await environment.health(options.signal);
    const settled =
      health.healthy &&
      questions.every(({ rotation, expected }) => {
        const reported = health.fingerprints[rotation.key];
        return reported === undefined || reported === expected;
      });
    const expectsMore = questions.some(({ rotation }) => rotation.healthy_before !== false);
    const waited = options.clock.monotonic() - start;
    if (settled || !expectsMore || waited >= options.patienceMs || options.signal?.aborted) return health;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}

/** How a command failed, in words; its output was redacted by the connector. */
export function commandProblem(result: CommandResult): string {
  const last = result.output.trimEnd().split('\n').slice(-3).join(' · ').slice(-400);
  const how =
    result.outcome === 'timed-out'
      ? 'took too long and was ended'
      : result.outcome === 'stopped'
        ? 'was stopped'
        : result.outcome === 'lost'
          ? 'was under way when the connection was lost; whether it ended is not known'
          : result.outcome === 'not-started'
            ? `could not be started: ${result.reason ?? 'unknown reason'}`
            : result.signal
              ? `was killed by ${result.signal}`
              : `ended with exit code ${result.exitCode}`;
  return `The ${result.kind} command ${how}.${last ? ` It said “${last}”.` : ''}`;
}
