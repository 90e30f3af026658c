import { z } from 'zod';
import { AlertChannel, defaultDesktopChannel } from './alert-channel.ts';
import { KeychainBackend } from './keychain.ts';
import { defaultSchedule, Schedule } from './schedule.ts';

export const Operator = z.object({
  name: z.string().trim().min(1).max(120),
  /** Becomes `user_id` in events. */
  email: z.email().max(254),
});
export type Operator = z.infer<typeof Operator>;

/** Whom to call, shown in the follow-up steps of runbooks. */
export const Contact = z.object({
  role: z.string().max(80),
  name: z.string().max(120),
  reach: z.string().max(200),
});
export type Contact = z.infer<typeof Contact>;

/**
 * Wrapping key and credentials on their way from one store to the other. While `settings.keychain` is `from`, `to` may
 * have some of them; once it is `to`, that has all, and `from` may still have some.
 */
export const KeychainMove = z.object({
  /** UUIDv7; the `rotation_id` of its events. */
  id: z.uuid(),
  from: KeychainBackend,
  to: KeychainBackend,
});
export type KeychainMove = z.infer<typeof KeychainMove>;

/** `settings.json` in the data folder: shared by the window and the command. */
export const Settings = z.object({
  schemaVersion: z.literal(1),
  operator: Operator.nullable().default(null),
  keychain: KeychainBackend.default('os'),
  /** Null: none is under way, and none was interrupted. */
  keychainMove: KeychainMove.nullable().default(null),
  /** Null: `<data>/log`. */
  logFolder: z.string().nullable().default(null),
  contacts: z.array(Contact).max(50).default([]),
  /** When the newest backup that may hold an old value expires, by default: asked per rotation. */
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** When tasks run by themselves. */
  schedule: Schedule.default(defaultSchedule),
  /** Where alerts are told beside the window. The desktop's is always among them. */
  alertChannels: z.array(AlertChannel).max(20).default([defaultDesktopChannel]),
});
export type Settings = z.infer<typeof Settings>;
export const defaultSettings: Settings = Settings.parse({ schemaVersion: 1 });
