import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpointRequest, parseCheckpointRequest } from '#shared/logic/checkpoint-request.ts';
import { NoteError } from '#shared/logic/signed-note.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const note = bytes(
  'rekey/log/x\n3\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n— rekey/log/x AAAAAAA=\n',
);
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('the file for a cosigner', () => {
  it('is the body of add-checkpoint as the specification writes it', () => {
    const request = { oldSize: 20_852_014, path: [new Uint8Array(32), new Uint8Array(32).fill(1)], note };
    expect(Buffer.from(formatCheckpointRequest(request)).toString()).toBe(
      `old 20852014\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n${Buffer.from(note)}`,
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), (oldSize, path) => {
        const read = parseCheckpointRequest(formatCheckpointRequest({ oldSize, path, note }));
        expect(read.oldSize).toBe(oldSize);
        expect(read.path.map((node) => [...node])).toEqual(path.map((node) => [...node]));
        expect(Buffer.from(read.note).equals(note)).toBe(true);
      }),
    );
  });

  it('may be a checkpoint alone, which proves nothing', () => {
    expect(parseCheckpointRequest(note)).toEqual({ oldSize: 0, path: [], note });
  });

  it('is refused when its head is damaged, and read to a note or refused whatever it is', () => {
    for (const head of [
      'old 01\n\n',
      'old -1\n\n',
      'old \n\n',
      'old 1\nAAAA\n\n',
      'old 9007199254740993\n\n',
    ]) {
      expect(() => parseCheckpointRequest(bytes(`${head}${head.endsWith('\n\n') ? 'x\n' : ''}`))).toThrow(
        NoteError,
      );
    }
    const long = `old 1\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n`;
    expect(() => parseCheckpointRequest(bytes(long))).toThrow('too long');
    const original = formatCheckpointRequest({ oldSize: 7, path: [new Uint8Array(32)], note });
    fc.assert(
      fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(original, (byte, index) => (index === at ? byte ^ flip : byte));
        try {
          const read = parseCheckpointRequest(changed);
          const again = formatCheckpointRequest(read);
          const whole = read.oldSize === 0 && read.path.length === 0 ? read.note : again;
          expect(Buffer.from(whole).equals(changed)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NoteError);
        }
      }),
    );
  });
});
