import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUsableEd25519Key, verifyEd25519 } from '#electron/services/verification/ed25519-key.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

function keyOf(seed: Buffer) {
  const pkcs8 = Buffer.concat([hex('302e020100300506032b657004220420'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, publicKey };
}

function littleEndian(value: bigint): Buffer {
  return hex(value.toString(16).padStart(64, '0')).reverse();
}

describe('verifyEd25519', () => {
  it('accepts the vectors of RFC 8032, 7.1', () => {
    const vectors = [
      [
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ] as const;
    for (const [key, message, signature] of vectors) {
      expect(verifyEd25519(hex(key), hex(message), hex(signature))).toBe(true);
      expect(verifyEd25519(hex(key), hex(`${message}00`), hex(signature))).toBe(false);
    }
  });

  it('refuses a second signature that is made from the first by adding the order of the group', () => {
    const { privateKey, publicKey } = keyOf(Buffer.alloc(32, 7));
    const message = Buffer.from('message');
    const signature = sign(null, message, privateKey);
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const other = Buffer.concat([signature.subarray(0, 32), littleEndian(s + order)]);
    expect(verifyEd25519(publicKey, message, signature)).toBe(true);
    expect(verifyEd25519(publicKey, message, other)).toBe(false);
  });

  it('refuses keys of small order and keys that are written in a second way', () => {
    const prime = 2n ** 255n - 19n;
    for (const y of [0n, 1n, prime - 1n, prime, prime + 1n, 2n ** 255n - 1n]) {
      expect(isUsableEd25519Key(littleEndian(y))).toBe(false);
      expect(isUsableEd25519Key(littleEndian(y + 2n ** 255n))).toBe(false);
    }
    // Points of order eight (RFC 7748's curve, as in "Taming the many EdDSAs").
    for (const key of [
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ]) {
      expect(isUsableEd25519Key(hex(key))).toBe(false);
    }
    // With the key of order one, R = B and S = 1 would be a signature of every message.
    const base = `58${'66'.repeat(31)}`;
    const everything = Buffer.concat([hex(base), littleEndian(1n)]);
    expect(verifyEd25519(littleEndian(1n), Buffer.from('anything'), everything)).toBe(false);
  });

  it('never throws, and accepts no changed signature', () => {
    const { privateKey, publicKey } = keyOf(Buffer.alloc(32, 9));
    const message = Buffer.from('message');
    const signature = sign(null, message, privateKey);
    fc.assert(
      fc.property(
        fc.nat(63),
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ maxLength: 100 }),
        (at, mask, noise) => {
          const changed = Buffer.from(signature);
          changed[at] = (changed[at] as number) ^ mask;
          expect(verifyEd25519(publicKey, message, changed)).toBe(false);
          expect(verifyEd25519(noise, message, signature)).toBe(false);
          expect(verifyEd25519(publicKey, message, noise)).toBe(false);
        },
      ),
    );
  });
});
