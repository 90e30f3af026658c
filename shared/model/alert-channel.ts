import { z } from 'zod';
import { AlertSeverity } from './alert.ts';
import { CommandConfig } from './environment.ts';

/** How much a channel is told: `brief` names no environment, no key and no run. */
export const AlertDetail = z.enum(['full', 'brief']);
export type AlertDetail = z.infer<typeof AlertDetail>;

/** What a person chooses of every channel. */
export const ChannelChoice = z.object({
  name: z.string().trim().min(1, 'Give it a name.').max(80, 'At most 80 characters.'),
  /** Alerts below this are not told. */
  minimum: AlertSeverity,
  detail: AlertDetail,
});
export type ChannelChoice = z.infer<typeof ChannelChoice>;

const common = {
  ...ChannelChoice.shape,
  /** UUID; of the desktop: `desktop`. */
  id: z.string().min(1).max(64),
  enabled: z.boolean(),
  /** What happened before is not told: when it was added or switched on, RFC 3339. */
  since: z.iso.datetime(),
};

export const WebhookChannel = z
  .object({
    ...common,
    kind: z.literal('webhook'),
    /** `json`: signed (Standard Webhooks). `slack`: one text, as Slack's incoming webhooks take it. */
    format: z.enum(['json', 'slack']),
    /** Of the address, for people: the address itself is a secret, and in the keychain. */
    host: z.string().max(300),
  })
  .strict();
export type WebhookChannel = z.infer<typeof WebhookChannel>;

export const CommandChannel = z
  .object({ ...common, kind: z.literal('command'), command: CommandConfig })
  .strict();
export type CommandChannel = z.infer<typeof CommandChannel>;

export const DesktopChannel = z.object({ ...common, kind: z.literal('desktop') }).strict();
export type DesktopChannel = z.infer<typeof DesktopChannel>;

/** Where alerts are told beside the window itself. */
export const AlertChannel = z.discriminatedUnion('kind', [DesktopChannel, WebhookChannel, CommandChannel]);
export type AlertChannel = z.infer<typeof AlertChannel>;

/** Notifications of the desktop, while a window is open. It is always there; it can be switched off. */
export const defaultDesktopChannel: DesktopChannel = {
  id: 'desktop',
  kind: 'desktop',
  name: 'Desktop notifications',
  enabled: true,
  minimum: 'critical',
  detail: 'full',
  since: '2000-01-01T00:00:00.000Z',
};

/** What a webhook needs and nobody is shown: one entry of the keychain. */
export const WebhookSecrets = z
  .object({
    url: z.url({ protocol: /^https?$/ }).max(1500),
    /** `whsec_` and base64, or any text of 24 characters or more; null for Slack. */
    secret: z.string().min(24).max(500).nullable(),
  })
  .strict();
export type WebhookSecrets = z.infer<typeof WebhookSecrets>;

export function channelSecretName(channelId: string): string {
  return `alert-channel/${channelId}`;
}

/** A channel with how its deliveries go. */
export const ChannelView = z.object({
  channel: AlertChannel,
  /** Since when it fails, and why; null while it works or was never used. */
  failing: z.object({ since: z.string(), message: z.string() }).nullable(),
  last_delivered_at: z.string().nullable(),
});
export type ChannelView = z.infer<typeof ChannelView>;
