/** Time is handed to whoever needs it, never taken from the air: tests drive it, and jumps can be noticed. */
export interface Clock {
  /** Wall-clock time. May jump when someone sets the machine's clock. */
  now(): Date;
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonic(): number;
}

/** RFC 3339, UTC, milliseconds: the one form in which times are stored. */
export function timestamp(clock: Clock): string {
  return clock.now().toISOString();
}
