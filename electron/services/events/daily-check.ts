import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { FileEventLog } from './file-event-log.ts';

const dayMs = 86_400_000;

export interface DailyCheckOptions {
  log: FileEventLog;
  clock: Clock;
  /** Remembers when the last check was: `<data>/cache/log-check.json`. Losing it costs one check more. */
  markFile: string;
  /** Told when a check is over and its result is recorded. */
  checked?: () => void;
}

/** The full check of the log once a day, in threads of its own; what it finds is told by the log's health. */
export class DailyLogCheck {
  readonly #options: DailyCheckOptions;

  constructor(options: DailyCheckOptions) {
    this.#options = options;
  }

  /** Milliseconds until the next check is due; 0 when it is due now. */
  dueIn(): number {
    const now = this.#options.clock.now().getTime();
    const last = this.#lastCheck();
    // A mark from the future is a clock that was set back: better one check too many.
    return last === null || last > now ? 0 : Math.max(0, last + dayMs - now);
  }

  /**
   * Checks if it is due. Resolves to whether it looked. The result is an event, unless the log is damaged: then
   * nothing may be appended, and its health says so.
   */
  async runIfDue(signal?: AbortSignal): Promise<boolean> {
    const { log, clock, markFile } = this.#options;
    if (this.dueIn() > 0) return false;
    const { intact, size, root, problems } = await log.verify(signal ? { signal } : {});
    if (signal?.aborted) return false;
    makePrivateFolder(dirname(markFile));
    writeFileAtomic(markFile, `${JSON.stringify({ at: timestamp(clock), intact })}\n`);
    try {
      log.note('checked', { intact, size, root, problems: problems.length });
    } catch (error) {
      if (!isRekeyError(error)) throw error;
    }
    this.#options.checked?.();
    return true;
  }

  #lastCheck(): number | null {
    try {
      const { at } = JSON.parse(readFileSync(this.#options.markFile, 'utf8')) as { at?: unknown };
      const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
      return Number.isNaN(time) ? null : time;
    } catch {
      return null;
    }
  }
}
