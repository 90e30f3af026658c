import { isRekeyError } from '#shared/model/errors.ts';
import type { Services } from './compose.ts';

export interface BackgroundOptions {
  /** Ends it all. What is being done then finishes or parks by itself: `Services.close` waits for it. */
  signal: AbortSignal;
  reportDefect: (error: unknown) => void;
  /** How long the first look at the schedule waits: whoever opens a window for a moment is not kept waiting. */
  firstTaskMs: number;
  /** How old what was read of environments may be for alerts, while nothing happens to a key. */
  statusAgeMs: number;
}

/** What goes on while a window or an agent is open: the daily check of the log, the schedule, and alerts. */
export function workInBackground(services: Services, options: BackgroundOptions): void {
  checkLogDaily(services, options);
  runTasksOnSchedule(services, options);
  raiseAlerts(services, options);
  services.reports.removeStaleWork();
}

/** The first look waits until the start is over; then as often as the check says, at least hourly for a set clock. */
const logCheckDelayMs = 60_000;
const longestLogCheckWaitMs = 3_600_000;

function checkLogDaily({ dailyLogCheck }: Services, { signal, reportDefect }: BackgroundOptions): void {
  repeat({
    work: () => dailyLogCheck.runIfDue(signal),
    firstMs: logCheckDelayMs,
    nextMs: () => Math.min(Math.max(dailyLogCheck.dueIn(), logCheckDelayMs), longestLogCheckWaitMs),
    signal,
    reportDefect,
  });
}

const taskLookMs = 30_000;

function runTasksOnSchedule(
  { scheduler }: Services,
  { signal, reportDefect, firstTaskMs }: BackgroundOptions,
): void {
  repeat({
    work: () => scheduler.runDue(signal),
    firstMs: firstTaskMs,
    nextMs: () => taskLookMs,
    signal,
    reportDefect,
  });
}

/** Soon after the start, so that what is wrong is told; then as often as what it tells may change by itself. */
const firstAlertDelayMs = 3_000;
const alertLookMs = 30_000;
/** Events come in bursts. */
const alertSettleMs = 1_000;
/** How long a schedule may take to catch up what was missed, once it has begun. */
const catchUpMs = 120_000;

/** Looks again and again, and soon after something happened. */
function raiseAlerts(
  { alerts, clock, log }: Services,
  { signal, reportDefect, firstTaskMs, statusAgeMs }: BackgroundOptions,
): void {
  const caughtUpAt = clock.monotonic() + firstTaskMs + catchUpMs;
  let probe = false;
  const look = () => {
    const options = { probe, catchesUp: clock.monotonic() < caughtUpAt };
    probe = false;
    return alerts.look({ maxAgeMs: statusAgeMs, signal, ...options });
  };
  let settling: NodeJS.Timeout | null = null;
  const stopListening = log.onAppend(({ event_type, action, data }) => {
    // What it writes itself is no news to it.
    if (event_type === 'alert') return;
    // Whoever checks the health asks the keychain, and what that says is told as well.
    if (event_type === 'task' && action === 'succeeded' && data?.task === 'health-check') probe = true;
    settling ??= setTimeout(() => {
      settling = null;
      void attempt(look, { signal, reportDefect });
    }, alertSettleMs);
  });
  signal.addEventListener('abort', () => {
    stopListening();
    if (settling) clearTimeout(settling);
  });
  repeat({ work: look, firstMs: firstAlertDelayMs, nextMs: () => alertLookMs, signal, reportDefect });
}

interface Repeated extends Pick<BackgroundOptions, 'signal' | 'reportDefect'> {
  work: () => Promise<unknown>;
  firstMs: number;
  nextMs: () => number;
}

/** Does something again and again until the signal, never twice at a time. */
function repeat({ work, firstMs, nextMs, signal, reportDefect }: Repeated): void {
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number) => {
    timer = setTimeout(async () => {
      await attempt(work, { signal, reportDefect });
      if (!signal.aborted) wait(nextMs());
    }, milliseconds);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  wait(firstMs);
}

/** What a user can meet is told where it belongs, such as by the log's health; anything else is a defect. */
async function attempt(
  work: () => Promise<unknown>,
  { signal, reportDefect }: Pick<BackgroundOptions, 'signal' | 'reportDefect'>,
): Promise<void> {
  if (signal.aborted) return;
  await work().catch((error: unknown) => {
    if (!signal.aborted && !isRekeyError(error)) reportDefect(error);
  });
}
