import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decryptRecord,
  encryptRecord,
  PracticeRecords,
} from '#electron/services/practice/practice-records.ts';
import { Secret } from '#shared/model/secret.ts';

const fresh = () => new Secret(randomBytes(24).toString('base64url'));

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-records-'));
  file = join(folder, 'records.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a row', () => {
  it('opens with its own value only', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = fresh();
        const record = encryptRecord('ENCRYPTION_KEY', value, text);
        expect(decryptRecord(record, value)).toBe(text);
        expect(decryptRecord(record, fresh())).toBeNull();
      }),
    );
  });

  it('cannot be put in the place of another, changed or cut short', () => {
    const value = fresh();
    const record = encryptRecord('ENCRYPTION_KEY', value, 'text');
    const other = encryptRecord('ENCRYPTION_KEY', value, 'more');
    expect(decryptRecord({ ...record, id: other.id }, value)).toBeNull();
    expect(decryptRecord({ ...record, key: 'TOKEN_ENCRYPTION_KEY' }, value)).toBeNull();
    expect(decryptRecord({ ...record, ciphertext: other.ciphertext }, value)).toBeNull();
    expect(decryptRecord({ ...record, tag: record.tag.slice(0, 8) }, value)).toBeNull();
    expect(decryptRecord({ ...record, nonce: '' }, value)).toBeNull();
  });
});

describe('re-encryption', () => {
  it('brings every row of one key under the new value, keeps the texts, and may run again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.boolean(), fc.boolean()), { maxLength: 30 }), (rows) => {
        const [old, next, elsewhere] = [fresh(), fresh(), fresh()];
        const records = new PracticeRecords(file);
        // Some rows were written under the new value already; some belong to another key.
        records.write(
          rows.map(([text, isNew, isOther]) =>
            isOther
              ? encryptRecord('TOKEN_ENCRYPTION_KEY', elsewhere, text)
              : encryptRecord('ENCRYPTION_KEY', isNew ? next : old, text),
          ),
        );
        const own = rows.filter(([, , isOther]) => !isOther);
        const result = records.reencrypt('ENCRYPTION_KEY', old, next, () => {});
        expect(result).toEqual({
          total: own.length,
          changed: own.filter(([, isNew]) => !isNew).length,
          remainingOld: 0,
        });
        expect(records.reencrypt('ENCRYPTION_KEY', old, next, () => {}).changed).toBe(0);
        const texts = records
          .all()
          .map((record) => decryptRecord(record, record.key === 'ENCRYPTION_KEY' ? next : elsewhere));
        expect(texts).toEqual(rows.map(([text]) => text));
      }),
      { numRuns: 40 },
    );
  });

  it('counts what neither value opens, and changes none of it', () => {
    const records = new PracticeRecords(file);
    const lost = encryptRecord('ENCRYPTION_KEY', fresh(), 'lost');
    records.write([lost]);
    expect(records.reencrypt('ENCRYPTION_KEY', fresh(), fresh(), () => {})).toEqual({
      total: 1,
      changed: 0,
      remainingOld: 1,
    });
    expect(records.all()).toEqual([lost]);
  });

  it('leaves no temporary file', () => {
    const records = new PracticeRecords(file);
    const value = fresh();
    records.write([encryptRecord('ENCRYPTION_KEY', value, 'text')]);
    records.reencrypt('ENCRYPTION_KEY', value, fresh(), () => {});
    expect(readdirSync(folder)).toEqual(['records.json']);
  });
});

describe('a damaged data file', () => {
  it.each(['', '{', '{}', '[1]', '[{"id": "x"}]', '[null]'])(
    '%j is refused in words and stays',
    (content) => {
      writeFileSync(file, content);
      const records = new PracticeRecords(file);
      expect(() => records.all()).toThrow(/data file/);
      expect(() => records.reencrypt('ENCRYPTION_KEY', null, fresh(), () => {})).toThrow(/data file/);
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );
});
