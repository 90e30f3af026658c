import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { EnvironmentReference } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Fingerprint, KeyName } from '#shared/model/key.ts';
import { Secret } from '#shared/model/secret.ts';
import { type AgeLock, decryptAge, encryptAge } from './age-envelope.ts';

/** Values are strings only inside the age envelope. */
const RecoveryDocument = z.object({
  format: z.literal('rekey-recovery'),
  version: z.literal(1),
  environment: EnvironmentReference,
  run_id: z.string(),
  created_at: z.string(),
  keys: z.array(
    z.object({
      key: KeyName,
      rotation_id: z.string(),
      role: z.enum(['old', 'new']),
      fingerprint: Fingerprint.nullable(),
      value: z.string(),
    }),
  ),
});

/** One value in a recovery file. */
export interface RecoveryValue {
  key: KeyName;
  rotationId: string;
  role: 'old' | 'new';
  fingerprint: Fingerprint | null;
  value: Secret;
}

export interface RecoveryContent {
  environment: EnvironmentReference;
  runId: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  values: RecoveryValue[];
}

/** Who can open the file: whoever knows the passphrase, or has the identity of a recipient (`age1…`). */
export type RecoveryProtection = { passphrase: Secret } | { recipient: string };
export type RecoveryUnlock = { passphrase: Secret } | { identity: Secret };

const maximumBytes = 1024 * 1024;
const minimumPassphrase = 12;

/**
 * Writes a recovery file in the age format (age-encryption.org/v1), so that the `age` program opens it without
 * Rekey. Durable when it returns; mode 0600. Throws `file-exists`, `invalid-input`, or a file error; then no file
 * was left.
 */
export async function writeRecoveryFile(
  path: string,
  content: RecoveryContent,
  protection: RecoveryProtection,
): Promise<void> {
  if (existsSync(path)) throw exists(path);
  const lock = lockOf(protection);
  const document: z.infer<typeof RecoveryDocument> = {
    format: 'rekey-recovery',
    version: 1,
    environment: content.environment,
    run_id: content.runId,
    created_at: content.createdAt,
    keys: content.values.map((value) => ({
      key: value.key,
      rotation_id: value.rotationId,
      role: value.role,
      fingerprint: value.fingerprint,
      value: value.value.reveal(),
    })),
  };
  const sealed = await sealWith(JSON.stringify(document, null, 2), lock);
  try {
    writeFileAtomic(path, sealed, {
      beforeRename: () => {
        if (existsSync(path)) throw exists(path);
      },
    });
  } catch (cause) {
    if (cause instanceof RekeyError) throw cause;
    throw new RekeyError('invalid-input', {
      message: `The recovery file cannot be written to ${path}: ${reason(cause)}.`,
      remedy: `Choose a folder that exists and that you may write, other than ${dirname(path)}.`,
      cause,
    });
  }
}

/** Opens a recovery file. Throws `recovery-file-unreadable`, saying what is wrong with it. */
export async function readRecoveryFile(path: string, unlock: RecoveryUnlock): Promise<RecoveryContent> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw unreadable(`The recovery file ${path} cannot be read: ${reason(cause)}.`, cause);
  }
  if (bytes.length > maximumBytes) throw unreadable(`${path} is too large to be a recovery file.`);
  let text: string;
  try {
    text = await decryptAge(
      bytes,
      'passphrase' in unlock
        ? { passphrase: unlock.passphrase.reveal() }
        : { identity: identityOf(unlock.identity) },
    );
  } catch (cause) {
    throw unreadable(
      'The recovery file does not open: the passphrase or identity is another one, or the file is damaged.',
      cause,
    );
  }
  const parsed = RecoveryDocument.safeParse(parseJson(text));
  if (!parsed.success) throw unreadable(`${path} opens, but it is not a recovery file of Rekey.`);
  return {
    environment: parsed.data.environment,
    runId: parsed.data.run_id,
    createdAt: parsed.data.created_at,
    values: parsed.data.keys.map((entry) => ({
      key: entry.key,
      rotationId: entry.rotation_id,
      role: entry.role,
      fingerprint: entry.fingerprint,
      value: new Secret(entry.value),
    })),
  };
}

function lockOf(protection: RecoveryProtection): AgeLock {
  if ('recipient' in protection) return { recipient: protection.recipient.trim() };
  requireLength(protection.passphrase);
  return { passphrase: protection.passphrase.reveal() };
}

async function sealWith(text: string, lock: AgeLock): Promise<Uint8Array> {
  try {
    return await encryptAge(text, lock);
  } catch (cause) {
    if ('passphrase' in lock) throw cause;
    throw new RekeyError('invalid-input', {
      message: 'The recipient is not an age public key.',
      remedy: 'Give the key that begins with age1, as "age-keygen -y" prints it.',
      cause,
    });
  }
}

/** An identity file holds comments and one line that begins with AGE-SECRET-KEY-1. */
function identityOf(identity: Secret): string {
  const line = identity
    .reveal()
    .split('\n')
    .map((text) => text.trim())
    .find((text) => text.startsWith('AGE-SECRET-KEY-'));
  if (line === undefined) throw new Error('no identity in the file');
  return line;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function requireLength(passphrase: Secret): void {
  if ([...passphrase.reveal()].length >= minimumPassphrase) return;
  throw new RekeyError('invalid-input', {
    message: `The passphrase has fewer than ${minimumPassphrase} characters.`,
    remedy: 'Choose a longer one: the file may be attacked without limit once someone has it.',
  });
}

function exists(path: string): RekeyError {
  return new RekeyError('file-exists', {
    message: `There is a file ${path} already.`,
    remedy: 'Choose another name.',
  });
}

function unreadable(message: string, cause?: unknown): RekeyError {
  return new RekeyError('recovery-file-unreadable', {
    message,
    remedy: 'Check the path, and the passphrase or identity. The file was left as it is.',
    cause,
  });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown reason';
}
