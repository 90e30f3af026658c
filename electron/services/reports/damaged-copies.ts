import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeSshSignature } from '#shared/logic/ssh-signature.ts';
import { reportNamespace } from '#shared/model/signer.ts';
import { bundlePaths, sumsOf, writeBundleFile } from './bundle-files.ts';
import { writeReportKey } from './bundle-keys.ts';

/** Each way in which a copy is damaged, and what it stands for. */
const damages = {
  /** One bit of the document that people read. */
  'flipped-byte': flipByte,
  /** The newest event, with all hashes made anew: what somebody would do who wants to hide it. */
  'dropped-event': dropEvent,
  /** Everything signed anew by a key of the forger's own. */
  'foreign-signer': signForeign,
} as const;

/**
 * Makes copies of a bundle below `into` that a verifier must refuse; returns their folders. A bundle is not handed out
 * before it was seen that they are refused. What is not damaged is the same file, not a copy, where that can be.
 */
export async function makeDamagedCopies(bundle: string, into: string): Promise<string[]> {
  const folders: string[] = [];
  for (const [name, damage] of Object.entries(damages)) {
    const folder = join(into, name);
    for (const path of bundlePaths(bundle)) copyFile(join(bundle, path), join(folder, path));
    await damage(folder);
    folders.push(folder);
  }
  return folders;
}

function flipByte(folder: string): void {
  const bytes = readFileSync(join(folder, 'report.pdf'));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] as number) ^ 1;
  replaceFile(folder, 'report.pdf', bytes);
}

function dropEvent(folder: string): void {
  const path = 'log/events.jsonl';
  const events = readFileSync(join(folder, path));
  const last = events.subarray(0, -1).lastIndexOf(0x0a);
  replaceFile(folder, path, events.subarray(0, last + 1));
  replaceFile(folder, 'SHA256SUMS', sumsOf(folder));
}

async function signForeign(folder: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  for (const name of ['keys/report.pub', 'keys/allowed_signers']) rmSync(join(folder, name));
  writeReportKey(folder, raw);
  const sums = sumsOf(folder);
  replaceFile(folder, 'SHA256SUMS', sums);
  const signature = await makeSshSignature({
    publicKey: raw,
    namespace: reportNamespace,
    messageSha512: hash('sha512', Buffer.from(sums, 'utf8'), 'buffer'),
    sign: async (message) => sign(null, message, privateKey),
  });
  replaceFile(folder, 'SHA256SUMS.sig', signature);
}

/** Never changes the file that the copy may share with the bundle: another one takes its place. */
function replaceFile(folder: string, path: string, content: string | Uint8Array): void {
  rmSync(join(folder, path));
  writeBundleFile(folder, path, content);
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    linkSync(from, to);
  } catch {
    // A file system without hard links.
    cpSync(from, to);
  }
}
