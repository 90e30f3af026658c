import type { Clock } from '#shared/model/clock.ts';

/** Smaller differences are drift and small corrections. */
const noticeableMilliseconds = 5_000;

/** How far the wall clock was set forward (or the machine slept: the two look alike) or back (negative). */
export interface ClockJump {
  milliseconds: number;
  measured_against: 'monotonic-clock' | 'previous-event';
}

/** Notices, from one event to the next, that the wall clock moved otherwise than time did. */
export class ClockWatch {
  readonly #clock: Clock;
  #last: { wall: number; monotonic: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The jump since it was last asked, or back behind the log's last event; null when there was none. */
  jump(previousTimestamp: string | null): ClockJump | null {
    const now = { wall: this.#clock.now().getTime(), monotonic: this.#clock.monotonic() };
    const last = this.#last;
    this.#last = now;
    if (last !== null) {
      const milliseconds = Math.round(now.wall - last.wall - (now.monotonic - last.monotonic));
      if (Math.abs(milliseconds) > noticeableMilliseconds) {
        return { milliseconds, measured_against: 'monotonic-clock' };
      }
    }
    if (previousTimestamp === null) return null;
    const behind = now.wall - Date.parse(previousTimestamp);
    return behind < -noticeableMilliseconds
      ? { milliseconds: Math.round(behind), measured_against: 'previous-event' }
      : null;
  }
}
