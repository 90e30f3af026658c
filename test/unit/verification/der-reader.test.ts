import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DerError,
  derTags,
  oidText,
  readDer,
  readWhole,
  timeOf,
} from '#electron/services/verification/der-reader.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

describe('readDer', () => {
  it('takes lengths in their shortest form only', () => {
    expect(readDer(hex('0401aa')).content).toEqual(hex('aa'));
    expect(readDer(hex(`048180${'00'.repeat(128)}`)).content).toHaveLength(128);
    for (const bytes of [
      '04', // nothing behind the tag
      '0402aa', // too short
      '048101aa', // long form of a short length
      `04820080${'00'.repeat(128)}`, // leading zero
      '0480aa0000', // indefinite
      '04850000000001aa', // five bytes of length
      '1f0100', // tag of several bytes
    ]) {
      expect(() => readDer(hex(bytes)), bytes).toThrow(DerError);
    }
  });

  it('reads or refuses, but never does anything else, and never reads past the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const element = readDer(Buffer.from(bytes));
          expect(element.bytes.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});

describe('values', () => {
  it('are read: names and times', () => {
    expect(oidText(readDer(hex('06092a864886f70d010101')))).toBe('1.2.840.113549.1.1.1');
    expect(oidText(readDer(hex('0603550403')))).toBe('2.5.4.3');
    expect(timeOf(readDer(Buffer.from('\x17\x0d261125093000Z', 'latin1')))).toBe(
      Date.UTC(2026, 10, 25, 9, 30),
    );
    expect(timeOf(readDer(Buffer.from('\x17\x0d500101000000Z', 'latin1')))).toBe(Date.UTC(1950, 0, 1));
    expect(timeOf(readDer(Buffer.from('\x18\x0f20500101000000Z', 'latin1')))).toBe(Date.UTC(2050, 0, 1));
  });

  it('are refused in any other form', () => {
    for (const name of ['0600', '06028001', '060155ff', '0602aa80'])
      expect(() => oidText(readWhole(hex(name), derTags.oid)), name).toThrow(DerError);
    for (const time of [
      '\x17\x0d260230000000Z',
      '\x17\x0d261125093060Z',
      '\x17\x0b2611250930Z',
      '\x18\x1120261125093000.5Z',
      '\x04\x0d261125093000Z',
    ]) {
      expect(() => timeOf(readDer(Buffer.from(time, 'latin1'))), time).toThrow(DerError);
    }
  });
});
