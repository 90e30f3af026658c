import { createHash } from 'node:crypto';
import type { Report } from '#shared/model/report.ts';
import { RolloverStatement } from '#shared/model/signer.ts';
import { Binding } from './binding-model.ts';
import { readLimits } from './bundle-rules.ts';
import { demandChain } from './certificate-chain.ts';
import { type Certificate, readCertificate } from './certificate-reader.ts';
import type { BundleKeys } from './check-report.ts';
import { demandCmsSignature } from './cms-check.ts';
import { DerError } from './der-reader.ts';
import { isUsableEd25519Key } from './ed25519-key.ts';
import { demandCanonical } from './json-file.ts';
import { DoesNotHold, demand, NotApplicable } from './outcome.ts';
import { type NoteVerifier, noteVerifier } from './signed-note-check.ts';
import {
  demandSshSignature,
  parseSshPublicKey,
  rolloverNamespace,
  sshFingerprint,
} from './ssh-signature-check.ts';
import type { Held } from './verification-run.ts';
import type { VerifiedFiles } from './verified-files.ts';

/** `certificate`: who vouches for the certificate, and whether it may sign. Finds the leaf. */
export function checkCertificate(report: Report, keys: BundleKeys): Held<Certificate> {
  const leaf = readNamed('keys/certificate.pem', keys.leaf);
  const chain = keys.chain.map((der, index) => readNamed(`certificate ${index + 1} of keys/ca.pem`, der));
  demandChain(leaf, chain, new Date(report.generated.at));
  return {
    reason: `the certificate is under the CA ${report.signer.ca}, and was valid at the time that the report claims`,
    fact: leaf,
  };
}

/** `binding`: the certificate's key names the report key, the log key and the log, so that trust in a CA reaches them. */
export function checkBinding(
  files: VerifiedFiles,
  report: Report,
  keys: BundleKeys,
  leaf: Certificate,
): Held<null> {
  const path = 'keys/binding.json';
  const bytes = files.read(path, readLimits.statement);
  const digest = createHash('sha256').update(bytes).digest();
  demandCmsSignature('keys/binding.p7s', files.read('keys/binding.p7s', readLimits.key), digest, leaf);
  const binding = demandCanonical(path, bytes, Binding);
  const named = [
    ['installation', binding.installation_id, report.signer.installation_id],
    ['report key', binding.report_key, sshFingerprint(keys.report)],
    ['log key', binding.log_key, sshFingerprint(keys.log.key)],
    ['log', binding.log_origin, keys.log.name],
    ['certificate', binding.certificate, leaf.fingerprint],
  ] as const;
  const wrong = named.find(([, said, there]) => said !== there);
  demand(wrong === undefined, `${path} names another ${wrong?.[0]} than the one of this bundle`);
  return {
    reason: "the certificate's key signed which report key, log key and log are its installation's",
    fact: null,
  };
}

/** `rollovers`: how older keys led to the present ones. Finds the keys that signed the log before. */
export function checkRollovers(files: VerifiedFiles, report: Report, keys: BundleKeys): Held<NoteVerifier[]> {
  const paths = files.paths.filter((path) => /^keys\/rollovers\/\d{3}\.json$/.test(path));
  demand(
    paths.length === report.signer.rollovers,
    `report.json tells of ${report.signer.rollovers} rollover statements, and ${paths.length} are there`,
  );
  if (paths.length === 0) throw new NotApplicable('the signing keys were never replaced');
  const verifiers: NoteVerifier[] = [];
  let before: RolloverStatement | null = null;
  for (const [index, path] of paths.entries()) {
    demand(
      path === `keys/rollovers/${String(index + 1).padStart(3, '0')}.json`,
      `the statement before ${path} is missing`,
    );
    const statement = readStatement(files, path, report.signer.installation_id);
    demand(
      before === null || sameKeys(before.new, statement.old),
      `${path} does not begin with the keys that the statement before it names`,
    );
    before = statement;
    verifiers.push(...logVerifiers(path, statement, keys.log.name));
  }
  const { report_key: reportKey, log_key: logKey, certificate } = report.signer;
  demand(
    before !== null && sameKeys(before.new, { report: reportKey, log: logKey, certificate }),
    'the last rollover statement names other keys than those of this bundle',
  );
  return {
    reason: `${paths.length} statements lead from the first keys to the present ones`,
    fact: verifiers,
  };
}

function readStatement(files: VerifiedFiles, path: string, installation: string): RolloverStatement {
  const message = files.read(path, readLimits.statement);
  const statement = demandCanonical(path, message, RolloverStatement);
  demand(statement.installation_id === installation, `${path} is of another installation`);
  const base = path.slice(0, -'.json'.length);
  const demandSigned = (name: 'old' | 'new') => {
    const key = usableKey(path, statement[`${name}_report_key`], statement[name].report);
    const signaturePath = `${base}.${name}.sig`;
    const signature = files.read(signaturePath, readLimits.key);
    demandSshSignature(signaturePath, signature, { key, namespace: rolloverNamespace, message });
  };
  demandSigned('new');
  usableKey(path, statement.old_report_key, statement.old.report);
  const hasOld = files.has(`${base}.old.sig`);
  if (statement.compromised) {
    demand(!hasOld, `${path} says that the old key was compromised, and yet it is signed by it`);
  } else {
    demand(hasOld, `${path} is not signed by the old key`);
    demandSigned('old');
  }
  return statement;
}

function logVerifiers(path: string, statement: RolloverStatement, origin: string): NoteVerifier[] {
  return (['old', 'new'] as const).map((name) =>
    noteVerifier(origin, usableKey(path, statement[`${name}_log_key`], statement[name].log)),
  );
}

function usableKey(path: string, text: string, fingerprint: string): Buffer {
  const key = parseSshPublicKey(text);
  demand(
    key !== null && isUsableEd25519Key(key) && sshFingerprint(key) === fingerprint,
    `${path} has a key that is not the one whose fingerprint it names`,
  );
  return key;
}

function sameKeys(one: RolloverStatement['old'], other: RolloverStatement['old']): boolean {
  return one.report === other.report && one.log === other.log && one.certificate === other.certificate;
}

function readNamed(what: string, der: Buffer): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new DoesNotHold(`${what} is no certificate of the kind that is accepted: ${error.message}`);
  }
}
