import type { Redactor } from '#shared/logic/redact.ts';
import type { Evidence } from '#shared/model/run.ts';
import type { StepAct } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { environmentRedactor } from '../secrets/environment-redactor.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';

/** What people paste and type into a run: redacted before it is hashed, stored or recorded anywhere. */
export class RunEvidence {
  readonly #services: GuidedDependencies;

  constructor(services: GuidedDependencies) {
    this.#services = services;
  }

  /** Keeps a person's evidence for a run, redacted; for rotations without a guide too. */
  async keep(
    run: RunRecord,
    given: { label: string; text: string; kind?: Evidence['kind'] },
  ): Promise<Evidence> {
    const redactor = await this.redactor(run);
    const by = this.#services.operator();
    return this.#services.evidence.keep(run.run_id, { kind: 'attestation', ...given, by }, redactor);
  }

  /** A text without the secrets of the run's environment. */
  async redacted(run: RunRecord, text: string): Promise<string> {
    return (await this.redactor(run)).redact(text.trim()).text;
  }

  /** Text that a person typed may hold what it should not: it is redacted before it is recorded anywhere. */
  async withoutSecrets(run: RunRecord, act: StepAct): Promise<StepAct> {
    if (!('reason' in act) && !('input' in act)) return act;
    const redactor = await this.redactor(run);
    if ('input' in act) {
      const entries = Object.entries(act.input).map(([name, value]) => [name, redactor.redact(value).text]);
      return { ...act, input: Object.fromEntries(entries) };
    }
    return { ...act, reason: redactor.redact(act.reason).text };
  }

  redactor(run: RunRecord): Promise<Redactor> {
    return environmentRedactor(run.environment.id, this.#services.environments, this.#services.sealed);
  }
}
