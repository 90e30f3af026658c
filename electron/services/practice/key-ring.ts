import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Secret } from '#shared/model/secret.ts';

/** What each key is for in the practice service. The names are the catalog's. */
export const messageKeys = ['JWT_SECRET_KEY', 'WEBHOOK_SIGNING_KEY', 'API_SIGNING_KEY'] as const;
export const dataKeys = ['TOKEN_ENCRYPTION_KEY', 'ENCRYPTION_KEY'] as const;
export type MessageKey = (typeof messageKeys)[number];
export type DataKey = (typeof dataKeys)[number];
export type PracticeKey = MessageKey | DataKey;
export const practiceKeys: readonly PracticeKey[] = [...dataKeys, ...messageKeys];

export function isDataKey(name: string): name is DataKey {
  return (dataKeys as readonly string[]).includes(name);
}

export function isMessageKey(name: string): name is MessageKey {
  return (messageKeys as readonly string[]).includes(name);
}

/** The values that the service accepts for one key, newest trust first. */
export interface KeySlots {
  /** `NAME`: signs, encrypts, verifies and decrypts. */
  primary: Secret;
  /** `NAME_PREVIOUS`: only verifies and decrypts. */
  previous: Secret | null;
  /** `NAME_NEXT`: only verifies and decrypts, before it becomes primary. */
  next: Secret | null;
}

export type KeyRing = ReadonlyMap<PracticeKey, KeySlots>;

/** Why the service does not start or does not do what it was asked; in words, never with a value. */
export class PracticeFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PracticeFailure';
  }
}

/** AES-256 takes 32 bytes; the practice service uses the value's own bytes, as many real services do. */
export const dataKeyBytes = 32;

/**
 * Reads the `.env` as a service of its own would: with Node's parser, not with Rekey's. Throws a PracticeFailure that
 * names the variable when a key is missing, empty or of the wrong length.
 */
export function loadKeyRing(environmentFile: string): KeyRing {
  const variables = parseEnv(readText(environmentFile));
  const slot = (name: string, key: PracticeKey): Secret | null => {
    const value = variables[name];
    if (value === undefined || value === '') return null;
    if (isDataKey(key) && Buffer.byteLength(value) !== dataKeyBytes) {
      throw new PracticeFailure(`${name} must be exactly ${dataKeyBytes} bytes long.`);
    }
    return new Secret(value);
  };
  return new Map(
    practiceKeys.map((key) => {
      const primary = slot(key, key);
      if (primary === null) throw new PracticeFailure(`${key} is not set in the .env file.`);
      return [key, { primary, previous: slot(`${key}_PREVIOUS`, key), next: slot(`${key}_NEXT`, key) }];
    }),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PracticeFailure(`The .env file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** The slots' values in the order in which they are tried, with the name of the slot. */
export function acceptedValues(slots: KeySlots): { slot: keyof KeySlots; value: Secret }[] {
  return (['primary', 'previous', 'next'] as const).flatMap((slot) => {
    const value = slots[slot];
    return value === null ? [] : [{ slot, value }];
  });
}

/** The fingerprint key of the environment's state file, or null when there is none that can be read. */
export function loadFingerprintKey(stateFile: string): Buffer | null {
  try {
    const key: unknown = JSON.parse(readFileSync(stateFile, 'utf8')).fingerprintKey;
    return typeof key === 'string' && /^[0-9a-f]{64}$/.test(key) ? Buffer.from(key, 'hex') : null;
  } catch {
    return null;
  }
}

/** First 16 hex digits of HMAC-SHA-256(fingerprint key, value): what `/health` reports under `.key_rotation`. */
export function fingerprintOf(value: Secret, fingerprintKey: Buffer): string {
  return createHmac('sha256', fingerprintKey).update(value.reveal(), 'utf8').digest('hex').slice(0, 16);
}
