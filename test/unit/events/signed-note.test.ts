import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#electron/services/events/sha256.ts';
import {
  cosignatureTimes,
  cosignedMessage,
  formatCheckpoint,
  logIdOf,
  openCheckpoint,
  originOf,
  parseCheckpoint,
  parseTimestampedSignature,
  timestampedSignature,
} from '#shared/logic/checkpoint.ts';
import {
  formatNote,
  formatVerifierKey,
  makeVerifierKey,
  NoteError,
  parseNote,
  parseVerifierKey,
  signaturesBy,
  signatureTypes,
  type VerifyEd25519,
} from '#shared/logic/signed-note.ts';

const spki = Buffer.from('302a300506032b6570032100', 'hex');
const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.concat([spki, publicKey]), format: 'der', type: 'spki' }),
    signature,
  );
const bytes = (text: string) => new TextEncoder().encode(text);

/** The vectors of golang.org/x/mod/sumdb/note (note_test.go). */
const peterKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const enochKey = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const peterLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const peterNote = `${text}\n${peterLine}`;

/**
 * A checkpoint of a Certificate Transparency log as it was published, with its log's key (type 1) and that of one of
 * the witnesses that cosigned it (type 4).
 */
const publishedCheckpoint = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const publishedLogKey =
  'arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f';
const publishedWitnessKey = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2';

describe('verifier keys', () => {
  it('are read and written as published', () => {
    for (const published of [peterKey, enochKey, publishedLogKey, publishedWitnessKey]) {
      expect(formatVerifierKey(parseVerifierKey(sha256, published))).toBe(published);
    }
    expect(parseVerifierKey(sha256, publishedWitnessKey).type).toBe(signatureTypes.cosignature);
  });

  it('are refused in every part of one, with any byte changed, of wrong length or kind', () => {
    for (let from = 0; from < peterKey.length; from += 1) {
      for (let to = from + 1; to <= peterKey.length; to += 1) {
        if (from === 0 && to === peterKey.length) continue;
        expect(() => parseVerifierKey(sha256, peterKey.slice(from, to))).toThrow(NoteError);
      }
      const changed = `${peterKey.slice(0, from)}${String.fromCharCode(peterKey.charCodeAt(from) + 1)}${peterKey.slice(from + 1)}`;
      expect(() => parseVerifierKey(sha256, changed)).toThrow(NoteError);
    }
    for (const bad of [
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      `${peterKey}\n`,
      peterKey.replace('c74f20a3', 'C74F20A3'),
      '',
    ]) {
      expect(() => parseVerifierKey(sha256, bad)).toThrow(NoteError);
    }
  });

  it('are not made for a name that a note cannot carry', () => {
    const key = parseVerifierKey(sha256, peterKey).publicKey;
    for (const name of ['', 'a b', 'a+b', 'a\u2003b', 'a\nb', 'a\u0085b']) {
      expect(() => makeVerifierKey(sha256, name, signatureTypes.ed25519, key)).toThrow(NoteError);
    }
  });
});

describe('signed notes', () => {
  const peter = parseVerifierKey(sha256, peterKey);
  const enoch = parseVerifierKey(sha256, enochKey);

  it('verify as in the reference implementation', () => {
    const note = parseNote(bytes(`${text}\n${peterLine}${enochLine}`));
    expect(note.text).toBe(text);
    expect(signaturesBy(note, peter, verifyEd25519)).toHaveLength(1);
    expect(signaturesBy(note, enoch, verifyEd25519)).toHaveLength(1);
    expect(formatNote(note)).toBe(`${text}\n${peterLine}${enochLine}`);
    // Repeated signatures are one; those of unknown keys are ignored.
    expect(signaturesBy(parseNote(bytes(peterNote + peterLine)), peter, verifyEd25519)).toHaveLength(2);
    expect(() => signaturesBy(parseNote(bytes(peterNote)), enoch, verifyEd25519)).toThrow(
      'not signed by EnochRoot',
    );
  });

  it('are worthless when a signature of a known key is wrong, also beside a right one', () => {
    const wrong = `${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`;
    for (const note of [`${text}\n${wrong}`, `${peterNote}${wrong}`, peterNote.replace('think', 'thinK')]) {
      expect(() => signaturesBy(parseNote(bytes(note)), peter, verifyEd25519)).toThrow(
        'The signature by PeterNeumann (key c74f20a3) is wrong.',
      );
    }
  });

  it('are refused when malformed', () => {
    const malformed: (string | Uint8Array)[] = [
      text,
      `${text}\n`,
      peterNote.slice(0, -1),
      `\u0001${peterNote}`,
      `\r${peterNote}`,
      Buffer.concat([Buffer.from([0xff]), bytes(peterNote)]),
      `${text}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
      `${peterNote}Unexpected line.\n`,
      `${text}\n${peterLine.repeat(101)}`,
      `${text}\n${peterLine.replace('JnAM=', 'JnAN=')}`,
      `${text}\n${peterLine.replace('=\n', '\n')}`,
      `${text}\n${peterLine.replace('— ', '- ')}`,
      `${text}\n— PeterNeumann AAAA\n`,
      `${text}\n${'x'.repeat(1_100_000)}\n`,
      '',
    ];
    for (const note of malformed) {
      expect(() => parseNote(typeof note === 'string' ? bytes(note) : note)).toThrow(NoteError);
    }
  });

  it('do not survive any changed byte', () => {
    const original = bytes(peterNote);
    fc.assert(
      fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(original, (byte, index) => (index === at ? byte ^ flip : byte));
        expect(() => signaturesBy(parseNote(changed), peter, verifyEd25519)).toThrow(NoteError);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read to the last byte or refused, whatever they are', () => {
    const original = bytes(publishedCheckpoint);
    const spliced = fc
      .tuple(fc.nat({ max: original.length }), fc.nat({ max: 80 }), fc.uint8Array({ maxLength: 80 }))
      .map(([at, cut, put]) => Buffer.concat([original.subarray(0, at), put, original.subarray(at + cut)]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), spliced), (input) => {
        try {
          expect(Buffer.from(formatNote(parseNote(input))).equals(input)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NoteError);
        }
      }),
    );
  });
});

describe('checkpoints', () => {
  it('are read as published, by the log and by a witness', () => {
    const note = parseNote(bytes(publishedCheckpoint));
    const checkpoint = openCheckpoint(note, parseVerifierKey(sha256, publishedLogKey), verifyEd25519);
    expect(checkpoint).toMatchObject({
      origin: 'arche2025h1.staging.ct.transparency.dev',
      size: 1_432_088_532,
    });
    expect(formatCheckpoint(checkpoint)).toBe(note.text);
    const witness = parseVerifierKey(sha256, publishedWitnessKey);
    expect(cosignatureTimes(note, witness, verifyEd25519)).toEqual([0x6a122120]);

    const later = parseNote(bytes(publishedCheckpoint.replace('1432088532', '1432088533')));
    expect(() => openCheckpoint(later, parseVerifierKey(sha256, publishedLogKey), verifyEd25519)).toThrow(
      'is wrong',
    );
    expect(() => cosignatureTimes(later, witness, verifyEd25519)).toThrow('is wrong');
  });

  it('do not take the key of a cosigner for that of the log, nor the other way round', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const origin = originOf('0190a000-0000-7000-8000-000000000001');
    const log = makeVerifierKey(sha256, origin, signatureTypes.ed25519, raw);
    const cosigner = makeVerifierKey(sha256, origin, signatureTypes.cosignature, raw);
    expect(log.keyId).not.toBe(cosigner.keyId);
    const body = formatCheckpoint({ origin, size: 3, root: sha256(bytes('x')), extensions: [] });
    const plain = { ...log, signature: sign(null, bytes(body), privateKey) };
    const stamped = timestampedSignature(
      1_700_000_000,
      sign(null, cosignedMessage(1_700_000_000, body), privateKey),
    );
    const note = { text: body, signatures: [plain, { ...cosigner, signature: stamped }] };
    expect(openCheckpoint(note, log, verifyEd25519).size).toBe(3);
    expect(cosignatureTimes(note, cosigner, verifyEd25519)).toEqual([1_700_000_000]);
    expect(() => openCheckpoint(note, cosigner, verifyEd25519)).toThrow('the key of a cosigner');

    // The bytes of one kind under the id of the other.
    const asCosigner = { text: body, signatures: [{ ...cosigner, signature: plain.signature }] };
    expect(() => cosignatureTimes(asCosigner, cosigner, verifyEd25519)).toThrow('is wrong');
    const asLog = { text: body, signatures: [{ ...log, signature: stamped }] };
    expect(() => openCheckpoint(asLog, log, verifyEd25519)).toThrow('is wrong');
    // A signature by the right key for another origin.
    const foreign = formatCheckpoint({
      origin: 'example.org/log',
      size: 3,
      root: sha256(bytes('x')),
      extensions: [],
    });
    const misnamed = {
      text: foreign,
      signatures: [{ ...log, signature: sign(null, bytes(foreign), privateKey) }],
    };
    expect(() => openCheckpoint(misnamed, log, verifyEd25519)).toThrow(
      'It is a checkpoint of example.org/log',
    );
  });

  it('are refused when malformed', () => {
    const root = 'U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=';
    for (const body of [
      '',
      'a\n',
      `a\n1\n`,
      `a\n01\n${root}\n`,
      `a\n-1\n${root}\n`,
      `a\n1e3\n${root}\n`,
      `a\n9007199254740993\n${root}\n`,
      `a\n\u0661\n${root}\n`,
      `\n1\n${root}\n`,
      `a\n1\n${root.slice(0, -4)}\n`,
      `a\n1\n${root.replace('4Ro=', '4Rp=')}\n`,
      `a\n1\n${root}`,
      `a\n1\n${root}\n\nx\n`,
    ]) {
      expect(() => parseCheckpoint(body)).toThrow(NoteError);
    }
    expect(parseCheckpoint(`a\n0\n${root}\nmore\n`)).toMatchObject({ size: 0, extensions: ['more'] });
  });

  it('name the log by its first event', () => {
    const id = '0190a000-0000-7000-8000-000000000001';
    expect(originOf(id)).toBe(`rekey/log/${id}`);
    expect(logIdOf(originOf(id))).toBe(id);
    for (const other of [id, `rekey/log/${id}/..`, 'rekey/log/', 'rekey/log/../x', `Rekey/log/${id}`]) {
      expect(logIdOf(other)).toBeNull();
    }
  });

  it('carry times of cosignatures exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 64, maxLength: 64 }), (time, signature) => {
        expect(parseTimestampedSignature(timestampedSignature(time, signature))).toEqual({ time, signature });
      }),
    );
    expect(parseTimestampedSignature(new Uint8Array(71))).toBeNull();
    expect(parseTimestampedSignature(new Uint8Array(72).fill(255))).toBeNull();
  });
});
