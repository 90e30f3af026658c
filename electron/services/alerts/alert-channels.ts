import { randomUUID } from 'node:crypto';
import {
  type AlertChannel,
  ChannelChoice,
  type ChannelView,
  channelSecretName,
  defaultDesktopChannel,
  type WebhookChannel,
  WebhookSecrets,
} from '#shared/model/alert-channel.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { CommandConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from '../keychain/credential-store.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { AlertRegistry } from './alert-registry.ts';

export interface AlertChannelsOptions {
  clock: Clock;
  settings: Pick<SettingsStore, 'read' | 'changeAlertChannels'>;
  credentials: Pick<CredentialStore, 'get' | 'put' | 'remove'>;
  registry: AlertRegistry;
}

/** What of a channel is to be changed. */
export type ChannelChange = { [Field in keyof ChannelChoice]?: ChannelChoice[Field] | undefined } & {
  enabled?: boolean | undefined;
};

/** A webhook as somebody types it in; the address may hold a secret, as Slack's do. */
export interface NewWebhook extends ChannelChoice {
  format: WebhookChannel['format'];
  url: Secret;
  /** Null for Slack. */
  secret: Secret | null;
}

/** Where alerts are told: in the settings, with what is secret of them in the keychain. */
export class AlertChannels {
  readonly #options: AlertChannelsOptions;

  constructor(options: AlertChannelsOptions) {
    this.#options = options;
  }

  /** The desktop's is always among them. */
  list(): AlertChannel[] {
    return withDesktop(this.#options.settings.read().alertChannels);
  }

  view(): ChannelView[] {
    const { registry } = this.#options;
    return this.list().map((channel) => {
      const { failing, deliveredAt } = registry.channel(channel.id);
      return { channel, failing: channel.enabled ? failing : null, last_delivered_at: deliveredAt };
    });
  }

  /** Adds a webhook. Throws `invalid-input`, and what the keychain throws: then nothing is added. */
  async addWebhook(given: NewWebhook): Promise<AlertChannel> {
    const { credentials } = this.#options;
    const secrets = parsedSecrets(given);
    const channel: AlertChannel = {
      ...this.#common(given),
      kind: 'webhook',
      format: given.format,
      host: new URL(secrets.url).host,
    };
    await credentials.put(channelSecretName(channel.id), new Secret(JSON.stringify(secrets)));
    return this.#added(channel);
  }

  /** Adds a command, which is given each message on stdin. Throws `invalid-input`. */
  addCommand(given: ChannelChoice & { command: CommandConfig }): AlertChannel {
    const command = CommandConfig.safeParse(given.command);
    if (!command.success || command.data.argv[0] === '') throw refused('The command does not fit.');
    return this.#added({ ...this.#common(given), kind: 'command', command: command.data });
  }

  /** Changes what people choose of a channel. Switched on, it is told what happens from now on. Throws `channel-unknown`. */
  change(part: string, choice: ChannelChange): AlertChannel {
    const before = this.find(part);
    const wakes = choice.enabled === true && !before.enabled;
    const after: AlertChannel = {
      ...before,
      ...definedOf(choice),
      ...(wakes ? { since: timestamp(this.#options.clock) } : {}),
    };
    const { enabled, minimum, detail } = after;
    this.#options.settings.changeAlertChannels(
      (channels) => withDesktop(channels).map((one) => (one.id === after.id ? after : one)),
      {
        action: 'alert-channel-changed',
        data: { channel: after.id, name: after.name, enabled, minimum, detail },
      },
    );
    return after;
  }

  /** Takes a channel away, with its secrets. Throws `channel-unknown`; `invalid-input` for the desktop's. */
  async remove(part: string): Promise<void> {
    const channel = this.find(part);
    if (channel.kind === 'desktop')
      throw refused('Desktop notifications cannot be removed, only switched off.');
    const { settings, credentials } = this.#options;
    settings.changeAlertChannels((channels) => channels.filter(({ id }) => id !== channel.id), {
      action: 'alert-channel-removed',
      data: { channel: channel.id, name: channel.name, kind: channel.kind },
    });
    if (channel.kind === 'webhook') await credentials.remove(channelSecretName(channel.id));
  }

  /** By its id, its name, or an unambiguous beginning of the id. Throws `channel-unknown`. */
  find(part: string): AlertChannel {
    const all = this.list();
    const matching = all.filter(({ id, name }) => id === part || name === part);
    const begins = part === '' ? [] : all.filter(({ id }) => id.startsWith(part));
    const [found, ...more] = matching.length > 0 ? matching : begins;
    if (found && more.length === 0) return found;
    throw new RekeyError('channel-unknown', {
      message: found ? `Several channels are called "${part}".` : `There is no channel "${part}".`,
      remedy: '"rekey alert channels" shows them with their ids.',
    });
  }

  /** What a webhook needs and nobody is shown. Throws `keychain-entry-missing`, and what the keychain throws. */
  async secretsOf({ id, name }: WebhookChannel): Promise<WebhookSecrets> {
    const kept = await this.#options.credentials.get(channelSecretName(id));
    const parsed = kept === null ? null : WebhookSecrets.safeParse(JSON.parse(kept.reveal()));
    if (parsed?.success) return parsed.data;
    throw new RekeyError('keychain-entry-missing', {
      message: `The address of the channel "${name}" is not in the keychain.`,
      remedy: 'Remove the channel and add it again.',
    });
  }

  #common(given: ChannelChoice) {
    const choice = ChannelChoice.safeParse({
      name: given.name,
      minimum: given.minimum,
      detail: given.detail,
    });
    if (!choice.success) throw refused(choice.error.issues[0]?.message ?? 'It does not fit.');
    if (this.list().some(({ name }) => name === choice.data.name)) {
      throw refused(`There is a channel "${choice.data.name}" already.`);
    }
    return { id: randomUUID(), ...choice.data, enabled: true, since: timestamp(this.#options.clock) };
  }

  #added(channel: AlertChannel): AlertChannel {
    const { id, name, kind, minimum, detail } = channel;
    this.#options.settings.changeAlertChannels((channels) => [...channels, channel], {
      action: 'alert-channel-added',
      data: { channel: id, name, kind, minimum, detail },
    });
    return channel;
  }
}

function withDesktop(channels: readonly AlertChannel[]): AlertChannel[] {
  return channels.some(({ kind }) => kind === 'desktop')
    ? [...channels]
    : [defaultDesktopChannel, ...channels];
}

/** An address over plain HTTP would show alerts to whoever listens, except on this machine. */
function parsedSecrets({ format, url, secret }: NewWebhook): WebhookSecrets {
  const parsed = WebhookSecrets.safeParse({
    url: url.reveal().trim(),
    secret: secret?.reveal().trim() ?? null,
  });
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0];
    throw refused(
      field === 'secret'
        ? 'The signing secret has fewer than 24 characters.'
        : 'The address of the webhook is no http or https address.',
    );
  }
  const { protocol, hostname } = new URL(parsed.data.url);
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    throw refused(
      'The address is plain http, which anybody on the way can read: only https goes to another machine.',
    );
  }
  if (format === 'json' && parsed.data.secret === null) {
    throw refused('A signed webhook needs a secret, with which its receiver checks what it gets.');
  }
  return parsed.data;
}

function refused(message: string): RekeyError {
  return new RekeyError('invalid-input', { message, remedy: 'Correct it, and try again.' });
}

function definedOf(given: ChannelChange): Partial<ChannelChoice & { enabled: boolean }> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
