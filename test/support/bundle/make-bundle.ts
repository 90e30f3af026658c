import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize } from 'json-canonicalize';
import { verifyInstructions } from '#electron/services/reports/verify-instructions.ts';
import { populationCsv, rotationsCsv } from '#shared/logic/report/csv.ts';
import { reportSchemaText } from '#shared/logic/report/report-schema.ts';
import type { Report, ReportLog } from '#shared/model/report.ts';
import { sampleReport } from '#test/support/report/sample-report.ts';
import { fingerprint, type Identity, sshBlob } from './identity.ts';
import { signedPdf } from './plain-pdf.ts';
import { consistencyPath, inclusionPath, root } from './plain-tree.ts';
import {
  type EventOf,
  eventsFile,
  eventsOfRotations,
  logPart,
  type SampleLog,
  sampleLog,
  seqOf,
  uuidOf,
} from './sample-log.ts';
import {
  cmsSignature,
  signedCheckpoint,
  sshKeygenSignature,
  sshSignature,
  verifierKey,
} from './signatures.ts';

/** The files of a bundle by path. Tests change them, seal them again or not, and write them out. */
export type BundleFiles = Map<string, Buffer>;

export interface BundleOptions {
  /** Another name gives another report on another log. */
  name?: string;
  /** With a previous report, a rollover, an earlier log and an imported one; without: a first report on one log. */
  full?: boolean;
  /** The identity before the rollover of a full bundle, and the other installation's. */
  former?: Identity;
  other?: Identity;
  /** Made with signatures by ssh-keygen itself; slower. */
  withSshKeygen?: boolean;
  deflate?: boolean;
  /** The time that the report claims. */
  at?: string;
  /** Changes the report before anything is made from it. */
  change?: (report: Report) => void;
}

export interface SampleBundle {
  readonly files: BundleFiles;
  readonly report: Report;
  readonly log: SampleLog;
  readonly identity: Identity;
  /** A checkpoint of the log at another size, signed by its key. */
  checkpointAt(size: number): Buffer;
}

/**
 * A valid bundle to docs/report-format.md, made independently of what writes reports: trees by the words of RFC 6962,
 * signatures by ssh-keygen and OpenSSL, a PDF by hand.
 */
export function makeBundle(identity: Identity, options: BundleOptions = {}): SampleBundle {
  const { name = 'sample', full = false } = options;
  const report = sampleReport({ firstDay: '2026-10-26', days: 7, environments: 2, rotations: 6 });
  report.report_id = uuidOf(`${name} report`);
  report.title = `Key rotation report of ${name}`;
  report.generated.at = options.at ?? report.generated.at;
  const earlier = full ? earlierLog(name) : null;
  const imported = full ? importedLog(name) : null;
  const log = ownLog(name, report, earlier);
  report.logs = [
    reportLog('own', log),
    ...(earlier ? [reportLog('earlier-1', earlier)] : []),
    ...(imported ? [reportLog('imported-1', imported)] : []),
  ];
  report.sample = sampleOf(report, log);
  report.signer = { ...report.signer, ...signerOf(identity), rollovers: full ? 1 : 0 };
  report.previous_report = full
    ? { report_id: uuidOf('previous'), log_size: 9, log_root: root(log.leaves.slice(0, 9)) }
    : null;
  options.change?.(report);

  const files: BundleFiles = new Map();
  const json = (path: string, value: unknown) => files.set(path, Buffer.from(canonicalize(value)));
  json('report.json', report);
  files.set('report.schema.json', Buffer.from(reportSchemaText()));
  files.set('population.csv', Buffer.from(populationCsv(report)));
  files.set('rotations.csv', Buffer.from(rotationsCsv(report)));
  putLog(files, 'log', log);
  files.set('log/checkpoint', signedCheckpoint(identity.log, log.origin, log.lines.length, log.root));
  for (const { seq, leaf_index: index, proof } of report.sample.rotations) {
    json(proof, {
      schema_version: 1,
      origin: log.origin,
      seq,
      leaf_index: index,
      tree_size: log.lines.length,
      leaf_hash: log.leaves[index],
      path: inclusionPath(index, log.leaves),
    });
  }
  if (full && options.former && options.other && earlier && imported) {
    putPrevious(files, options.former, log);
    putRollover(files, options.former, identity, report);
    putLog(files, 'logs/earlier-1', earlier);
    putLog(files, 'logs/imported-1', imported);
    files.set(
      'logs/imported-1/checkpoint',
      signedCheckpoint(options.other.log, imported.origin, imported.lines.length, imported.root),
    );
    files.set('logs/imported-1/log.vkey', Buffer.from(verifierKey(options.other.log, imported.origin)));
  }
  putKeys(files, identity, log.origin);
  putBinding(files, identity, report);
  putPdf(files, identity, options.deflate);
  files.set('verify.py', resource('verify.py'));
  putInstructions(files, identity, report);
  seal(files, identity, options.withSshKeygen);
  return {
    files,
    report,
    log,
    identity,
    checkpointAt: (size) => signedCheckpoint(identity.log, log.origin, size, root(log.leaves.slice(0, size))),
  };
}

export function putInstructions(files: BundleFiles, identity: Identity, report: Report): void {
  const instructions = verifyInstructions(report, {
    template: resource('VERIFY.md').toString('utf8'),
    pdf: files.get('report.pdf') as Buffer,
    certificate: identity.leaf,
    files: new Set([...files.keys(), 'VERIFY.md']).size,
  });
  files.set('VERIFY.md', Buffer.from(instructions));
}

function resource(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, '../../../resources/report', name));
}

/** Makes SHA256SUMS and its signature anew, as somebody with the report key can. */
export function seal(files: BundleFiles, identity: Pick<Identity, 'report'>, withSshKeygen = false): void {
  files.set('SHA256SUMS', sumsOf(files));
  const sign = withSshKeygen ? sshKeygenSignature : sshSignature;
  files.set(
    'SHA256SUMS.sig',
    sign(identity.report, 'key-rotation-report', files.get('SHA256SUMS') as Buffer),
  );
}

export function sumsOf(files: BundleFiles): Buffer {
  const paths = [...files.keys()].filter((path) => !path.startsWith('SHA256SUMS')).sort();
  const lines = paths.map(
    (path) =>
      `${createHash('sha256')
        .update(files.get(path) as Buffer)
        .digest('hex')}  ${path}\n`,
  );
  return Buffer.from(lines.join(''));
}

/** Attaches the bundle's report.json to a new PDF, signed by the identity's certificate. */
export function putPdf(files: BundleFiles, identity: Identity, deflate = true): void {
  files.set(
    'report.pdf',
    signedPdf({
      title: 'Key rotation report',
      attachment: files.get('report.json') as Buffer,
      deflate,
      sign: (digest) => cmsSignature(digest, identity.leaf, identity.chain, identity.leafKey),
    }),
  );
}

export function putKeys(files: BundleFiles, identity: Identity, origin: string): void {
  const publicKey = `ssh-ed25519 ${sshBlob(identity.report.publicKey).toString('base64')}`;
  files.set('keys/report.pub', Buffer.from(`${publicKey} rekey-report\n`));
  files.set(
    'keys/allowed_signers',
    Buffer.from(`rekey-report namespaces="key-rotation-report" ${publicKey}\n`),
  );
  files.set('keys/log.vkey', Buffer.from(verifierKey(identity.log, origin)));
  files.set('keys/certificate.pem', pem(identity.leaf));
  files.set('keys/ca.pem', Buffer.concat(identity.chain.map(pem)));
}

export function putBinding(files: BundleFiles, identity: Identity, report: Report): void {
  const binding = Buffer.from(
    canonicalize({
      schema_version: 1,
      kind: 'key-rotation-report-binding',
      installation_id: report.signer.installation_id,
      report_key: fingerprint(identity.report.publicKey),
      log_key: fingerprint(identity.log.publicKey),
      log_origin: report.logs[0]?.origin,
      certificate: sha256(identity.leaf).toString('hex'),
      at: report.generated.at,
    }),
  );
  files.set('keys/binding.json', binding);
  files.set(
    'keys/binding.p7s',
    cmsSignature(sha256(binding), identity.leaf, identity.chain, identity.leafKey),
  );
}

function putLog(files: BundleFiles, folder: string, log: SampleLog): void {
  files.set(`${folder}/events.jsonl`, eventsFile(log));
  files.set(`${folder}/proof.json`, Buffer.from(canonicalize(logPart(log))));
}

function putPrevious(files: BundleFiles, former: Identity, log: SampleLog): void {
  const first = root(log.leaves.slice(0, 9));
  files.set('log/previous-checkpoint', signedCheckpoint(former.log, log.origin, 9, first));
  files.set(
    'log/proofs/consistency.json',
    Buffer.from(
      canonicalize({
        schema_version: 1,
        origin: log.origin,
        first_size: 9,
        first_root: first,
        second_size: log.lines.length,
        second_root: log.root,
        path: consistencyPath(9, log.leaves),
      }),
    ),
  );
}

function putRollover(files: BundleFiles, former: Identity, identity: Identity, report: Report): void {
  const ssh = (key: Identity['report']) => `ssh-ed25519 ${sshBlob(key.publicKey).toString('base64')}`;
  const keysOf = (one: Identity) => ({
    report: fingerprint(one.report.publicKey),
    log: fingerprint(one.log.publicKey),
    certificate: sha256(one.leaf).toString('hex'),
  });
  const statement = Buffer.from(
    canonicalize({
      schema_version: 1,
      kind: 'key-rotation-signer-rollover',
      installation_id: report.signer.installation_id,
      at: '2026-10-01T08:00:00.000Z',
      reason: 'cryptoperiod',
      compromised: false,
      trusted_until: null,
      old: keysOf(former),
      new: keysOf(identity),
      old_report_key: ssh(former.report),
      new_report_key: ssh(identity.report),
      old_log_key: ssh(former.log),
      new_log_key: ssh(identity.log),
    }),
  );
  files.set('keys/rollovers/001.json', statement);
  files.set(
    'keys/rollovers/001.old.sig',
    sshSignature(former.report, 'key-rotation-signer-rollover', statement),
  );
  files.set(
    'keys/rollovers/001.new.sig',
    sshSignature(identity.report, 'key-rotation-signer-rollover', statement),
  );
}

/** Events before the period, those of the period, some after it, and those of the report itself. */
function ownLog(name: string, report: Report, earlier: SampleLog | null): SampleLog {
  const before = '2026-10-20T08:00:00.000Z';
  const quiet = (count: number, timestamp: string): EventOf[] =>
    Array.from({ length: count }, () => ({ event_type: 'health_check', action: 'checked', timestamp }));
  const first: EventOf = earlier
    ? {
        event_type: 'log',
        action: 'moved',
        timestamp: before,
        data: {
          previous_folder: '/old',
          previous_size: earlier.lines.length,
          previous_root: earlier.root,
          previous_state: 'ok',
        },
      }
    : { event_type: 'log', action: 'created', timestamp: before };
  const at = report.generated.at;
  const events: EventOf[] = [
    first,
    ...quiet(6, before),
    ...eventsOfRotations(report.rotations),
    ...quiet(3, at),
    {
      event_type: 'report',
      action: 'begun',
      timestamp: at,
      id: report.report_id,
      data: {
        from: report.period.first_day,
        to: report.period.last_day,
        time_zone: report.period.time_zone,
        environments: null,
        paper: 'A4',
      },
    },
    { event_type: 'report', action: 'observed', timestamp: at },
    { event_type: 'report', action: 'observed', timestamp: at },
  ];
  const ranges = [...(earlier ? [[0, 1] as const] : []), [7, 19] as const, [22, 25] as const];
  const log = sampleLog(name, events, ranges, [{ first: 12, last: 13 }]);
  for (const rotation of report.rotations) {
    const closing = log.lines.find((line) =>
      line.includes(`"rotation_id":"${rotation.rotation_id}"`),
    ) as string;
    rotation.events = [seqOf(closing) - 1, seqOf(closing)];
  }
  return log;
}

function earlierLog(name: string): SampleLog {
  const event = { event_type: 'health_check', action: 'checked', timestamp: '2026-09-01T08:00:00.000Z' };
  return sampleLog(`${name} earlier`, Array(6).fill(event), [[1, 3]]);
}

function importedLog(name: string): SampleLog {
  const event = { event_type: 'health_check', action: 'checked', timestamp: '2026-10-27T08:00:00.000Z' };
  return sampleLog(`${name} imported`, Array(5).fill(event), [[2, 5]]);
}

function reportLog(id: string, log: SampleLog): ReportLog {
  const kind = id.replace(/-\d+$/, '') as ReportLog['kind'];
  return {
    id,
    kind,
    name: id,
    folder: kind === 'own' ? 'log' : `logs/${id}`,
    origin: log.origin,
    size: log.lines.length,
    root: log.root,
    anchored_by: kind === 'earlier' ? 'moved-event' : 'checkpoint',
    first_seq: 0,
    last_seq: seqOf(log.lines.at(-1) as string),
    gaps: [...log.gaps],
    clock_jumps: [],
    repairs: [],
    corruptions: [],
  };
}

function sampleOf(report: Report, log: SampleLog): Report['sample'] {
  const order = (id: string) =>
    createHash('sha256')
      .update(log.root + id)
      .digest('hex');
  const ended = report.rotations.filter((rotation) => rotation.outcome !== 'open');
  const chosen = ended.map((rotation) => rotation.rotation_id).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return {
    method: 'ordered by SHA-256(seed, rotation id); the first 25',
    seed: log.root,
    population: ended.length,
    size: chosen.length,
    rotations: chosen.map((id) => {
      const index = log.lines.findIndex((line) => line.includes(`"rotation_id":"${id}"`));
      const seq = seqOf(log.lines[index] as string);
      return { rotation_id: id, seq, leaf_index: index, proof: `log/proofs/inclusion-${seq}.json` };
    }),
  };
}

function signerOf(identity: Identity) {
  return {
    report_key: fingerprint(identity.report.publicKey),
    log_key: fingerprint(identity.log.publicKey),
    certificate: sha256(identity.leaf).toString('hex'),
    ca: sha256(identity.chain[0] as Buffer).toString('hex'),
  };
}

export function pem(certificate: Buffer): Buffer {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return Buffer.from(['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
