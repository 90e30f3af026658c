import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { Secret } from '#shared/model/secret.ts';
import { acceptedValues, type DataKey, isDataKey, type KeySlots, PracticeFailure } from './key-ring.ts';

/** One encrypted row, as it lies in the data file. Bytes are base64. */
export interface PracticeRecord {
  id: string;
  key: DataKey;
  nonce: string;
  ciphertext: string;
  tag: string;
}

export interface Reencryption {
  total: number;
  changed: number;
  /** Rows that the new value does not open. */
  remainingOld: number;
}

const mostRecords = 1_000;

/** Encrypts with AES-256-GCM; the row's id and key name are associated data, so that rows cannot be swapped. */
export function encryptRecord(
  key: DataKey,
  value: Secret,
  text: string,
  id: string = randomUUID(),
): PracticeRecord {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(value.reveal(), 'utf8'), nonce);
  cipher.setAAD(Buffer.from(`${key}/${id}`));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {
    id,
    key,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** The row's text, or null when this value does not open it. */
export function decryptRecord(record: PracticeRecord, value: Secret): string | null {
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      Buffer.from(value.reveal(), 'utf8'),
      Buffer.from(record.nonce, 'base64'),
      { authTagLength: 16 },
    );
    decipher.setAAD(Buffer.from(`${record.key}/${record.id}`));
    decipher.setAuthTag(Buffer.from(record.tag, 'base64'));
    const text = Buffer.concat([decipher.update(Buffer.from(record.ciphertext, 'base64')), decipher.final()]);
    return text.toString('utf8');
  } catch {
    return null;
  }
}

/** Decrypts as the running service does: with its primary, previous or next value. */
export function openRecord(
  record: PracticeRecord,
  slots: KeySlots,
): { slot: keyof KeySlots; text: string } | null {
  for (const { slot, value } of acceptedValues(slots)) {
    const text = decryptRecord(record, value);
    if (text !== null) return { slot, text };
  }
  return null;
}

/** The service's database: a small JSON file of encrypted rows, replaced in one step. */
export class PracticeRecords {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws a PracticeFailure when the file is missing or damaged. */
  all(): PracticeRecord[] {
    let content: unknown;
    try {
      content = JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'damaged';
      throw new PracticeFailure(`The practice service's data file cannot be read (${code}).`);
    }
    if (!Array.isArray(content) || !content.every(isRecord)) {
      throw new PracticeFailure("The practice service's data file is damaged.");
    }
    return content;
  }

  add(record: PracticeRecord): void {
    const records = this.all();
    if (records.length >= mostRecords) {
      throw new PracticeFailure(`The practice service keeps at most ${mostRecords} rows.`);
    }
    this.write([...records, record]);
  }

  /** Durable when it returns. */
  write(records: readonly PracticeRecord[]): void {
    writeFileAtomic(this.#file, `${JSON.stringify(records, null, 1)}\n`);
  }

  /**
   * Brings every row of `key` under `next`: rows that `next` opens stay, rows that `former` opens are encrypted
   * again. Counts what it reads back from the file, not what it meant to write; running it again is harmless.
   */
  reencrypt(
    key: DataKey,
    former: Secret | null,
    next: Secret,
    onProgress: (done: number, total: number) => void,
  ): Reencryption {
    const records = this.all();
    const total = records.filter((record) => record.key === key).length;
    let changed = 0;
    let done = 0;
    const renewed = records.map((record) => {
      if (record.key !== key) return record;
      done += 1;
      if (done % 10 === 0 || done === total) onProgress(done, total);
      if (decryptRecord(record, next) !== null) return record;
      const text = former === null ? null : decryptRecord(record, former);
      if (text === null) return record;
      changed += 1;
      return encryptRecord(key, next, text, record.id);
    });
    if (changed > 0) this.write(renewed);
    const remainingOld = this.all().filter(
      (record) => record.key === key && decryptRecord(record, next) === null,
    ).length;
    return { total, changed, remainingOld };
  }
}

function isRecord(value: unknown): value is PracticeRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const isText = (name: string) => typeof record[name] === 'string';
  return (
    ['id', 'nonce', 'ciphertext', 'tag'].every(isText) && isText('key') && isDataKey(record.key as string)
  );
}
