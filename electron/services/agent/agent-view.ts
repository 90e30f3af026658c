import { type AgentLook, healthDocument, metricsDocument } from '#shared/logic/agent-documents.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ReadyAnswer } from './agent-server.ts';

export interface AgentViewOptions {
  clock: Clock;
  log: Pick<EventLog, 'tip'>;
  look: () => Promise<AgentLook>;
}

/** Days until a key is due go on without an event. */
const longestAgeMs = 60_000;

/** The agent's answers, made when something happened or a minute has passed, and kept: a request costs nothing. */
export class AgentView {
  readonly #options: AgentViewOptions;
  #made: { size: number; at: number; health: ReadyAnswer; metrics: ReadyAnswer } | null = null;

  constructor(options: AgentViewOptions) {
    this.#options = options;
  }

  /** Makes the answers anew where it is time. Throws what a look throws; the answers stay as they were then. */
  async renew(): Promise<void> {
    const { clock, log, look } = this.#options;
    const at = clock.monotonic();
    const { size } = log.tip();
    if (this.#made !== null && this.#made.size === size && at - this.#made.at < longestAgeMs) return;
    const seen = await look();
    const health = healthDocument(seen);
    this.#made = {
      size,
      at,
      health: {
        status: health.status === 'failing' ? 503 : 200,
        type: 'application/json; charset=utf-8',
        body: Buffer.from(`${JSON.stringify(health, null, 2)}\n`),
      },
      metrics: {
        status: 200,
        type: 'text/plain; version=0.0.4; charset=utf-8',
        body: Buffer.from(metricsDocument(seen)),
      },
    };
  }

  health = (): ReadyAnswer => this.#made?.health ?? notYet;
  metrics = (): ReadyAnswer => this.#made?.metrics ?? notYet;
}

const notYet: ReadyAnswer = {
  status: 503,
  type: 'application/json; charset=utf-8',
  body: Buffer.from('{"status":"failing","key_rotation":null}\n'),
};
