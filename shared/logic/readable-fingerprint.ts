import { bytesOfBase64, hexOf } from './bytes.ts';

const groupLength = 4;
const groupsPerLine = 8;

/**
 * A SHA-256 fingerprint as two lines of eight groups of four hex digits: for reading over the phone and comparing with
 * paper, where upper and lower case of Base64 get lost. The same 32 bytes, nothing else:
 *
 *     awk '{print $2}' keys/report.pub | base64 -d | sha256sum
 *
 * @param fingerprint - `SHA256:…` as `ssh-keygen -l` prints it, or 64 hex digits
 * @throws RangeError when it is neither
 */
export function readableFingerprint(fingerprint: string): string[] {
  const groups = fingerprintHex(fingerprint).match(new RegExp(`.{${groupLength}}`, 'g')) ?? [];
  return [groups.slice(0, groupsPerLine).join(' '), groups.slice(groupsPerLine).join(' ')];
}

/** The 64 hex digits of a fingerprint in either form. */
export function fingerprintHex(fingerprint: string): string {
  if (/^[0-9a-f]{64}$/.test(fingerprint)) return fingerprint;
  const bytes = fingerprint.startsWith('SHA256:') ? bytesOfBase64(`${fingerprint.slice(7)}=`) : null;
  if (bytes?.length !== 32) throw new RangeError('not a SHA-256 fingerprint');
  return hexOf(bytes);
}
