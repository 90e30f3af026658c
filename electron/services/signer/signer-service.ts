import { dirname } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import type { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import type { VersionedFile } from '#electron/storage/versioned-file.ts';
import { signerStatus } from '#shared/logic/signer-status.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import type { SigningKeyRole } from '#shared/model/report.ts';
import type {
  Replacement,
  SignerFile,
  SignerGeneration,
  SignerStatus,
  SignerView,
} from '#shared/model/signer.ts';
import type { KnownSigners } from '#shared/model/trusted-signer.ts';
import type { SealedStore } from '../secrets/sealed-store.ts';
import { certificateRequest } from './certificates.ts';
import { importedChain } from './chain-import.ts';
import { leafName, organizationOf } from './key-generation.ts';
import { KeyReplacement, publicFacts } from './key-replacement.ts';
import { ownSigners } from './own-signers.ts';
import { signRollover } from './rollover-statement.ts';
import { leafPublicKey, SealedSigningKeys } from './sealed-signing-keys.ts';
import { ed25519Fingerprint, factsOf, rawKey, viewOfKeys } from './signer-facts.ts';
import { openSignerFile } from './signer-file.ts';
import type { SignerFacts, SigningKeys } from './signing-keys.ts';

export interface SignerServiceOptions {
  /** `signer.json`. */
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
  sealed: SealedStore;
  append: (draft: EventDraft) => LogEvent;
  /** Whether the log has such an event with this rotation id. */
  recorded: (action: string, rotationId: string) => boolean;
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

const importReason = 'A certificate of the organisation’s CA takes the place of the former one.';

/**
 * The signing keys of this installation: made on first use, replaced on request. What is public lies in `signer.json`,
 * the private keys are sealed.
 */
export class SignerService implements SigningKeys {
  readonly #options: SignerServiceOptions;
  readonly #file: VersionedFile<SignerFile>;
  readonly #keys: SealedSigningKeys;
  readonly #replacement: KeyReplacement;

  constructor(options: SignerServiceOptions) {
    this.#options = options;
    const { path, clock, identity, sealed, append, recorded, newId } = options;
    this.#file = openSignerFile({ path, clock, identity });
    this.#keys = new SealedSigningKeys(sealed);
    this.#replacement = new KeyReplacement({
      file: this.#file,
      keys: this.#keys,
      clock,
      append,
      recorded,
      newId,
    });
  }

  facts(): SignerFacts | null {
    const { installationId, current, rollovers } = this.#file.read();
    if (installationId === null || current === null) return null;
    return factsOf(installationId, current, rollovers, this.#options.clock.now());
  }

  /** The same where there must be some. Throws `signer-absent`. */
  requireFacts(): SignerFacts {
    this.#current();
    return this.facts() as SignerFacts;
  }

  /** How the keys stand against their cryptoperiod. Needs no keychain. */
  status(): SignerStatus {
    return signerStatus(this.#file.read().current?.dueAt ?? null, this.#options.clock.now());
  }

  /** All that people are shown. Needs no keychain. */
  view(): SignerView {
    const facts = this.facts();
    const former = [...this.#file.read().former].reverse();
    return {
      installation_id: this.installationId(),
      ...this.status(),
      keys: facts && viewOfKeys(facts),
      former: former.map(({ replacement, ...set }) => ({
        report_key: ed25519Fingerprint(rawKey(set.reportKey)),
        created_at: set.createdAt,
        replaced_at: set.replacedAt,
        reason: replacement.reason,
        compromised: replacement.compromised,
        trusted_until: replacement.trustedUntil,
        destroyed_at: set.destroyedAt,
      })),
    };
  }

  /** This installation's own report keys and CAs, present and former. */
  own(): KnownSigners {
    return ownSigners(this.#file.read());
  }

  /** What this installation is called in reports and certificates; made when it is first asked for. */
  installationId(): string {
    const known = this.#file.read().installationId;
    if (known !== null) return known;
    const fresh = this.#options.newId();
    const file = this.#file.update((state) => ({
      ...state,
      installationId: state.installationId ?? fresh,
    }));
    return file.installationId as string;
  }

  async ensure(): Promise<SignerFacts> {
    if (this.#replacement.settled) {
      const facts = this.facts();
      if (facts) return facts;
    }
    return this.#exclusively(async () => {
      if (this.#file.read().current === null) {
        await this.#replacement.make(this.installationId(), null, null);
      }
      return this.requireFacts();
    });
  }

  async sign(role: SigningKeyRole, message: Uint8Array): Promise<Uint8Array> {
    await this.#settled();
    const current = this.#current();
    try {
      return await this.#signWith(current, role, message);
    } catch (error) {
      // Another process may have replaced the keys between the two looks.
      const now = this.#current();
      if (now.id === current.id) throw error;
      return this.#signWith(now, role, message);
    }
  }

  /** A PKCS#10 request (DER) for the certificate's key, for the organisation's CA. Throws `signer-absent`. */
  request(): Promise<Buffer> {
    return certificateRequest({
      organization: organizationOf(this.installationId()),
      commonName: leafName,
      publicKey: leafPublicKey(this.#current()),
      sign: (message) => this.sign('certificate', message),
    });
  }

  /**
   * Takes the certificate that the organisation's CA issued for the request, with its chain (PEM), in place of the
   * present one. A statement by the report key says so, as for a replacement of the keys.
   * @returns the facts, and what a person should know about the chain
   * @throws `signer-absent`, `invalid-input` saying which certificate does not fit and why, or a keychain error
   */
  importChain(text: string): Promise<{ facts: SignerFacts; warnings: string[] }> {
    return this.#exclusively(async () => {
      const { clock, append } = this.#options;
      const current = this.#current();
      const { chain, warnings } = importedChain(text, leafPublicKey(current), clock.now());
      if (chain.join('') === current.chain.join('')) return { facts: this.requireFacts(), warnings };
      const next: SignerGeneration = { ...current, chain, caKind: 'organisation' };
      const sign = (message: Uint8Array) => this.#signWith(current, 'report', message);
      const rollover = await signRollover({
        installationId: this.installationId(),
        at: timestamp(clock),
        replacement: { reason: importReason, compromised: false, trustedUntil: null },
        old: current,
        next,
        signOld: sign,
        signNew: sign,
      });
      this.#file.update(
        (state) => ({ ...state, current: next, rollovers: [...state.rollovers, rollover] }),
        () =>
          append({
            event_type: 'access',
            action: 'signing-certificate-imported',
            reason: importReason,
            rotation_id: current.id,
            data: { ...publicFacts(next), rollover },
          }),
      );
      return { facts: this.requireFacts(), warnings };
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
      const old = this.#current();
      if (runId === null || old.runId !== runId) {
        await this.#replacement.make(this.installationId(), { old, replacement }, runId);
      }
      return this.requireFacts();
    });
  }

  /** Whether a run has replaced the keys already; finishes what a crash left first. */
  async replacedBy(runId: string): Promise<boolean> {
    await this.#settled();
    const { current, former } = this.#file.read();
    return [current, ...former].some((set) => set?.runId === runId);
  }

  async #settled(): Promise<void> {
    if (!this.#replacement.settled) await this.#exclusively(async () => undefined);
  }

  #current(): SignerGeneration {
    const { current } = this.#file.read();
    if (current !== null) return current;
    throw new RekeyError('signer-absent', {
      message: 'This installation has no signing keys yet.',
      remedy: 'Make a report, or run "rekey signer export": either makes them.',
    });
  }

  #signWith(set: SignerGeneration, role: SigningKeyRole, message: Uint8Array): Promise<Uint8Array> {
    return this.#keys.sign(this.installationId(), set, role, message);
  }

  /** Alone among all processes, and after finishing what a crash left. */
  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    makePrivateFolder(dirname(this.#options.path));
    return this.#options.section.run(async () => {
      await this.#replacement.settle();
      return action();
    });
  }
}
