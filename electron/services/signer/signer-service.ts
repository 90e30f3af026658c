import { createPublicKey, sign as signWith, verify } from 'node:crypto';
import type { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { LockBusy } from '#electron/storage/lock.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import { signerStatus } from '#shared/logic/signer-status.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import type { SigningKeyRole } from '#shared/model/report.ts';
import type { Secret } from '#shared/model/secret.ts';
import {
  certificateYears,
  emptySignerFile,
  type FormerGeneration,
  type Replacement,
  SignerFile,
  type SignerGeneration,
  type SignerStatus,
} from '#shared/model/signer.ts';
import type { SealedName, SealedStore } from '../secrets/sealed-store.ts';
import { certificateNames } from './certificate-names.ts';
import { certificateRequest } from './certificates.ts';
import { importedChain } from './chain-import.ts';
import {
  type CertificateAuthority,
  derOf,
  generateSigningKeys,
  leafName,
  type NewSigningKeys,
  organizationOf,
  privateKeyOf,
  type SealedKeyRole,
  sealedKeys,
  yearsAfter,
} from './key-generation.ts';
import { signRollover } from './rollover-statement.ts';
import { certificateOf, factsOf, rawKey } from './signer-facts.ts';
import type { SignerFacts, SigningKeys } from './signing-keys.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

export interface SignerServiceOptions {
  /** `signer.json`. */
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
  sealed: SealedStore;
  append: (draft: EventDraft) => LogEvent;
  /** Whether the log has such an event with this rotation id, not older than `since` (RFC 3339, where known). */
  recorded: (action: string, rotationId: string, since: string | null) => boolean;
  /** One process at a time makes, replaces or cleans up keys. */
  section: ExclusiveSection;
  /** A fresh UUID. */
  newId: () => string;
}

/** How keys are replaced. */
export interface RolloverRequest extends Replacement {
  /** The run that asks; asking again for the same run changes nothing. */
  runId: string | null;
}

/**
 * The signing keys of this installation: made on first use, replaced on request. What is public lies in `signer.json`,
 * the private keys are sealed under the id of their set. Every change goes the same way: intent event, private keys
 * sealed, the whole new set written as *pending*, event, set made current, what is left over destroyed. A crash leaves
 * sealed files that nothing names (discarded at the next use) or a pending set (then finished).
 */
export class SignerService implements SigningKeys {
  readonly #options: SignerServiceOptions;
  readonly #file: VersionedFile<SignerFile>;

  constructor(options: SignerServiceOptions) {
    this.#options = options;
    const { path, clock, identity } = options;
    this.#file = new VersionedFile({
      path,
      what: 'The facts about the signing keys',
      schema: SignerFile,
      version: 1,
      initial: emptySignerFile,
      identity,
      clock,
    });
  }

  facts(): SignerFacts | null {
    const { installationId, current, rollovers } = this.#file.read();
    if (installationId === null || current === null) return null;
    return factsOf(installationId, current, rollovers, this.#options.clock.now());
  }

  /** How the keys stand against their cryptoperiod. Needs no keychain. */
  status(): SignerStatus {
    return signerStatus(this.#file.read().current?.dueAt ?? null, this.#options.clock.now());
  }

  /** Sets that were replaced, oldest first. */
  former(): readonly FormerGeneration[] {
    return this.#file.read().former;
  }

  /** Certificates (PEM) of the CAs that this installation made for itself: the present one first. */
  ownAuthorities(): readonly string[] {
    const { current, former } = this.#file.read();
    const sets = [...(current ? [current] : []), ...[...former].reverse()];
    return [...new Set(sets.map(({ ca }) => ca.certificate))];
  }

  /** What this installation is called in reports and certificates; made when it is first asked for. */
  installationId(): string {
    const known = this.#file.read().installationId;
    if (known !== null) return known;
    const fresh = this.#options.newId();
    const file = this.#file.update((current) => ({
      ...current,
      installationId: current.installationId ?? fresh,
    }));
    return file.installationId as string;
  }

  async ensure(): Promise<SignerFacts> {
    if (this.#settled()) {
      const facts = this.facts();
      if (facts) return facts;
    }
    return this.#exclusively(async () => {
      await this.#settle();
      if (this.#file.read().current === null) await this.#make(null, null);
      return this.facts() as SignerFacts;
    });
  }

  async sign(role: SigningKeyRole, message: Uint8Array): Promise<Uint8Array> {
    if (!this.#settled()) await this.#exclusively(() => this.#settle());
    const current = this.#current();
    try {
      return await this.#signWith(current, role, message);
    } catch (error) {
      // Another process replaced the keys between the two looks.
      const now = this.#current();
      if (now.id === current.id) throw error;
      return this.#signWith(now, role, message);
    }
  }

  /** A PKCS#10 request (DER) for the certificate's key, for the organisation's CA. Throws `signer-absent`. */
  request(): Promise<Buffer> {
    const { chain } = this.#current();
    return certificateRequest({
      organization: organizationOf(this.installationId()),
      commonName: leafName,
      publicKey: publicKeyOf(chain),
      sign: (message) => this.sign('certificate', message),
    });
  }

  /**
   * Takes the certificate that the organisation's CA issued for the request, with its chain (PEM), in place of the
   * present one. A statement by the report key says so, as for a replacement of the keys.
   * @returns the facts, and what the person should know about the chain
   * @throws `signer-absent`, `invalid-input` saying which certificate does not fit and why
   */
  importChain(text: string): Promise<{ facts: SignerFacts; warnings: string[] }> {
    return this.#exclusively(async () => {
      await this.#settle();
      const { clock, append } = this.#options;
      const current = this.#current();
      const { chain, warnings } = importedChain(text, publicKeyOf(current.chain), clock.now());
      if (chain[0] === current.chain[0]) return { facts: this.facts() as SignerFacts, warnings };
      const next: SignerGeneration = { ...current, chain, caKind: 'organisation' };
      const reason = 'A certificate of the organisation’s CA takes the place of the former one.';
      const rollover = await signRollover({
        installationId: this.installationId(),
        at: timestamp(clock),
        replacement: { reason, compromised: false, trustedUntil: null },
        old: current,
        next,
        signOld: (message) => this.#signWith(current, 'report', message),
        signNew: (message) => this.#signWith(current, 'report', message),
      });
      this.#file.update(
        (file) => ({ ...file, current: next, rollovers: [...file.rollovers, rollover] }),
        () =>
          append({
            event_type: 'access',
            action: 'signing-certificate-imported',
            reason,
            rotation_id: current.id,
            data: { ...this.#eventFacts(next), rollover },
          }),
      );
      return { facts: this.facts() as SignerFacts, warnings };
    });
  }

  /**
   * Replaces the keys: the old report key signs the new one (not after a compromise), the new one countersigns, and
   * the old private keys are destroyed. The CA stays, unless it is compromised or ends before the new certificate
   * would. Throws `signer-absent`, a keychain error, or that the log cannot be written; asking again goes on.
   */
  rollover(request: RolloverRequest): Promise<SignerFacts> {
    const { runId, ...replacement } = request;
    return this.#exclusively(async () => {
      await this.#settle();
      const current = this.#current();
      if (runId === null || current.runId !== runId) await this.#make({ old: current, replacement }, runId);
      return this.facts() as SignerFacts;
    });
  }

  /** Whether a run has replaced the keys already; finishes what a crash left first. */
  async replacedBy(runId: string): Promise<boolean> {
    if (!this.#settled()) await this.#exclusively(() => this.#settle());
    const { current, former } = this.#file.read();
    return [current, ...former].some((set) => set?.runId === runId);
  }

  async #make(replaces: { old: SignerGeneration; replacement: Replacement } | null, runId: string | null) {
    const { clock, sealed, append, newId } = this.#options;
    const installationId = this.installationId();
    const now = clock.now();
    const ca = await this.#authorityFor(replaces, now);
    const id = newId();
    append({
      event_type: 'access',
      action: 'signing-keys-intended',
      reason: replaces?.replacement.reason ?? null,
      run_id: runId,
      rotation_id: id,
      data: { replaces: replaces?.old.id ?? null, compromised: replaces?.replacement.compromised ?? false },
    });
    try {
      const made = await generateSigningKeys({ installationId, id, runId, now, ca });
      for (const role of sealedRoles) {
        if (role === 'ca' && ca.key !== null) continue;
        await sealed.seal(sealedName(installationId, made.generation, role), made.keys[role]);
      }
      await this.#prove(made);
      const rollover = replaces
        ? await signRollover({
            installationId,
            at: now.toISOString(),
            replacement: replaces.replacement,
            old: replaces.old,
            next: made.generation,
            signOld: (message) => this.#signWith(replaces.old, 'report', message),
            signNew: (message) => this.#signWith(made.generation, 'report', message),
          })
        : null;
      this.#file.update((file) => ({
        ...file,
        pending: {
          generation: made.generation,
          replaces: replaces && rollover ? { replacement: replaces.replacement, rollover } : null,
        },
      }));
    } catch (error) {
      // What was sealed until now belongs to nothing. If it cannot be cleared away now, the next use does it.
      await this.#cleanUp().catch(() => undefined);
      throw error;
    }
    await this.#settle();
  }

  /** The CA that signs the next certificate: the present one while it can be trusted and lasts long enough. */
  async #authorityFor(
    replaces: { old: SignerGeneration; replacement: Replacement } | null,
    now: Date,
  ): Promise<CertificateAuthority | { id: string; key: null }> {
    const fresh = { id: this.#options.newId(), key: null };
    if (replaces === null || replaces.replacement.compromised) return fresh;
    const { old } = replaces;
    if (yearsAfter(now, certificateYears) > new Date(certificateOf(old.ca.certificate).notAfter))
      return fresh;
    return { ...old.ca, key: await this.#open(old, 'ca') };
  }

  /** Whether what was sealed opens and signs, before anything rests on it. */
  async #prove({ generation }: NewSigningKeys): Promise<void> {
    const probe = Buffer.from(`rekey signing key probe ${generation.id}`);
    const log = await this.#signWith(generation, 'log', probe);
    const report = await this.#signWith(generation, 'report', probe);
    const certificate = await this.#signWith(generation, 'certificate', probe);
    const leaf = createPublicKey({ key: publicKeyOf(generation.chain), format: 'der', type: 'spki' });
    const holds =
      verifyEd25519(rawKey(generation.logKey), probe, log) &&
      verifyEd25519(rawKey(generation.reportKey), probe, report) &&
      verify('sha256', probe, leaf, certificate);
    if (!holds) throw new Error('a new signing key does not verify its own signature');
  }

  /** Whether nothing is left of a crash. One look at the file and one into the folder. */
  #settled(): boolean {
    const { pending, former } = this.#file.read();
    return (
      pending === null &&
      former.every(({ destroyedAt }) => destroyedAt !== null) &&
      this.#leftOver().length === 0
    );
  }

  async #settle(): Promise<void> {
    this.#adoptPending();
    await this.#cleanUp();
  }

  #adoptPending(): void {
    const { pending } = this.#file.read();
    if (pending === null) return;
    const { generation, replaces } = pending;
    this.#file.update(
      (file) => ({
        ...file,
        current: generation,
        pending: null,
        former:
          file.current && replaces
            ? [
                ...file.former,
                {
                  ...file.current,
                  replacedAt: generation.createdAt,
                  replacement: replaces.replacement,
                  destroyedAt: null,
                },
              ]
            : file.former,
        rollovers: replaces ? [...file.rollovers, replaces.rollover] : file.rollovers,
      }),
      () =>
        this.#recordOnce(generation.createdAt, {
          event_type: 'access',
          action: replaces ? 'signing-keys-replaced' : 'signing-keys-created',
          reason: replaces?.replacement.reason ?? null,
          run_id: generation.runId,
          rotation_id: generation.id,
          next_rotation_due: generation.dueAt,
          data: { ...this.#eventFacts(generation), rollover: replaces?.rollover ?? null },
        }),
    );
  }

  /** Destroys the private keys of former sets, and what an attempt left that came to nothing. */
  async #cleanUp(): Promise<void> {
    const { sealed, clock } = this.#options;
    const { former } = this.#file.read();
    const formerIds = new Set(former.flatMap(({ id, ca }) => [id, ca.id]));
    for (const name of this.#leftOver()) {
      if (!formerIds.has(name.rotationId)) {
        this.#recordOnce(null, {
          event_type: 'access',
          action: 'signing-keys-discarded',
          rotation_id: name.rotationId,
          data: {
            why: 'They were made by an attempt that did not come to its end; nothing was signed with them.',
          },
        });
      }
      await sealed.destroy(name);
    }
    for (const set of former.filter(({ destroyedAt }) => destroyedAt === null)) {
      const destroyedAt = timestamp(clock);
      this.#file.update(
        (file) => ({
          ...file,
          former: file.former.map((one) => (one.id === set.id ? { ...one, destroyedAt } : one)),
        }),
        () =>
          this.#recordOnce(set.replacedAt, {
            event_type: 'access',
            action: 'signing-keys-destroyed',
            run_id: this.#successorOf(set)?.runId ?? null,
            rotation_id: set.id,
            // Deleting a sealed file erases neither backups nor the disk's own copies (docs/security-model.md).
            data: { ...this.#eventFacts(set), backups_checked: false },
          }),
      );
    }
  }

  #successorOf(set: FormerGeneration): SignerGeneration | null {
    const { former, current } = this.#file.read();
    const at = former.findIndex(({ id }) => id === set.id);
    return former[at + 1] ?? current;
  }

  /** Sealed private keys that neither the current nor a pending set names. */
  #leftOver(): SealedName[] {
    const { installationId, current, pending } = this.#file.read();
    if (installationId === null) return [];
    const named = new Set(
      [current, pending?.generation].flatMap((set) =>
        set ? sealedRoles.map((role) => textOf(sealedName(installationId, set, role))) : [],
      ),
    );
    return this.#options.sealed.list(installationId).filter((name) => !named.has(textOf(name)));
  }

  #recordOnce(since: string | null, draft: EventDraft): void {
    const { append, recorded } = this.#options;
    if (!recorded(draft.action, draft.rotation_id as string, since)) append(draft);
  }

  #eventFacts(generation: SignerGeneration) {
    const facts = factsOf(this.installationId(), generation, [], this.#options.clock.now());
    return {
      report_key: facts.reportFingerprint,
      log_key: facts.logFingerprint,
      certificate: facts.chain[0]?.fingerprint ?? null,
      ca: facts.chain[1]?.fingerprint ?? null,
      ca_kind: facts.caKind,
    };
  }

  #current(): SignerGeneration {
    const { current } = this.#file.read();
    if (current !== null) return current;
    throw new RekeyError('signer-absent', {
      message: 'This installation has no signing keys yet.',
      remedy: 'Make a report, or run "rekey signer export": either makes them.',
    });
  }

  async #signWith(set: SignerGeneration, role: SigningKeyRole, message: Uint8Array): Promise<Uint8Array> {
    const key = privateKeyOf(await this.#open(set, role));
    return signWith(role === 'certificate' ? 'sha256' : null, message, key);
  }

  #open(set: SignerGeneration, role: SealedKeyRole): Promise<Secret> {
    return this.#options.sealed.open(sealedName(this.installationId(), set, role));
  }

  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await this.#options.section.run(action);
    } catch (error) {
      if (!(error instanceof LockBusy)) throw error;
      throw new RekeyError('data-folder-unusable', {
        message: `Another Rekey${error.holder ? ` (process ${error.holder.pid})` : ''} is at work on the signing keys and did not finish in time.`,
        remedy: `Try again. If no Rekey runs there any more, remove ${error.path}.`,
      });
    }
  }
}

const sealedRoles = Object.keys(sealedKeys) as SealedKeyRole[];

function sealedName(installationId: string, set: SignerGeneration, role: SealedKeyRole): SealedName {
  const rotationId = role === 'ca' ? set.ca.id : set.id;
  return { environmentId: installationId, key: sealedKeys[role], rotationId, role: 'new' };
}

function textOf({ rotationId, key }: SealedName): string {
  return `${rotationId} ${key}`;
}

/** DER of the leaf's public key. */
function publicKeyOf(chain: readonly string[]): Buffer {
  return certificateNames(derOf(chain[0] as string)).publicKey;
}
