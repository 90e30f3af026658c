import {
  type BundleVerification,
  type VerificationCheck,
  type VerificationCheckId,
  verificationCheckIds,
} from '#shared/model/verification.ts';
import { DoesNotHold, NotApplicable, NotChecked } from './outcome.ts';
import { SourceChanged } from './source-changed.ts';

/** What a check that holds says, and what it found out for those that rest on it. */
export interface Held<Fact> {
  readonly reason: string;
  readonly fact: Fact;
}

type State = 'holds' | 'fails' | 'not-applicable' | 'not-checked';

/** Runs checks in whatever order they need each other, and gives their results in the order of the contract. */
export class VerificationRun {
  readonly #results = new Map<VerificationCheckId, VerificationCheck & { state: State }>();

  /** Runs a check when all that it rests on holds or does not apply. Returns what it found out; null otherwise. */
  check<Fact>(
    id: VerificationCheckId,
    restsOn: readonly VerificationCheckId[],
    run: () => Held<Fact>,
  ): Fact | null {
    try {
      const failed = restsOn.find((other) => !this.stands(other));
      if (failed !== undefined) throw new NotChecked(`"${failed}" does not hold`);
      const { reason, fact } = run();
      this.#results.set(id, { id, ok: true, reason, state: 'holds' });
      return fact;
    } catch (error) {
      this.#results.set(id, { id, reason: messageOf(error), ...outcomeOf(error) });
      return null;
    }
  }

  /** Whether the check holds or does not apply. */
  stands(id: VerificationCheckId): boolean {
    const state = this.#results.get(id)?.state;
    return state === 'holds' || state === 'not-applicable';
  }

  holds(id: VerificationCheckId): boolean {
    return this.#results.get(id)?.state === 'holds';
  }

  /** All results; `signer` and `append_only` as the run found them. */
  result(signer: BundleVerification['signer'], appendOnly: boolean | null): BundleVerification {
    const own = verificationCheckIds.filter((id) => id !== 'signer' && id !== 'append-only');
    const checks = verificationCheckIds.map((id) => {
      const { ok, reason } = this.#results.get(id) ?? { ok: null, reason: 'not checked' };
      return { id, ok, reason };
    });
    return { intact: own.every((id) => this.stands(id)), signer, append_only: appendOnly, checks };
  }
}

function outcomeOf(error: unknown): { ok: boolean | null; state: State } {
  if (error instanceof NotChecked) return { ok: null, state: 'not-checked' };
  if (error instanceof NotApplicable) return { ok: null, state: 'not-applicable' };
  if (error instanceof DoesNotHold || error instanceof SourceChanged) return { ok: false, state: 'fails' };
  throw error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
