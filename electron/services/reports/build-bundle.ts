import { createHash, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resourceFile } from '#electron/installation.ts';
import { canonicalPieces } from '#shared/logic/canonical-json.ts';
import { populationCsv, rotationsCsv } from '#shared/logic/report/csv.ts';
import { reportSchemaText } from '#shared/logic/report/report-schema.ts';
import { makeSshSignature } from '#shared/logic/ssh-signature.ts';
import { Report, type ReportLog } from '#shared/model/report.ts';
import type { ReportPreview } from '#shared/model/report-making.ts';
import { reportNamespace } from '#shared/model/signer.ts';
import { writeLogPart } from '../events/log-part.ts';
import { buildHash } from './build-hash.ts';
import { bundlePaths, sumsOf, writeBundleFile } from './bundle-files.ts';
import { certificateSignature, writeBundleKeys } from './bundle-keys.ts';
import { type FoldedLogs, foldLogs, frameOf } from './fold-logs.ts';
import { signPdf } from './pdf/pdf-signature.ts';
import { renderReportPdf } from './pdf/report-pdf.ts';
import type {
  BuildTask,
  BuiltBundle,
  PreviewTask,
  Remote,
  ReportProgressOf,
  SignRemotely,
} from './report-task.ts';
import { verifyInstructions } from './verify-instructions.ts';

const generator = 'Rekey';

/** What a report would say; nothing is written but what is derived, in the scratch folder. */
export function previewReport(task: PreviewTask, progress: ReportProgressOf): ReportPreview {
  const folded = foldLogs(task.logs, task.question, task.scratch, (share) => progress('fold', share));
  try {
    for (const { environment, data } of task.observations) {
      folded.builder.observe(environment, data, task.author.at);
    }
    const generated = { ...task.author, generator, build_sha256: buildHash(import.meta.dirname) };
    return folded.builder.preview(frameOf(folded, task.logs, generated));
  } finally {
    folded.close();
  }
}

/**
 * Builds a bundle in its folder, in the order of docs/report-format.md: report.json, tables, PDF, the events with their
 * proofs, keys, instructions, the list of all hashes and its signature. The same log, question and keys give the same
 * bytes. Private keys are not here: `sign` asks whoever has them. Throws what stops it; the caller removes the folder.
 */
export async function buildBundle(task: BuildTask, remote: Remote): Promise<BuiltBundle> {
  const { folder, facts } = task;
  const { sign, progress } = remote;
  const folded = foldLogs(task.logs, task.question, task.scratch, (share) => progress('fold', share));
  try {
    const report = reportOf(task, folded);
    const json = Buffer.concat([...canonicalPieces(report)].map((piece) => Buffer.from(piece, 'utf8')));
    progress('tables', 0);
    writeBundleFile(folder, 'report.json', json);
    writeBundleFile(folder, 'report.schema.json', reportSchemaText());
    writeBundleFile(folder, 'population.csv', populationCsv(report));
    writeBundleFile(folder, 'rotations.csv', rotationsCsv(report));
    progress('pdf', 0);
    const pdf = await writePdf(task, report, json, sign, (share) => progress('pdf', share));
    progress('evidence', 0);
    await writeLogs(task, report, folded, remote);
    progress('sign', 0);
    const [own] = report.logs as [ReportLog];
    await writeBundleKeys(folder, facts, own.origin, report.generated.at, sign);
    writeInstructions(task, report, pdf);
    const sums = sumsOf(folder);
    writeBundleFile(folder, 'SHA256SUMS', sums);
    writeBundleFile(folder, 'SHA256SUMS.sig', await signSums(task, sums, sign));
    progress('sign', 1);
    const sumsSha256 = createHash('sha256').update(sums).digest('hex');
    return { verdict: report.verdict, sumsSha256, root: own.root };
  } finally {
    folded.close();
  }
}

function reportOf(task: BuildTask, folded: FoldedLogs): Report {
  const generated = { ...task.author, generator, build_sha256: buildHash(import.meta.dirname) };
  const report = folded.builder.finish({
    ...frameOf(folded, task.logs, generated),
    signer: task.signer,
    hash: (text) => hash('sha256', text),
  });
  // What is signed is what the model says, or nothing is signed.
  return Report.parse(report);
}

async function writePdf(
  task: BuildTask,
  report: Report,
  json: Uint8Array,
  sign: SignRemotely,
  onProgress: (share: number) => void,
): Promise<Buffer> {
  const pdf = await renderReportPdf(report, {
    paper: task.paper,
    reportJson: json,
    resources: resourceFile(import.meta.dirname, 'report'),
    onProgress,
  });
  const signed = await signPdf(pdf, (digest) => certificateSignature(task.facts, digest, sign));
  writeBundleFile(task.folder, 'report.pdf', signed);
  return signed;
}

/** The verifier for everybody, and the commands that foretell what all tools say: the last files but the signed list. */
function writeInstructions({ folder, facts }: BuildTask, report: Report, pdf: Uint8Array): void {
  const resource = (name: string) => readFileSync(resourceFile(import.meta.dirname, 'report', name));
  writeBundleFile(folder, 'verify.py', resource('verify.py'));
  const text = verifyInstructions(report, {
    template: resource('VERIFY.md').toString('utf8'),
    pdf,
    certificate: facts.chain[0]?.der ?? new Uint8Array(0),
    files: bundlePaths(folder).length + 1,
  });
  writeBundleFile(folder, 'VERIFY.md', text);
}

/** The events that the report rests on, with what completes them to the whole of each log. */
async function writeLogs(
  task: BuildTask,
  report: Report,
  { builder, logs }: FoldedLogs,
  { checkpointAt, progress }: Remote,
): Promise<void> {
  const size = report.previous_report?.log_size ?? null;
  const previous = size === null ? null : { size, checkpoint: await checkpointAt(size) };
  for (const { read, snapshot, movedSeqs } of logs) {
    if (snapshot === null) continue;
    const own = read.kind === 'own';
    const imported = read.kind === 'imported' ? task.logs.imported[importedIndex(read.id)] : undefined;
    const checkpoint = own ? task.checkpoint : imported?.checkpoint;
    await writeLogPart({
      snapshot,
      folder: join(task.folder, ...read.folder.split('/')),
      ranges: [...builder.rangesOf(read.id), ...movedSeqs.map((seq) => ({ firstSeq: seq, lastSeq: seq }))],
      ...(checkpoint ? { checkpoint } : {}),
      ...(own ? { inclusion: report.sample.rotations.map(({ seq }) => seq) } : {}),
      ...(own && previous ? { previous } : {}),
      onProgress: (share) => own && progress('evidence', share),
    });
    if (imported) writeBundleFile(task.folder, `${read.folder}/log.vkey`, `${imported.key}\n`);
  }
}

function importedIndex(id: string): number {
  return Number(id.slice('imported-'.length)) - 1;
}

function signSums({ facts }: BuildTask, sums: string, sign: SignRemotely): Promise<string> {
  return makeSshSignature({
    publicKey: facts.reportKey,
    namespace: reportNamespace,
    messageSha512: hash('sha512', Buffer.from(sums, 'utf8'), 'buffer'),
    sign: (message) => sign('report', message),
  });
}
