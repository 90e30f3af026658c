import {
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from 'node:crypto';
import { base64Of } from '#shared/logic/bytes.ts';
import type { SigningKeyRole } from '#shared/model/report.ts';
import { Secret } from '#shared/model/secret.ts';
import { caYears, certificateYears, type SignerGeneration, signingYears } from '#shared/model/signer.ts';
import { caCertificate, leafCertificate, pem } from './certificates.ts';

/** The names under which private keys are sealed. */
export const sealedKeys = {
  report: 'REPORT_SIGNING_KEY',
  log: 'LOG_SIGNING_KEY',
  certificate: 'CERTIFICATE_KEY',
  ca: 'CERTIFICATE_AUTHORITY_KEY',
} as const satisfies Record<SigningKeyRole | 'ca', string>;
export type SealedKeyRole = keyof typeof sealedKeys;

/** RSA keys sign certificates and PDFs: what every PDF reader and OpenSSL check alike. */
const rsaBits = 3072;
/** So that a machine whose clock is a little behind does not find the certificate not yet valid. */
const backdatedMilliseconds = 60 * 60 * 1000;

/** An installation's own CA, with its private key as it is sealed (PKCS#8, DER, Base64). */
export interface CertificateAuthority {
  readonly id: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: Secret;
}

export interface NewSigningKeys {
  readonly generation: SignerGeneration;
  /** As they are sealed: PKCS#8, DER, Base64. */
  readonly keys: Readonly<Record<SealedKeyRole, Secret>>;
}

export interface GenerationRequest {
  installationId: string;
  id: string;
  runId: string | null;
  now: Date;
  /** The CA that goes on; null makes a new one under this id. */
  ca: CertificateAuthority | { id: string; key: null };
}

/** Makes a whole set of keys and its certificates, in memory. Takes a second or two, in OpenSSL's own threads. */
export async function generateSigningKeys(request: GenerationRequest): Promise<NewSigningKeys> {
  const { installationId, id, runId, now } = request;
  const [report, log, certificate, ca] = await Promise.all([
    ed25519(),
    ed25519(),
    rsa(),
    request.ca.key === null ? newAuthority(request.ca.id, installationId, now) : request.ca,
  ]);
  const caDer = derOf(ca.certificate);
  const authority = privateKeyOf(ca.key);
  const leaf = await leafCertificate(
    {
      serialNumber: randomBytes(16),
      organization: organizationOf(installationId),
      commonName: leafName,
      publicKey: certificate.publicKey,
      notBefore: new Date(now.getTime() - backdatedMilliseconds),
      notAfter: yearsAfter(now, certificateYears),
      sign: async (message) => signWith('sha256', message, authority),
    },
    caDer,
  );
  return {
    generation: {
      id,
      createdAt: now.toISOString(),
      dueAt: yearsAfter(now, signingYears).toISOString(),
      reportKey: base64Of(rawEd25519(report.publicKey)),
      logKey: base64Of(rawEd25519(log.publicKey)),
      ca: { id: ca.id, certificate: ca.certificate },
      chain: [pem('CERTIFICATE', leaf), ca.certificate],
      caKind: 'installation',
      runId,
    },
    keys: { report: report.key, log: log.key, certificate: certificate.key, ca: ca.key },
  };
}

/** A private key as it was sealed. Throws when it is not one. */
export function privateKeyOf(sealed: Secret): KeyObject {
  const bytes = Buffer.from(sealed.reveal(), 'base64');
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } finally {
    bytes.fill(0);
  }
}

/** Names the installation in its certificates; at most 64 characters (X.520). */
export function organizationOf(installationId: string): string {
  return `Rekey installation ${installationId}`;
}

export const leafName = 'Rekey report signer';

/** The same day and time so many years later; 29 February becomes 1 March. */
export function yearsAfter(at: Date, years: number): Date {
  const later = new Date(at);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}

/** The bytes between the lines of a PEM text. */
export function derOf(certificate: string): Buffer {
  return Buffer.from(certificate.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
}

async function newAuthority(id: string, installationId: string, now: Date): Promise<CertificateAuthority> {
  const { publicKey, key } = await rsa();
  const own = privateKeyOf(key);
  const certificate = await caCertificate({
    serialNumber: randomBytes(16),
    organization: organizationOf(installationId),
    commonName: `Rekey CA ${id}`,
    publicKey,
    notBefore: new Date(now.getTime() - backdatedMilliseconds),
    notAfter: yearsAfter(now, caYears),
    sign: async (message) => signWith('sha256', message, own),
  });
  return { id, certificate: pem('CERTIFICATE', certificate), key };
}

interface KeyPair {
  /** DER of the SubjectPublicKeyInfo. */
  publicKey: Buffer;
  key: Secret;
}

function ed25519(): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generateKeyPair('ed25519', {}, (error, publicKey, privateKey) =>
      error ? reject(error) : resolve(sealable(publicKey, privateKey)),
    );
  });
}

function rsa(): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: rsaBits }, (error, publicKey, privateKey) =>
      error ? reject(error) : resolve(sealable(publicKey, privateKey)),
    );
  });
}

function sealable(publicKey: KeyObject, privateKey: KeyObject): KeyPair {
  const bytes = privateKey.export({ type: 'pkcs8', format: 'der' });
  const key = new Secret(bytes.toString('base64'));
  bytes.fill(0);
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }), key };
}

/** The key itself stands at the end of its SubjectPublicKeyInfo (RFC 8410, section 4). */
function rawEd25519(publicKey: Buffer): Buffer {
  return publicKey.subarray(publicKey.length - 32);
}
