import type { FileLock } from '#electron/storage/lock.ts';
import { type AlertMessage, alertLine, alertMessage } from '#shared/logic/alert-message.ts';
import type { Alert } from '#shared/model/alert.ts';
import type { AlertChannel } from '#shared/model/alert-channel.ts';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { EventLog } from '../events/event-log.ts';
import { theSystem } from '../events/system-log.ts';
import type { AlertChannels } from './alert-channels.ts';
import type { AlertRegistry } from './alert-registry.ts';
import { sendCommand } from './send-command.ts';
import { sendWebhook } from './send-webhook.ts';

/** Shows a notification of the desktop. Only a window can. */
export type NotifyDesktop = (message: { title: string; body: string; critical: boolean }) => void;

export interface AlertDeliveryOptions {
  clock: Clock;
  log: Pick<EventLog, 'append'>;
  registry: AlertRegistry;
  channels: AlertChannels;
  /** Held while something is told: of two Rekeys only one tells it. */
  lock: FileLock;
  /** Null: there is no desktop here. */
  notifyDesktop: NotifyDesktop | null;
}

const answerWithinMs = 10_000;
const firstRetryMs = 30_000;
const longestRetryMs = 3_600_000;

/**
 * Tells channels the news of alerts: at least once, the last news of each only, again after a failure with growing
 * pauses. What was told, and that a channel fails, is in the log.
 */
export class AlertDelivery {
  readonly #options: AlertDeliveryOptions;
  /** When a failing channel is tried again, on the monotonic clock, and how often it has failed. */
  readonly #retries = new Map<string, { at: number; failures: number }>();
  #toldOfLog = false;

  constructor(options: AlertDeliveryOptions) {
    this.#options = options;
  }

  /** Tells what was not told yet, where it is time. Throws what the log throws. */
  async deliver(signal?: AbortSignal): Promise<void> {
    const { channels, lock, registry } = this.#options;
    if (!lock.tryAcquire()) return;
    try {
      for (const channel of channels.list().filter(({ enabled }) => enabled)) {
        for (const alert of registry.all()) {
          signal?.throwIfAborted();
          if (!this.#isDue(channel)) break;
          if (isFor(channel, alert, registry)) await this.#tell(channel, alert, signal);
        }
      }
    } finally {
      lock.close();
    }
  }

  /**
   * Tells every channel that the log takes no events. Nothing of it can be recorded, so each process tells it once, until
   * `logIsWell`.
   */
  async tellLogTrouble(detail: string): Promise<void> {
    if (this.#toldOfLog) return;
    this.#toldOfLog = true;
    const { channels, clock } = this.#options;
    const now = clock.now();
    const message = messageOf('log', 'critical', now, { title: 'The event log takes no events', detail });
    for (const channel of channels.list().filter(({ enabled }) => enabled)) {
      await this.#send(channel, message, `log-${now.getTime()}`, undefined);
    }
  }

  logIsWell(): void {
    this.#toldOfLog = false;
  }

  /** Sends a message that says that it is a test. Throws `command-failed` with what went wrong. */
  async test(part: string, signal?: AbortSignal): Promise<void> {
    const { clock, channels } = this.#options;
    const channel = channels.find(part);
    if (channel.kind === 'desktop' && this.#options.notifyDesktop === null) {
      throw new RekeyError('command-missing', {
        message: 'Only an open window notifies the desktop.',
        remedy: 'Open Rekey, and try it in Alerts → Where they are told.',
      });
    }
    const now = clock.now();
    const words = { title: 'This is a test of Rekey’s alerts', detail: 'Nothing is wrong.' };
    const message = messageOf('check-missed', 'warning', now, words);
    const problem = await this.#send(channel, message, `test-${now.getTime()}`, signal);
    if (problem === null) {
      this.#retries.delete(channel.id);
      return;
    }
    throw new RekeyError('command-failed', {
      message: `The test did not reach "${channel.name}": ${problem}`,
      remedy: 'Correct what is wrong there, or remove the channel and add it again.',
    });
  }

  #isDue({ id, kind }: AlertChannel): boolean {
    if (kind === 'desktop' && this.#options.notifyDesktop === null) return false;
    const retry = this.#retries.get(id);
    return retry === undefined || retry.at <= this.#options.clock.monotonic();
  }

  async #tell(channel: AlertChannel, alert: Alert, signal: AbortSignal | undefined): Promise<void> {
    const { clock, log, registry } = this.#options;
    const { notice, environment, run_id } = alert;
    if (notice === null) return;
    const append = (action: string, data: Record<string, unknown>) =>
      log.append({ event_type: 'alert', action, environment, run_id, by: theSystem, data });
    const problem = await this.#send(channel, alertMessage(alert, channel.detail), notice.id, signal);
    if (problem === null) {
      this.#retries.delete(channel.id);
      append('delivered', { channel: channel.id, id: alert.id, notice: notice.id });
      return;
    }
    // Stopped is not failed.
    signal?.throwIfAborted();
    const failures = (this.#retries.get(channel.id)?.failures ?? 0) + 1;
    const pause = Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs);
    this.#retries.set(channel.id, { at: clock.monotonic() + pause, failures });
    if (registry.channel(channel.id).failing === null) {
      append('delivery-failed', { channel: channel.id, message: problem });
    }
  }

  /** Null, or what went wrong. */
  async #send(
    channel: AlertChannel,
    message: AlertMessage,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    try {
      switch (channel.kind) {
        case 'desktop': {
          const { severity, title, detail } = message.data;
          const isCritical = severity === 'critical' && message.type !== 'alert.resolved';
          this.#options.notifyDesktop?.({
            title: alertLine(message),
            body: detail ?? title,
            critical: isCritical,
          });
          return null;
        }
        case 'webhook':
          await sendWebhook({
            secrets: await this.#options.channels.secretsOf(channel),
            format: channel.format,
            message,
            id,
            now: this.#options.clock.now(),
            signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs), ...(signal ? [signal] : [])]),
          });
          return null;
        default:
          await sendCommand(channel.command, message, { limitMs: answerWithinMs, signal });
          return null;
      }
    } catch (error) {
      if (isRekeyError(error)) return error.message;
      return error instanceof Error ? error.message : 'It failed.';
    }
  }
}

/** Whether an alert has news that a channel is to be told and was not. */
function isFor(channel: AlertChannel, alert: Alert, registry: AlertRegistry): boolean {
  const { notice, severity, id } = alert;
  if (notice === null || notice.at < channel.since) return false;
  if (channel.minimum === 'critical' && severity !== 'critical') return false;
  // A channel that fails cannot be told that it does; what it takes next says that it works again.
  if (id === `channel-failed/${channel.id}`) return false;
  const told = registry.told(channel.id, id);
  // Who never heard of it need not hear that it is over.
  return told !== notice.id && !(notice.news === 'resolved' && told === null);
}

/** A message that is about no recorded alert. */
function messageOf(
  kind: Alert['kind'],
  severity: Alert['severity'],
  now: Date,
  words: { title: string; detail: string },
): AlertMessage {
  const timestamp = now.toISOString();
  const about = { alert_id: null, environment: null, keys: null, run_id: null };
  return {
    type: 'alert.raised',
    timestamp,
    data: { kind, severity, ...words, ...about, raised_at: timestamp, resolved_at: null },
  };
}
