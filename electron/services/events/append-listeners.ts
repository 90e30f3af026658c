import type { LogEvent } from '#shared/model/event.ts';

/** Who wants to hear of appended events. */
export class AppendListeners {
  readonly #listeners = new Set<(event: LogEvent) => void>();

  /** Returns how to stop listening. */
  add(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Never throws: an event is recorded, whatever a listener makes of it. */
  tell(events: readonly LogEvent[]): void {
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch (error) {
          process.emitWarning(error instanceof Error ? error : String(error));
        }
      }
    }
  }
}
