import type { EventDraft } from '#shared/model/event.ts';
import type { EventLog } from './event-log.ts';

/** Who acts when nobody started it. */
export const theSystem = { user_id: 'system', source: 'system' } as const satisfies EventDraft['by'];

/** The log, for what nobody started: whoever the operator of this installation is, it was not they. */
export function systemLog(log: Pick<EventLog, 'append'>): Pick<EventLog, 'append'> {
  return { append: (draft) => log.append({ by: theSystem, ...draft }) };
}
