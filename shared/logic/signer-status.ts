import type { SignerStatus } from '../model/signer.ts';

/** Before the due date, so that auditors hear of the new fingerprint in time. Days. */
const signerWarningDays = 60;

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** How signing keys stand that are due at `dueAt` (RFC 3339); null where there are none. */
export function signerStatus(dueAt: string | null, now: Date): SignerStatus {
  if (dueAt === null) return { state: 'none', due_at: null, days_left: null, message: null };
  const left = Date.parse(dueAt) - now.getTime();
  const days = Math.floor(left / dayMilliseconds);
  const day = dueAt.slice(0, 10);
  const at = { due_at: dueAt, days_left: days };
  if (left <= 0) {
    return {
      ...at,
      state: 'overdue',
      message: `The signing keys are overdue since ${day}. They still sign; replace them with the runbook "Replace the signing keys".`,
    };
  }
  if (days < signerWarningDays) {
    return {
      ...at,
      state: 'due-soon',
      message: `The signing keys are due on ${day}. Tell your auditors before you replace them.`,
    };
  }
  return { ...at, state: 'ok', message: null };
}
