import { canonicalize } from 'json-canonicalize';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Identity, makeIdentity } from '#test/support/bundle/identity.ts';
import { type BundleFiles, makeBundle } from '#test/support/bundle/make-bundle.ts';
import { root } from '#test/support/bundle/plain-tree.ts';
import { signedCheckpoint, sshSignature } from '#test/support/bundle/signatures.ts';
import { failed, reasonOf, VerificationWorld } from './verification-world.ts';

let world: VerificationWorld;
beforeAll(() => {
  world = new VerificationWorld();
});
afterAll(() => world.close());

describe('a supplied checkpoint', () => {
  it('holds at every size that the bundle can prove, and says which ones when it cannot', async () => {
    const path = world.zipped(world.bundle.files);
    const size = world.bundle.log.lines.length;
    // Events 0, 7…18 and 22…24 are there; hashes cover 1…6 as 1, 2–3, 4–5, 6 and 19…21 as 19, 20–21.
    const unprovable = [3, 5, 21];
    for (let at = 0; at <= size; at += 1) {
      const result = await world.verify(path, world.bundle.checkpointAt(at));
      expect(result.append_only, String(at)).toBe(!unprovable.includes(at));
    }
    const result = await world.verify(path, world.bundle.checkpointAt(21));
    expect(reasonOf(result, 'append-only')).toContain('only what it was at 20 and at 22');
  });

  it('fails when the log was rewritten, cut off, is another one, or when somebody else signed it', async () => {
    const path = world.zipped(world.bundle.files);
    const { origin, leaves } = world.bundle.log;
    const other = root(leaves.slice(0, 11));
    for (const [checkpoint, reason] of [
      [signedCheckpoint(world.identity.log, origin, 10, other), 'rewritten'],
      [signedCheckpoint(world.identity.log, origin, leaves.length, other), 'rewritten'],
      [signedCheckpoint(world.identity.log, origin, leaves.length + 1, other), 'cut off'],
      [signedCheckpoint(world.identity.log, `${origin}0`, 10, other), 'another one'],
      [signedCheckpoint(world.identity.report, origin, 10, root(leaves.slice(0, 10))), 'not signed'],
      [Buffer.from('nothing'), 'no signed note'],
      [Buffer.alloc(0), 'no signed note'],
    ] as const) {
      const result = await world.verify(path, checkpoint);
      expect({ intact: result.intact, appendOnly: result.append_only }).toEqual({
        intact: true,
        appendOnly: false,
      });
      expect(reasonOf(result, 'append-only')).toContain(reason);
    }
  });

  it('may be by a key that a rollover statement names', async () => {
    const path = world.zipped(world.bundle.files);
    const { origin, leaves } = world.bundle.log;
    const result = await world.verify(
      path,
      signedCheckpoint(world.former.log, origin, 10, root(leaves.slice(0, 10))),
    );
    expect(result.append_only).toBe(true);
  });
});

describe('certificates', () => {
  it.each([
    ['is a CA', 'basicConstraints = critical, CA:TRUE\nkeyUsage = critical, digitalSignature\n'],
    ['is for encryption', 'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, keyEncipherment\n'],
    ['has no key usage', 'basicConstraints = critical, CA:FALSE\n'],
    [
      'is for web servers',
      'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n',
    ],
    [
      'has a critical part that nobody knows',
      'keyUsage = critical, digitalSignature\n1.2.3.4 = critical, DER:0500\n',
    ],
  ])('a leaf that %s', async (_, leafExtensions) => {
    const path = world.zipped(makeBundle(makeIdentity({ leafExtensions })).files);
    expect(failed(await world.verify(path))).toEqual(['certificate', 'signer']);
  });

  it('a leaf for documents or e-mail, under an organisation’s CA on an elliptic curve', async () => {
    const leafExtensions =
      'keyUsage = critical, nonRepudiation\nextendedKeyUsage = emailProtection, 1.3.6.1.5.5.7.3.36\n';
    const path = world.zipped(makeBundle(makeIdentity({ leafExtensions, middleCa: 'ec' })).files);
    expect(failed(await world.verify(path))).toEqual(['signer']);
  });

  it('a chain that is out of order, has too many, or does not end', async () => {
    const [middle, top] = world.former.chain as [Buffer, Buffer];
    const stranger = world.identity.chain[0] as Buffer;
    for (const chain of [[top, middle], [middle], [middle, top, stranger], [middle, stranger]]) {
      const path = world.zipped(makeBundle({ ...world.former, chain }).files);
      expect(failed(await world.verify(path))).toContain('certificate');
    }
  });
});

describe('rollover statements', () => {
  const statement = () =>
    JSON.parse((world.bundle.files.get('keys/rollovers/001.json') as Buffer).toString('utf8'));
  const put = (files: BundleFiles, changed: unknown, by: { old?: Identity; new: Identity }) => {
    const bytes = Buffer.from(canonicalize(changed));
    files.set('keys/rollovers/001.json', bytes);
    files.set(
      'keys/rollovers/001.new.sig',
      sshSignature(by.new.report, 'key-rotation-signer-rollover', bytes),
    );
    if (by.old)
      files.set(
        'keys/rollovers/001.old.sig',
        sshSignature(by.old.report, 'key-rotation-signer-rollover', bytes),
      );
    else files.delete('keys/rollovers/001.old.sig');
  };

  it('of a compromised key need no signature by it, and may have none', async () => {
    const compromised = { ...statement(), compromised: true };
    expect(
      failed(await world.verifySealed((files) => put(files, compromised, { new: world.identity }))),
    ).toEqual(['signer']);
    const signed = await world.verifySealed((files) =>
      put(files, compromised, { old: world.former, new: world.identity }),
    );
    expect(failed(signed)).toEqual(['rollovers', 'signer']);
    const unsigned = await world.verifySealed((files) => put(files, statement(), { new: world.identity }));
    expect(failed(unsigned)).toEqual(['rollovers', 'signer']);
  });

  it('must be signed by the keys that they name, and lead to those of the bundle', async () => {
    const stolen = { ...statement(), reason: 'another' };
    expect(
      failed(
        await world.verifySealed((files) => put(files, stolen, { old: world.identity, new: world.identity })),
      ),
    ).toContain('rollovers');
    const elsewhere = { ...statement(), installation_id: 'another' };
    expect(
      failed(
        await world.verifySealed((files) =>
          put(files, elsewhere, { old: world.former, new: world.identity }),
        ),
      ),
    ).toContain('rollovers');
    const { old, new: next } = statement();
    const backwards = { ...statement(), new: { ...next, log: old.log } };
    expect(
      failed(
        await world.verifySealed((files) =>
          put(files, backwards, { old: world.former, new: world.identity }),
        ),
      ),
    ).toContain('rollovers');
  });
});
