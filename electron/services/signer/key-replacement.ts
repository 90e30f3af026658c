import type { VersionedFile } from '#electron/storage/versioned-file.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import {
  certificateYears,
  type FormerGeneration,
  type Replacement,
  type SignedRollover,
  type SignerFile,
  type SignerGeneration,
} from '#shared/model/signer.ts';
import { type CertificateAuthority, generateSigningKeys, yearsAfter } from './key-generation.ts';
import { signRollover } from './rollover-statement.ts';
import type { SealedSigningKeys } from './sealed-signing-keys.ts';
import { certificateOf, factsOf } from './signer-facts.ts';

export interface KeyReplacementOptions {
  file: VersionedFile<SignerFile>;
  keys: SealedSigningKeys;
  clock: Clock;
  append: (draft: EventDraft) => LogEvent;
  /** Whether the log has such an event with this rotation id. */
  recorded: (action: string, rotationId: string) => boolean;
  /** A fresh UUID. */
  newId: () => string;
}

/** What a new set takes the place of. */
export interface Replaced {
  old: SignerGeneration;
  replacement: Replacement;
}

/**
 * How signing keys come and go. Always the same way: intent event, private keys sealed, the whole set written as
 * *pending*, event, set made current, what is left over destroyed. A crash leaves sealed files that nothing names (then
 * discarded) or a pending set (then finished), never anything between. Its caller sees to it that one process at a time
 * does this.
 */
export class KeyReplacement {
  readonly #options: KeyReplacementOptions;

  constructor(options: KeyReplacementOptions) {
    this.#options = options;
  }

  /** Whether nothing is left of a crash: one look at the file, one into the folder. */
  get settled(): boolean {
    const { file, keys } = this.#options;
    const { pending, former } = file.read();
    const destroyed = former.every(({ destroyedAt }) => destroyedAt !== null);
    return pending === null && destroyed && !keys.hasLeftOver(file.read());
  }

  /** Finishes what a crash left. Needs no keychain. */
  async settle(): Promise<void> {
    this.#adoptPending();
    await this.#cleanUp();
  }

  /** Makes a set and lets it take over; the first one where `replaced` is null. */
  async make(installationId: string, replaced: Replaced | null, runId: string | null): Promise<void> {
    const { file, keys, clock, append, newId } = this.#options;
    const now = clock.now();
    const ca = await this.#authorityFor(installationId, replaced, now);
    const id = newId();
    append({
      event_type: 'access',
      action: 'signing-keys-intended',
      reason: replaced?.replacement.reason ?? null,
      run_id: runId,
      rotation_id: id,
      data: { replaces: replaced?.old.id ?? null, compromised: replaced?.replacement.compromised ?? false },
    });
    try {
      const made = await generateSigningKeys({ installationId, id, runId, now, ca });
      await keys.seal(installationId, made, ca.key === null);
      const replaces = replaced && {
        replacement: replaced.replacement,
        rollover: await this.#statement(installationId, replaced, made.generation),
      };
      file.update((current) => ({ ...current, pending: { generation: made.generation, replaces } }));
    } catch (error) {
      // What was sealed until now belongs to nothing. Where it cannot be cleared away now, the next use does it.
      await this.#cleanUp().catch(() => undefined);
      throw error;
    }
    await this.settle();
  }

  #statement(
    installationId: string,
    { old, replacement }: Replaced,
    next: SignerGeneration,
  ): Promise<SignedRollover> {
    const { keys } = this.#options;
    return signRollover({
      installationId,
      at: next.createdAt,
      replacement,
      old,
      next,
      signOld: (message) => keys.sign(installationId, old, 'report', message),
      signNew: (message) => keys.sign(installationId, next, 'report', message),
    });
  }

  /** The CA that signs the next certificate: the present one while it can be trusted and lasts long enough. */
  async #authorityFor(
    installationId: string,
    replaced: Replaced | null,
    now: Date,
  ): Promise<CertificateAuthority | { id: string; key: null }> {
    const { keys, newId } = this.#options;
    if (replaced && !replaced.replacement.compromised) {
      const { old } = replaced;
      const ends = new Date(certificateOf(old.ca.certificate).notAfter);
      const key = await keys.open(installationId, old, 'ca');
      if (yearsAfter(now, certificateYears) <= ends) return { ...old.ca, key };
    }
    return { id: newId(), key: null };
  }

  #adoptPending(): void {
    const { file } = this.#options;
    const { pending } = file.read();
    if (pending === null) return;
    const { generation, replaces } = pending;
    file.update(
      (state) => adopted(state),
      () =>
        this.#recordOnce({
          event_type: 'access',
          action: replaces ? 'signing-keys-replaced' : 'signing-keys-created',
          reason: replaces?.replacement.reason ?? null,
          run_id: generation.runId,
          rotation_id: generation.id,
          next_rotation_due: generation.dueAt,
          data: { ...publicFacts(generation), ...(replaces ?? {}) },
        }),
    );
  }

  /** Destroys the private keys of former sets, and what an attempt left that came to nothing. */
  async #cleanUp(): Promise<void> {
    const { file, keys } = this.#options;
    const { former, installationId } = file.read();
    await keys.removeHalfWritten(installationId);
    const formerIds = new Set(former.flatMap(({ id, ca }) => [id, ca.id]));
    for (const name of keys.leftOver(file.read())) {
      if (!formerIds.has(name.rotationId)) {
        this.#recordOnce({
          event_type: 'access',
          action: 'signing-keys-discarded',
          rotation_id: name.rotationId,
          data: { why: 'An attempt to make them did not come to its end. They signed nothing.' },
        });
      }
      await keys.destroy(name);
    }
    for (const set of former.filter(({ destroyedAt }) => destroyedAt === null)) this.#noteDestroyed(set);
  }

  #noteDestroyed(set: FormerGeneration): void {
    const { file, clock } = this.#options;
    const { former, current } = file.read();
    const successor = former[former.findIndex(({ id }) => id === set.id) + 1] ?? current;
    const destroyedAt = timestamp(clock);
    file.update(
      (state) => ({
        ...state,
        former: state.former.map((one) => (one.id === set.id ? { ...one, destroyedAt } : one)),
      }),
      () =>
        this.#recordOnce({
          event_type: 'access',
          action: 'signing-keys-destroyed',
          reason: set.replacement.reason,
          run_id: successor?.runId ?? null,
          rotation_id: set.id,
          // Deleting a sealed file erases neither backups nor the disk's own copies (docs/security-model.md).
          data: { ...publicFacts(set), backups_checked: false },
        }),
    );
  }

  #recordOnce(draft: EventDraft & { rotation_id: string }): void {
    const { append, recorded } = this.#options;
    if (!recorded(draft.action, draft.rotation_id)) append(draft);
  }
}

/** What events say of a set. */
export function publicFacts(set: SignerGeneration): Record<string, unknown> {
  const facts = factsOf('', set, [], new Date(set.createdAt));
  return {
    report_key: facts.reportFingerprint,
    log_key: facts.logFingerprint,
    certificate: facts.chain[0]?.fingerprint ?? null,
    ca: facts.chain[1]?.fingerprint ?? null,
    ca_kind: facts.caKind,
  };
}

function adopted(state: SignerFile): SignerFile {
  const { current, pending, former, rollovers } = state;
  if (pending === null) return state;
  const { generation, replaces } = pending;
  if (current === null || replaces === null) return { ...state, current: generation, pending: null };
  const { replacement, rollover } = replaces;
  const replaced = { ...current, replacedAt: generation.createdAt, replacement, destroyedAt: null };
  return {
    ...state,
    current: generation,
    pending: null,
    former: [...former, replaced],
    rollovers: [...rollovers, rollover],
  };
}
