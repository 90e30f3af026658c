import type { Services } from '#electron/services/compose.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { EventType, LogEvent, LogHealth } from '#shared/model/event.ts';
import type { AppMirror } from './app-mirror.ts';
import type { SendBroadcast } from './broadcast.ts';

/** Many events come in a burst while a run goes on; the window is told once for all of them. */
const settleMilliseconds = 120;
/** How often to look whether the command, or another program, changed something. */
const lookMilliseconds = 2_000;
const statusEveryLooks = 15;

/** What happened to alerts, to channels, and to what stands still. */
const aboutAlerts: ReadonlySet<EventType> = new Set(['alert', 'settings', 'task']);

/** Tells the window what changed: after every event, and when another process changed the log or an environment. */
export class ChangeBroadcaster {
  readonly #services: Services;
  readonly #mirror: AppMirror;
  readonly #broadcast: SendBroadcast;
  readonly #reportDefect: (error: unknown) => void;
  readonly #stops: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #latest: LogEvent | null = null;
  /** They are many, and most events say nothing of them. */
  #alertsChanged = true;
  #looks = 0;
  #statusText = '';
  #logState: LogHealth['state'] | null = null;

  constructor(
    services: Services,
    mirror: AppMirror,
    broadcast: SendBroadcast,
    reportDefect: (error: unknown) => void,
  ) {
    this.#services = services;
    this.#mirror = mirror;
    this.#broadcast = broadcast;
    this.#reportDefect = reportDefect;
  }

  start(): void {
    const { log, guided } = this.#services;
    this.#stops.push(
      log.onAppend((event) => {
        this.#latest = event;
        this.#alertsChanged ||= aboutAlerts.has(event.event_type);
        this.changed();
      }),
      guided.onChange((detail) => this.#broadcast('run.changed', detail)),
      guided.onProgress((runId, line) => this.#broadcast('run.progress', { runId, line })),
    );
    const looking = setInterval(() => this.#look(), lookMilliseconds);
    this.#stops.push(() => clearInterval(looking));
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Something changed: tell the window once things have settled. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#send().catch(this.#reportDefect);
    }, settleMilliseconds);
  }

  async #send(): Promise<void> {
    const { alerts, log, runs, status } = this.#services;
    this.#broadcast('app.changed', await this.#mirror.state());
    const latest = this.#latest;
    if (latest) this.#broadcast('events.appended', { size: log.size(), latest });
    this.#broadcast('runs.changed', runs.list());
    if (this.#alertsChanged) {
      this.#alertsChanged = false;
      this.#broadcast('alerts.changed', alerts.state());
    }
    const { environments } = await status.report();
    this.#statusText = JSON.stringify(environments);
    this.#broadcast('environments.changed', environments);
  }

  /** Noticing appends of others calls the listeners; files that others change are read again now and then. */
  #look(): void {
    try {
      const { log } = this.#services;
      log.tip();
      // The daily check may find damage, after which nothing can be appended that would tell of it.
      const { state } = log.health();
      if (this.#logState !== null && state !== this.#logState) this.changed();
      this.#logState = state;
    } catch (error) {
      // The log's own trouble is told by its health.
      if (isRekeyError(error)) this.changed();
      else this.#reportDefect(error);
    }
    this.#looks += 1;
    if (this.#looks % statusEveryLooks === 0) this.#lookAtEnvironments().catch(this.#reportDefect);
  }

  async #lookAtEnvironments(): Promise<void> {
    const { environments } = await this.#services.status.report();
    const text = JSON.stringify(environments);
    if (text === this.#statusText) return;
    this.#statusText = text;
    this.#broadcast('environments.changed', environments);
  }
}
