import { create } from 'zustand';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { LogVerification } from '#shared/model/event.ts';
import { call } from './call.ts';
import { endVerification, loadApp } from './sync.ts';

/** The full check of the event log. It goes on while one looks at other screens. */
export interface Verification {
  running: boolean;
  result: { at: number; report: LogVerification } | null;
  error: ErrorReport | null;
}

export const useVerification = create<Verification>(() => ({ running: false, result: null, error: null }));

export async function verifyLog(): Promise<void> {
  if (useVerification.getState().running) return;
  useVerification.setState({ running: true, error: null });
  const reply = await call('events.verify');
  endVerification();
  useVerification.setState(
    reply.ok
      ? { running: false, result: { at: Date.now(), report: reply.value }, error: null }
      : { running: false, error: reply.error },
  );
  // What was found changes what the log counts as.
  await loadApp();
}

/** What was found is about another log by now. */
export function forgetVerification(): void {
  useVerification.setState({ result: null, error: null });
}
