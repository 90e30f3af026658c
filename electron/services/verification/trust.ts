import { createHash } from 'node:crypto';
import { RekeyError } from '#shared/model/errors.ts';
import { readPem } from './certificate-reader.ts';

/** Whom a verifier trusts: obtained another way than the report itself. */
export interface Trust {
  /** Report keys, as `SHA256:…`. */
  readonly fingerprints: readonly string[];
  /** SHA-256 of the DER of certificates of CAs, hex in lower case. */
  readonly cas: readonly string[];
}

/**
 * Reads what was given as the signer to expect: a report key's `SHA256:…`; 64 hex digits in any grouping, which are the
 * same fingerprint as it is read over the telephone, or a CA's; or the path of a PEM file with CA certificates, which
 * `read` opens.
 * @throws RekeyError `invalid-input`
 */
export function trustOf(given: string, read: (path: string) => Uint8Array): Trust {
  if (given.startsWith('SHA256:')) {
    const text = given.replace(/=+$/, '');
    if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) throw notUnderstood(given);
    return { fingerprints: [text], cas: [] };
  }
  const hex = given.replace(/[:\s]/g, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) {
    const text = Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '');
    return { fingerprints: [`SHA256:${text}`], cas: [hex] };
  }
  const certificates = certificatesIn(given, read);
  if (certificates === null) throw notUnderstood(given);
  return { fingerprints: [], cas: certificates.map((der) => createHash('sha256').update(der).digest('hex')) };
}

function certificatesIn(path: string, read: (path: string) => Uint8Array): Buffer[] | null {
  let text: string;
  try {
    text = Buffer.from(read(path)).toString('latin1');
  } catch {
    return null;
  }
  // Other programs write explanations around the blocks, and line ends of their own.
  const blocks = text
    .replaceAll('\r\n', '\n')
    .match(/-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----/g);
  return blocks === null ? null : readPem(blocks.map((block) => `${block}\n`).join(''));
}

function notUnderstood(given: string): RekeyError {
  return new RekeyError('invalid-input', {
    message: `"${given}" names no signer, so nothing was verified.`,
    remedy:
      "Give the report key's fingerprint (SHA256:…, or its 64 hex digits), the SHA-256 fingerprint of the CA's certificate in hex, or the path of the CA's certificate (PEM).",
  });
}
