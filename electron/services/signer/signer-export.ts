import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { resourceFile } from '#electron/installation.ts';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { fingerprintLines } from '#shared/logic/signer-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { SignerView } from '#shared/model/signer.ts';
import { publicKeyFiles } from './public-files.ts';
import type { SignerFacts } from './signing-keys.ts';

/** Fingerprints for printing; not in a bundle. */
const sheet = 'fingerprints.txt';
/** Lies in every report, too; an auditor should have it from elsewhere, since it judges what it lies in. */
const verifier = 'verify.py';

/**
 * Writes what auditors need of the signer into a new or empty folder: the public keys as in a bundle, the verifier, and a
 * sheet with the fingerprints. Nothing in it is secret.
 * @returns the folder and the paths in it
 * @throws `file-exists`
 */
export function exportSigner(
  to: string,
  { facts, view, origin, now }: { facts: SignerFacts; view: SignerView; origin: string | null; now: string },
): { folder: string; files: string[] } {
  const folder = resolve(to);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new RekeyError('file-exists', {
      message: `${folder} exists already and is not empty.`,
      remedy: 'Choose an empty folder, or one that does not exist yet.',
      details: { path: folder },
    });
  }
  return { folder, files: writePublicFiles(folder, { facts, view, origin, now }) };
}

/** Writes the same into a folder, replacing what lies there; returns the paths in it. */
export function writePublicFiles(
  folder: string,
  { facts, view, origin, now }: { facts: SignerFacts; view: SignerView; origin: string | null; now: string },
): string[] {
  const head = ['Signing keys of Rekey', `Printed ${now}. Replace them by ${facts.dueAt.slice(0, 10)}.`, ''];
  const files = new Map(publicKeyFiles(facts, origin));
  const script = readFileSync(resourceFile(import.meta.dirname, 'report', verifier), 'utf8');
  const scriptLines = [
    '',
    `${verifier}, SHA-256`,
    `    ${createHash('sha256').update(script).digest('hex')}`,
  ];
  files.set(verifier, script);
  files.set(sheet, `${[...head, ...fingerprintLines(view), ...scriptLines].join('\n')}\n`);
  for (const [path, text] of files) {
    makePrivateFolder(dirname(join(folder, path)));
    writeFileAtomic(join(folder, path), text);
  }
  return [...files.keys()].sort();
}
