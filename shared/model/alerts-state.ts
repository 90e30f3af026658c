import { z } from 'zod';
import { Alert } from './alert.ts';
import { ChannelView } from './alert-channel.ts';
import { AutomaticHalt } from './task.ts';

/** Alerts that are open or were lately, where they are told, and what stands still. */
export const AlertsState = z.object({
  alerts: z.array(Alert),
  channels: z.array(ChannelView),
  halted: z.array(AutomaticHalt),
});
export type AlertsState = z.infer<typeof AlertsState>;
