import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pem } from '#electron/services/signer/certificates.ts';
import { rolloverProblem } from '#electron/services/signer/rollover-statement.ts';
import { SignerWorld } from './signer-world.ts';
import { run } from './tools.ts';

/** A certificate authority such as organisations have, made with OpenSSL alone. */
class OrganisationCa {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:3072',
      '-nodes',
      '-days',
      '7300',
      '-subj',
      '/O=Acme/CN=Root',
      ...this.#pair('root'),
    );
    this.intermediate('issuing', 'rsa:3072');
    this.intermediate('issuing-ec', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  read(name: string): string {
    return run('cat', [this.path(`${name}.pem`)]).said;
  }

  intermediate(name: string, algorithm: string, ...options: string[]): void {
    const request = this.path(`${name}.csr`);
    this.#openssl(
      'req',
      '-newkey',
      algorithm,
      ...options,
      '-nodes',
      '-subj',
      `/O=Acme/CN=${name}`,
      '-keyout',
      this.path(`${name}.key`),
      '-out',
      request,
    );
    this.issue(request, name, {
      by: 'root',
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign'],
    });
  }

  /** Signs a request; returns nothing, `NAME.pem` is the certificate. */
  issue(
    request: string,
    name: string,
    options: { by?: string; days?: number; extensions?: string[]; digest?: string },
  ): void {
    const { by = 'issuing', days = 3700, extensions = leafExtensions, digest = 'sha256' } = options;
    const file = this.path(`${name}.ext`);
    writeFileSync(file, `${extensions.join('\n')}\n`);
    this.#openssl(
      'x509',
      '-req',
      '-in',
      request,
      `-${digest}`,
      '-days',
      String(days),
      '-extfile',
      file,
      '-CA',
      this.path(`${by}.pem`),
      '-CAkey',
      this.path(`${by}.key`),
      '-CAcreateserial',
      '-out',
      this.path(`${name}.pem`),
    );
  }

  #pair(name: string): string[] {
    return ['-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.pem`)];
  }

  #openssl(...args: string[]): void {
    const { code, said } = run('openssl', args);
    if (code !== 0) throw new Error(said);
  }
}

const leafExtensions = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature,nonRepudiation',
];

let world: SignerWorld;
let ca: OrganisationCa;
let request: string;
beforeAll(async () => {
  world = new SignerWorld();
  // OpenSSL issues by the machine's own clock.
  world.now = new Date(Date.now() + 60_000);
  await world.services.signer.ensure();
  ca = new OrganisationCa(world.root);
  request = world.write('request.pem', pem('CERTIFICATE REQUEST', await world.services.signer.request()));
});
afterAll(() => world.services.close());

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: 'invalid-input',
    message: expect.stringMatching(message),
    unchanged: 'The present certificate stays.',
  });

async function expectRefused(text: string, message: RegExp): Promise<void> {
  const before = world.services.signer.facts();
  await expect(world.services.signer.importChain(text)).rejects.toEqual(refused(message));
  expect(world.services.signer.facts()).toEqual(before);
}

describe('what is refused, with the reason', () => {
  it('text without certificates, and damaged ones', async () => {
    await expectRefused('nothing', /holds no certificate/);
    await expectRefused('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /Certificate 1/);
  });

  it('a certificate for another key', async () => {
    await expectRefused(ca.read('issuing') + ca.read('root'), /None of the certificates is for the key/);
  });

  it('a chain without its end', async () => {
    ca.issue(request, 'leaf', {});
    await expectRefused(ca.read('leaf'), /issuer of .* is missing/);
    await expectRefused(
      ca.read('leaf') + ca.read('issuing'),
      /issuer of .*CN=issuing is missing: O=Acme, CN=Root/,
    );
  });

  it('its own self-made certificate', async () => {
    await expectRefused(`${world.services.signer.facts()?.chain[0]?.pem}`, /is missing/);
  });

  it('certificates that are CAs, may not sign, are over, or are signed with SHA-1', async () => {
    const rest = ca.read('issuing') + ca.read('root');
    ca.issue(request, 'as-ca', { by: 'root', extensions: ['basicConstraints=critical,CA:TRUE'] });
    await expectRefused(ca.read('as-ca') + rest, /is a CA’s certificate/);
    ca.issue(request, 'encrypts', { extensions: ['keyUsage=critical,keyEncipherment'] });
    await expectRefused(ca.read('encrypts') + rest, /may not sign/);
    ca.issue(request, 'old', { digest: 'sha1' });
    await expectRefused(ca.read('old') + rest, /algorithm that verifiers of a report need not know/);
    ca.issue(request, 'short', { days: 1 });
    const now = world.now;
    world.now = new Date(now.getTime() + 3 * 24 * 60 * 60 * 1000);
    await expectRefused(ca.read('short') + rest, /has expired/);
    world.now = new Date(now.getTime() - 24 * 60 * 60 * 1000);
    await expectRefused(ca.read('leaf') + rest, /is not valid yet/);
    world.now = now;
  });

  it('what the verifier of reports would not accept', async () => {
    ca.intermediate('weak', 'rsa:1024');
    ca.issue(request, 'by-weak', { by: 'weak' });
    const unverifiable = /Reports with this chain could not be verified/;
    await expectRefused(ca.read('by-weak') + ca.read('weak') + ca.read('root'), unverifiable);
    ca.issue(request, 'no-usage', { extensions: ['basicConstraints=critical,CA:FALSE'] });
    await expectRefused(ca.read('no-usage') + ca.read('issuing') + ca.read('root'), unverifiable);
  });

  it('a leaf that another leaf issued, and a CA below one that allows none', async () => {
    const below = ca.path('below.csr');
    run('openssl', [
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=below',
      '-keyout',
      ca.path('below.key'),
      '-out',
      below,
    ]);
    ca.issue(below, 'below', {
      extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
    });
    ca.issue(request, 'deep', { by: 'below' });
    const rest = ca.read('below') + ca.read('issuing') + ca.read('root');
    await expectRefused(ca.read('deep') + rest, /allows 0 CAs below it, and there are 1/);
    ca.issue(below, 'below', { extensions: ['basicConstraints=critical,CA:FALSE'] });
    await expectRefused(
      ca.read('deep') + ca.read('below') + ca.read('issuing') + ca.read('root'),
      /is no CA’s|issuer of/,
    );
  });
});

describe('a good chain', () => {
  it('takes over, in any order, and a statement says so', async () => {
    const { signer } = world.services;
    const before = signer.facts();
    ca.issue(request, 'leaf', {});
    const text = ca.read('root') + ca.read('issuing-ec') + ca.read('issuing') + ca.read('leaf');
    const { facts, warnings } = await signer.importChain(text);
    expect(warnings).toEqual([]);
    expect(facts.caKind).toBe('organisation');
    expect(facts.chain.map(({ pem: one }) => one)).toEqual([
      ca.read('leaf'),
      ca.read('issuing'),
      ca.read('root'),
    ]);
    expect(facts.reportFingerprint).toBe(before?.reportFingerprint);
    expect(facts.rollovers.map(rolloverProblem)).toEqual([null]);
    const [rollover] = facts.rollovers;
    expect(JSON.parse(rollover?.statement ?? '')).toMatchObject({
      old: { certificate: before?.chain[0]?.fingerprint },
      new: { certificate: facts.chain[0]?.fingerprint, report: facts.reportFingerprint },
      compromised: false,
    });
    expect(world.actions().at(-1)).toBe('signing-certificate-imported');
    // Once more changes nothing.
    expect((await signer.importChain(text)).facts).toEqual(facts);
    expect(world.actions().at(-1)).toBe('signing-certificate-imported');
    expect(signer.facts()?.rollovers).toHaveLength(1);
  });

  it('by an elliptic-curve CA is taken, and what is odd is said', async () => {
    const { signer } = world.services;
    const extensions = [...leafExtensions, 'extendedKeyUsage=1.3.6.1.5.5.7.3.36'];
    ca.issue(request, 'leaf-ec', { by: 'issuing-ec', days: 800, extensions });
    const { warnings } = await signer.importChain(
      ca.read('leaf-ec') + ca.read('issuing-ec') + ca.read('root'),
    );
    expect(warnings).toEqual([expect.stringMatching(/ends on/), expect.stringMatching(/emailProtection/)]);
    expect(signer.facts()?.rollovers.map(rolloverProblem)).toEqual([null, null]);
  });

  it('a replacement of the keys goes back to the installation’s own CA', async () => {
    const { signer } = world.services;
    const facts = await signer.rollover({
      reason: 'due',
      compromised: false,
      trustedUntil: null,
      runId: null,
    });
    expect(facts.caKind).toBe('installation');
    expect(facts.chain).toHaveLength(2);
    expect(facts.rollovers.map(rolloverProblem)).toEqual([null, null, null]);
  });
});
