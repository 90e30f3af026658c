import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An Ed25519 key pair that ssh-keygen made. */
export interface SigningKey {
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
  /** The private key in OpenSSH's own format, for ssh-keygen. */
  readonly openssh: Buffer;
}

/** Everything that signs a bundle: made by ssh-keygen and openssl, for tests only. */
export interface Identity {
  readonly report: SigningKey;
  readonly log: SigningKey;
  /** DER: the leaf, then the CAs above it. */
  readonly leaf: Buffer;
  readonly chain: readonly Buffer[];
  readonly leafKey: KeyObject;
}

export interface Validity {
  readonly from: string;
  readonly to: string;
}

const longValidity = { from: '20200101000000Z', to: '20400101000000Z' };

export interface IdentityOptions {
  leafValidity?: Validity;
  /** A CA on P-384 between root and leaf, as organisations have them. */
  middleCa?: 'ec';
  /** Extensions of the leaf, as OpenSSL's configuration has them; default: those that Rekey asks for. */
  leafExtensions?: string;
}

/** Makes a new identity. Takes about a second, for two RSA keys. */
export function makeIdentity(options: IdentityOptions = {}): Identity {
  return inFolder((folder) => {
    const chain = makeChain(folder, options);
    return { report: makeSigningKey(folder, 'report'), log: makeSigningKey(folder, 'log'), ...chain };
  });
}

/** The same keys for reports and the log, under another certificate; or the other way round. */
export function mixed(keys: Pick<Identity, 'report' | 'log'>, certificate: Identity): Identity {
  return { ...certificate, report: keys.report, log: keys.log };
}

export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'rekey-bundle-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function sshBlob(publicKey: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    publicKey,
  ]);
}

export function fingerprint(publicKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(sshBlob(publicKey)).digest('base64').replace('=', '')}`;
}

export function signEd25519(key: SigningKey, message: Uint8Array): Buffer {
  return sign(null, message, key.privateKey);
}

function makeSigningKey(folder: string, name: string): SigningKey {
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  const publicKey = Buffer.from(
    readFileSync(`${path}.pub`, 'utf8').split(' ')[1] as string,
    'base64',
  ).subarray(-32);
  const openssh = readFileSync(path);
  const body = Buffer.from(openssh.toString('latin1').replace(/-----.*-----|\n/g, ''), 'base64');
  // The private key stands before its comment as 64 bytes: seed and public key.
  const seed = body.subarray(body.lastIndexOf(publicKey) - 32, body.lastIndexOf(publicKey));
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return { publicKey, openssh, privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) };
}

const configuration = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
`;

const usualLeaf = `basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

/** A root, perhaps a CA below it, and the leaf; all issued by `openssl ca`. */
function makeChain(folder: string, options: IdentityOptions): Omit<Identity, 'report' | 'log'> {
  const { leafValidity = longValidity, middleCa, leafExtensions = usualLeaf } = options;
  writeFileSync(join(folder, 'ca.cnf'), configuration + leafExtensions);
  writeFileSync(join(folder, 'index.txt'), '');
  mkdirSync(folder, { recursive: true });
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const request = (name: string, key: string[], subject: string) => {
    openssl('genpkey', ...key, '-out', `${name}.key`);
    openssl(
      'req',
      '-new',
      '-config',
      'ca.cnf',
      '-key',
      `${name}.key`,
      '-subj',
      subject,
      '-out',
      `${name}.csr`,
    );
  };
  const issue = (name: string, issuer: string, section: string, { from, to }: Validity) => {
    const by =
      issuer === name
        ? ['-selfsign', '-keyfile', `${name}.key`]
        : ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`];
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      ...by,
      '-extensions',
      section,
      '-startdate',
      from,
      '-enddate',
      to,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
    );
    return Buffer.from(
      readFileSync(join(folder, `${name}.pem`), 'latin1').replace(/-----.*-----|\n/g, ''),
      'base64',
    );
  };
  const rsa = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'];
  const p384 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'];
  request('root', rsa, `/O=Rekey installation ${id}/CN=Rekey CA ${id}`);
  const root = issue('root', 'root', 'root', longValidity);
  const between: Buffer[] = [];
  if (middleCa === 'ec') {
    request('middle', p384, `/O=Organisation ${id}/CN=Signing CA ${id}`);
    between.push(issue('middle', 'root', 'root', longValidity));
  }
  request('leaf', rsa, `/O=Rekey installation ${id}/CN=Rekey report signer`);
  const leaf = issue('leaf', middleCa === 'ec' ? 'middle' : 'root', 'leaf', leafValidity);
  return {
    leaf,
    chain: [...between, root],
    leafKey: createPrivateKey(readFileSync(join(folder, 'leaf.key'))),
  };
}
