import type { CommandKind } from '../model/environment.ts';
import type { RotationRecord } from '../model/rotation.ts';
import type { WaitsFor } from '../model/run.ts';
import { retiresByPerson } from './automatic-rotation.ts';
import { hasEnded } from './rotation-moves.ts';
import { type PathStep, pendingStep } from './rotation-path.ts';

/** What is true outside the log when the next step is decided. */
export interface RotationFacts {
  /** RFC 3339, UTC. */
  readonly now: string;
  /** Commands that the environment has configured. */
  readonly configured: ReadonlySet<CommandKind>;
  readonly healthConfigured: boolean;
  /** A value for a key that a third party issues is at hand, or sealed already. */
  readonly valueAtHand: boolean;
  /** Ends a soak before its time. */
  readonly earlyRetirementReason: string | null;
  /** Nobody asked for what is done: the point of no return is passed only where everything is proven. */
  readonly automatic: boolean;
}

export type Decision =
  /** Do it: intent, effect, result. */
  | { readonly kind: 'effect'; readonly step: PathStep }
  /** Pass over it, with the reason in the log. */
  | { readonly kind: 'skip'; readonly step: PathStep; readonly why: string }
  /** Only the closing record is left. */
  | { readonly kind: 'record'; readonly step: PathStep }
  /** The result of an announced effect is unknown: look before anything else. */
  | { readonly kind: 'probe'; readonly step: string }
  | {
      readonly kind: 'wait';
      readonly waitsFor: WaitsFor;
      readonly why: string;
      readonly until: string | null;
    }
  | { readonly kind: 'ended' };

const effect = (step: PathStep): Decision => ({ kind: 'effect', step });
const skip = (step: PathStep, why: string): Decision => ({ kind: 'skip', step, why });
const wait = (waitsFor: WaitsFor, why: string, until: string | null = null): Decision => ({
  kind: 'wait',
  waitsFor,
  why,
  until,
});

/** What comes next for one rotation: the next effect, or what it waits for. Pure. */
export function nextStep(rotation: RotationRecord, facts: RotationFacts): Decision {
  if (hasEnded(rotation)) return { kind: 'ended' };
  if (rotation.state === 'blocked')
    return wait('decision', rotation.blocked_reason ?? 'The result is ambiguous.');
  if (rotation.indeterminate_step !== null) return { kind: 'probe', step: rotation.indeterminate_step };
  const step = pendingStep(rotation);
  if (!step) return { kind: 'ended' };
  switch (step.id) {
    case 'seal':
      return rotation.plan.issuer === 'supplied' && !facts.valueAtHand
        ? wait('supplied-value', `${rotation.key} is issued by someone else: its new value must be supplied.`)
        : effect(step);
    case 'restart-staged':
    case 'restart':
    case 'restart-retired':
    case 'back-restart':
    case 'back-restart-retired':
      return canRestart(facts) ? effect(step) : skip(step, 'No restart command is configured.');
    case 'accept':
      return facts.configured.has('accepts-next') || facts.healthConfigured
        ? effect(step)
        : skip(step, 'Neither an accepts-next command nor a health URL is configured.');
    case 'stop':
    case 'back-stop':
      return stopping(rotation, facts, step);
    case 'start':
    case 'back-start':
      return facts.configured.has('start') || canRestart(facts)
        ? effect(step)
        : skip(step, 'No start command is configured: a person starts the service.');
    case 'reencrypt':
    case 'back-reencrypt':
      return reencrypting(rotation, facts, step);
    case 'verify':
    case 'back-verify':
      return rotation.attested.includes('adoption')
        ? skip(step, `A person vouched that the ${inUse(rotation)} value is in use.`)
        : effect(step);
    case 'verify-reencrypted':
    case 'back-verify-reencrypted':
      return provingReencryption(rotation, facts, step);
    case 'retire':
    case 'back-retire':
      return retiring(rotation, facts, step);
    case 'verify-old-refused':
      return refusing(rotation, facts, step);
    case 'archive':
      return rotation.archived_until !== null && rotation.archived_until > facts.now
        ? effect(step)
        : skip(step, 'Nobody stated a backup that could still be restored.');
    case 'destroy':
      return rotation.state === 'archived' && (rotation.archived_until ?? '') > facts.now
        ? wait(
            'backup-date',
            'The old value is archived until backups made under it expire.',
            rotation.archived_until,
          )
        : effect(step);
    case 'close':
    case 'back-close':
    case 'abandon-close':
      return { kind: 'record', step };
    default:
      return effect(step);
  }
}

/** A restart command, or stop and start together. */
export function canRestart({ configured }: Pick<RotationFacts, 'configured'>): boolean {
  return configured.has('restart') || (configured.has('stop') && configured.has('start'));
}

function stopping(rotation: RotationRecord, { configured }: RotationFacts, step: PathStep): Decision {
  if (configured.has('stop') && configured.has('start')) return effect(step);
  if (rotation.attested.includes('stopped'))
    return skip(step, 'A person vouched that the service is stopped.');
  return wait(
    'attestation',
    `${rotation.key} protects data and its consumer reads one value only: the service must be stopped while its data is re-encrypted, and no stop and start commands are configured.`,
  );
}

function reencrypting(rotation: RotationRecord, { configured }: RotationFacts, step: PathStep): Decision {
  if (rotation.attested.includes('re-encryption'))
    return skip(step, 'A person vouched for the re-encryption.');
  if (configured.has('reencrypt')) return effect(step);
  return wait('attestation', `No reencrypt command is configured for what ${rotation.key} protects.`);
}

/** Proven only with nothing left under the old value and a passing verify; else a person's word. */
function provingReencryption(
  rotation: RotationRecord,
  { configured }: RotationFacts,
  step: PathStep,
): Decision {
  if (rotation.attested.includes('re-encryption'))
    return skip(step, 'A person vouched for the re-encryption.');
  if (configured.has('verify')) return effect(step);
  return wait('attestation', 'No verify command is configured that could prove the re-encryption.');
}

function retiring(rotation: RotationRecord, facts: RotationFacts, step: PathStep): Decision {
  if (rotation.superseded_by !== null) return effect(step);
  const soakOver = rotation.retire_after === null || rotation.retire_after <= facts.now;
  if (!soakOver && facts.earlyRetirementReason === null) {
    return wait('soak', 'The old value stays accepted until the soak is over.', rotation.retire_after);
  }
  const personsReason = facts.automatic ? retiresByPerson(rotation.plan, facts.configured) : null;
  if (personsReason !== null) return wait('operator', personsReason);
  const isVouchedFor = rotation.adoption === 'attested' && !facts.automatic;
  if (rotation.adoption !== 'proven' && !isVouchedFor) {
    return wait(
      'attestation',
      `Nothing proves yet that the ${inUse(rotation)} value of ${rotation.key} is in use.`,
    );
  }
  return effect(step);
}

function inUse(rotation: RotationRecord): string {
  return rotation.rollback === null ? 'new' : 'restored';
}

function refusing(rotation: RotationRecord, { configured }: RotationFacts, step: PathStep): Decision {
  if (rotation.attested.includes('old-refused')) {
    return skip(step, 'A person vouched that the old value is refused.');
  }
  return configured.has('verify-old-refused')
    ? effect(step)
    : skip(step, 'No verify-old-refused command is configured: not checked.');
}

/** Whether the service stands still because of this rotation: then nobody may start it before its data is done. */
export function holdsServiceStopped(rotation: RotationRecord): boolean {
  return rotation.service_stopped && !hasEnded(rotation);
}
