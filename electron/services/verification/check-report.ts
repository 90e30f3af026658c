import { createHash } from 'node:crypto';
import { reportSchemaText } from '#shared/logic/report/report-schema.ts';
import { Report } from '#shared/model/report.ts';
import { readLimits } from './bundle-rules.ts';
import { readPem } from './certificate-reader.ts';
import { isUsableEd25519Key } from './ed25519-key.ts';
import { demandCanonical } from './json-file.ts';
import { DoesNotHold, demand, printable } from './outcome.ts';
import { type NoteVerifier, parseVerifierKey } from './signed-note-check.ts';
import {
  demandSshSignature,
  parseSshPublicKey,
  reportNamespace,
  sshFingerprint,
  sshPublicKey,
} from './ssh-signature-check.ts';
import type { Held } from './verification-run.ts';
import type { VerifiedFiles } from './verified-files.ts';

/** The public keys that lie in a bundle. Whose they are is a question of its own. */
export interface BundleKeys {
  readonly report: Buffer;
  readonly log: NoteVerifier;
  /** DER. */
  readonly leaf: Buffer;
  readonly chain: readonly Buffer[];
}

/** `signature`: the list of hashes is signed by the report key that lies beside it. Finds the key. */
export function checkSignature(files: VerifiedFiles, list: Buffer): Held<Buffer> {
  const key = parseSshPublicKey(commented(files.unverified('keys/report.pub', readLimits.key)) ?? '');
  demand(
    key !== null && isUsableEd25519Key(key),
    'keys/report.pub is not "ssh-ed25519 AAAA… rekey-report" with a usable key',
  );
  demandSshSignature('SHA256SUMS.sig', files.unverified('SHA256SUMS.sig', readLimits.key), {
    key,
    namespace: reportNamespace,
    message: list,
  });
  const allowed = `rekey-report namespaces="${reportNamespace}" ${sshPublicKey(key)}\n`;
  demand(
    files.unverified('keys/allowed_signers', readLimits.key).equals(Buffer.from(allowed)),
    'keys/allowed_signers does not name the key in keys/report.pub for this namespace',
  );
  return { reason: `SHA256SUMS is signed by the key ${sshFingerprint(key)}`, fact: key };
}

function commented(line: Buffer): string | null {
  return /^(ssh-ed25519 [^ ]+) rekey-report\n$/.exec(line.toString('latin1'))?.[1] ?? null;
}

/** `report`: report.json is what the model says, and names the keys and the log of this bundle. */
export function checkReport(
  files: VerifiedFiles,
  reportKey: Buffer,
): Held<{ report: Report; keys: BundleKeys }> {
  demand(
    files.read('report.schema.json', readLimits.proof).equals(Buffer.from(reportSchemaText())),
    'report.schema.json is not the schema of this version',
  );
  const report = demandCanonical('report.json', files.read('report.json', readLimits.report), Report);
  const keys = { report: reportKey, ...readKeys(files) };
  const { signer } = report;
  demandNamed('report key', signer.report_key, sshFingerprint(reportKey));
  demandNamed('log key', signer.log_key, sshFingerprint(keys.log.key));
  demandNamed('certificate', signer.certificate, fingerprintOf(keys.leaf));
  demandNamed('CA', signer.ca, fingerprintOf(keys.chain[0] as Buffer));
  demandLogs(report, keys.log.name);
  demand(report.period.from < report.period.to, 'the period of report.json ends before it begins');
  const days = `${report.period.first_day} to ${report.period.last_day}`;
  return {
    reason: `report.json is a report on ${days} and names this bundle's keys and log`,
    fact: { report, keys },
  };
}

function readKeys(files: VerifiedFiles): Omit<BundleKeys, 'report'> {
  const line = files.read('keys/log.vkey', readLimits.key).toString('utf8');
  const log = line.endsWith('\n') ? parseVerifierKey(line.slice(0, -1)) : null;
  demand(log !== null, 'keys/log.vkey is not a usable note verifier key');
  return { log, leaf: only(pem(files, 'keys/certificate.pem')), chain: pem(files, 'keys/ca.pem') };
}

function pem(files: VerifiedFiles, path: string): Buffer[] {
  const found = readPem(files.read(path, readLimits.key).toString('latin1'));
  demand(found !== null && found.length <= 9, `${path} is not certificates in PEM and nothing else`);
  return found;
}

function only(certificates: readonly Buffer[]): Buffer {
  const [first, ...others] = certificates;
  demand(first !== undefined && others.length === 0, 'keys/certificate.pem holds more than one certificate');
  return first;
}

function demandNamed(what: string, named: string, there: string): void {
  if (named !== there)
    throw new DoesNotHold(`report.json names the ${what} ${printable(named)}, and in keys/ lies ${there}`);
}

function demandLogs(report: Report, origin: string): void {
  const [own, ...others] = report.logs;
  demand(
    own?.id === 'own' && own.kind === 'own' && own.folder === 'log' && own.origin === origin,
    'report.json does not name the log of keys/log.vkey as its own',
  );
  const ids = new Set<string>();
  for (const log of others) {
    demand(
      /^(?:earlier|imported)-[1-9]\d{0,3}$/.test(log.id) &&
        log.id.startsWith(`${log.kind}-`) &&
        log.folder === `logs/${log.id}` &&
        !ids.has(log.id),
      'report.json has a log without a place of its own in the bundle',
    );
    ids.add(log.id);
  }
}

function fingerprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}
