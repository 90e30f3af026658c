import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { CertificateFingerprint, SshFingerprint } from '#shared/model/signer.ts';
import { type KnownSigners, TrustedSigner, TrustedSignersFile } from '#shared/model/trusted-signer.ts';
import { certificateOf } from './signer-facts.ts';
import type { SignerCertificate } from './signing-keys.ts';

export interface TrustedSignersOptions {
  /** `trusted-signers.json`. */
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
  append: (draft: EventDraft) => unknown;
  /** The e-mail of who acts. Throws `operator-unknown`. */
  operator: () => string;
  /** This installation's own keys, which are known without being enrolled. */
  own: () => KnownSigners;
}

/**
 * The signers that somebody here enrolled, so that the verifier can say *known signer*. This installation's own keys,
 * present and former, are known without that.
 */
export class TrustedSigners {
  readonly #options: TrustedSignersOptions;
  readonly #file: VersionedFile<TrustedSignersFile>;

  constructor(options: TrustedSignersOptions) {
    this.#options = options;
    this.#file = new VersionedFile<TrustedSignersFile>({
      path: options.path,
      what: 'The trusted signers',
      schema: TrustedSignersFile,
      version: 1,
      initial: { schemaVersion: 1, signers: [] },
      identity: options.identity,
      clock: options.clock,
    });
  }

  /** Those that were enrolled, in that order. */
  list(): readonly TrustedSigner[] {
    return this.#file.read().signers;
  }

  /**
   * Enrols a signer; one that is enrolled already gets the new name.
   * @param given - `SHA256:…` of a report key, SHA-256 of a CA's certificate in hex (colons and blanks allowed), or the
   * CA's certificate itself in PEM form
   * @throws `invalid-input`, `operator-unknown`
   */
  trust(given: string, name: string): TrustedSigner {
    const { clock, append, operator } = this.#options;
    const signer = TrustedSigner.safeParse({
      ...identityOf(given),
      name,
      addedAt: timestamp(clock),
      addedBy: operator(),
    });
    if (!signer.success) {
      throw new RekeyError('invalid-input', {
        message: 'The signer has no usable name: 1 to 120 characters.',
        remedy: 'Name whose reports it signs, for example: Payments team, Ada’s machine.',
      });
    }
    const { fingerprint, kind } = signer.data;
    this.#file.update(
      (file) => ({ ...file, signers: [...without(file.signers, fingerprint), signer.data] }),
      () =>
        append({
          event_type: 'access',
          action: 'signer-trusted',
          data: { kind, fingerprint, name: signer.data.name },
        }),
    );
    return signer.data;
  }

  /**
   * Takes a signer away, named as it was enrolled or by its name.
   * @throws `invalid-input` when none is, or several are, meant by it
   */
  remove(given: string): TrustedSigner {
    const meant = this.list().filter(
      ({ name, fingerprint }) => name === given.trim() || fingerprint === normalised(given),
    );
    const [signer] = meant;
    if (signer === undefined || meant.length > 1) {
      throw new RekeyError('invalid-input', {
        message: signer ? `Several signers are called "${given}".` : `No signer is enrolled as "${given}".`,
        remedy: 'Give the fingerprint: "rekey signer trusted" lists them.',
      });
    }
    const { kind, fingerprint, name } = signer;
    this.#file.update(
      (file) => ({ ...file, signers: without(file.signers, fingerprint) }),
      () =>
        this.#options.append({
          event_type: 'access',
          action: 'signer-trust-removed',
          data: { kind, fingerprint, name },
        }),
    );
    return signer;
  }

  /** Everybody whom the verifier may call known, own keys first. */
  known(): KnownSigners {
    const own = this.#options.own();
    const enrolled = (wanted: TrustedSigner['kind']) =>
      this.list()
        .filter(({ kind }) => kind === wanted)
        .map(({ name, fingerprint }) => ({ name, fingerprint, own: false, compromised: null }));
    return {
      fingerprints: [...own.fingerprints, ...enrolled('report-key')],
      cas: [...own.cas, ...enrolled('ca')],
    };
  }
}

function without(signers: readonly TrustedSigner[], fingerprint: string): TrustedSigner[] {
  return signers.filter((signer) => signer.fingerprint !== fingerprint);
}

/** A fingerprint as it is stored, whichever way it was written down. */
function normalised(given: string): string {
  const text = given.trim();
  return text.startsWith('SHA256:') ? text.replace(/=+$/, '') : text.replace(/[\s:]/g, '').toLowerCase();
}

function identityOf(given: string): Pick<TrustedSigner, 'kind' | 'fingerprint'> {
  if (given.includes('-----BEGIN')) return { kind: 'ca', fingerprint: caFingerprint(given) };
  const fingerprint = normalised(given);
  if (SshFingerprint.safeParse(fingerprint).success) return { kind: 'report-key', fingerprint };
  if (CertificateFingerprint.safeParse(fingerprint).success) return { kind: 'ca', fingerprint };
  throw new RekeyError('invalid-input', {
    message: 'This is neither the fingerprint of a report key nor that of a CA.',
    remedy:
      'Give SHA256:… as "ssh-keygen -l" prints it, 64 hex digits of a CA’s SHA-256 fingerprint, or the CA’s certificate as a PEM file.',
  });
}

/** Of the one CA certificate in a PEM text. */
function caFingerprint(text: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) {
    throw new RekeyError('invalid-input', {
      message: `The file holds ${blocks.length} certificates; one CA is enrolled at a time.`,
      remedy: 'Give a PEM file with the certificate of the CA that you mean.',
    });
  }
  let certificate: SignerCertificate;
  try {
    certificate = certificateOf(block);
  } catch {
    throw new RekeyError('invalid-input', {
      message: 'The certificate in the file cannot be read.',
      remedy: 'Export it again in PEM form.',
    });
  }
  if (!certificate.isCa) {
    throw new RekeyError('invalid-input', {
      message: `The certificate of ${certificate.subject} is no CA’s.`,
      remedy: 'Give keys/ca.pem of a bundle, or your organisation’s CA; never keys/certificate.pem.',
    });
  }
  return certificate.fingerprint;
}
