import { createHash } from 'node:crypto';
import type { Report } from '#shared/model/report.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import { companionsOf, isExpectedFile, readLimits, requiredFiles } from './bundle-rules.ts';
import { type BundleSource, openBundle } from './bundle-source.ts';
import type { Certificate } from './certificate-reader.ts';
import { checkCheckpoint, checkConsistency, checkEvents, checkOtherLogs } from './check-log.ts';
import { type BundleKeys, checkReport, checkSignature } from './check-report.ts';
import { checkSample } from './check-sample.ts';
import { checkBinding, checkCertificate, checkRollovers } from './check-signer.ts';
import { checkTables } from './check-tables.ts';
import { checkAppendOnly, judgeSigner } from './check-trust.ts';
import { DoesNotHold, demand, listed, NotApplicable, NotChecked } from './outcome.ts';
import { demandSignedPdf } from './pdf-check.ts';
import { demandCheckpoint, type NoteVerifier } from './signed-note-check.ts';
import { sshFingerprint } from './ssh-signature-check.ts';
import { compareSums, parseSums, sumsFile } from './sums-file.ts';
import type { Trust } from './trust.ts';
import { type Held, VerificationRun } from './verification-run.ts';
import { VerifiedFiles } from './verified-files.ts';

export interface CheckOptions {
  /** Who must have signed; null: nobody was named. */
  supplied?: Trust | null;
  /** Whom this installation knows; counts where nobody was supplied. */
  enrolled?: Trust | null;
  /** A checkpoint (signed note) that the log must have passed through. */
  checkpoint?: Uint8Array | null;
  /** Share of the bytes that were read, 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * Verifies a bundle, a folder or a zip, as docs/report-format.md asks ("What the verifier checks"). It takes everything
 * in the bundle for hostile: nothing is read but regular files, nothing is interpreted but bytes that the report key
 * signed, and a defect in one file is a reason in the answer, never an exception.
 *
 * Reads with blocking calls, so a caller that must answer meanwhile runs it in a thread (bundle-verifier.ts).
 * @throws RekeyError `invalid-input` when there is no bundle to read
 */
export function checkBundle(path: string, options: CheckOptions = {}): BundleVerification {
  const source = openBundle(path);
  try {
    return checkSource(source, options);
  } finally {
    source.close();
  }
}

function checkSource(source: BundleSource, options: CheckOptions): BundleVerification {
  const run = new VerificationRun();
  const files = new VerifiedFiles(source, progressOf(source, options.onProgress));
  run.check('files', [], () => checkFiles(source));
  const reportKey = checkSignedList(run, source, files);

  const read = run.check('report', ['signature'], () => checkReport(files, needed(reportKey)));
  const facts = () => needed(read);
  run.check('tables', ['report'], () => checkTables(files, facts().report));
  const leaf = run.check('certificate', ['report'], () => checkCertificate(facts().report, facts().keys));
  run.check('binding', ['certificate'], () =>
    checkBinding(files, facts().report, facts().keys, needed(leaf)),
  );
  run.check('pdf', ['certificate'], () => checkPdf(files, needed(leaf)));
  const former = run.check('rollovers', ['report'], () =>
    checkRollovers(files, facts().report, facts().keys),
  );

  const appendOnly = read && checkLogs(run, files, read, former ?? [], options.checkpoint ?? null);
  if (appendOnly === null) run.check('append-only', ['report'], () => needed<Held<null>>(null));
  const cas = leaf && read ? read.keys.chain.map(fingerprintOf) : null;
  const signer = checkSigner(run, reportKey, cas, options);
  return run.result(signer, options.checkpoint ? run.holds('append-only') : null);
}

/** `sums` and `signature`: finds the key that signed, and lets `files` hand out what it signed. */
function checkSignedList(run: VerificationRun, source: BundleSource, files: VerifiedFiles): Buffer | null {
  // Read once, so that what is verified is what is parsed.
  let list: Buffer | null = null;
  const listed = () => {
    if (!source.readable) throw new NotChecked('"files" does not hold');
    list ??= files.unverified(sumsFile, readLimits.sums);
    return list;
  };
  const sums = run.check('sums', [], () => {
    const parsed = parseSums(listed());
    return { reason: compareSums(parsed, files.paths, (path) => files.sumOf(path)), fact: parsed };
  });
  const key = run.check('signature', [], () => checkSignature(files, listed()));
  if (key !== null) files.trust(sums ?? readableSums(listed()));
  return key;
}

/** The list where it is well formed, whatever else is wrong: the files that are as listed can be checked all the same. */
function readableSums(list: Buffer): ReadonlyMap<string, string> {
  try {
    return parseSums(list);
  } catch (error) {
    if (error instanceof DoesNotHold) return new Map();
    throw error;
  }
}

type LogFacts = { report: Report; keys: BundleKeys };

/** Everything about the logs. Returns whether `append-only` holds. */
function checkLogs(
  run: VerificationRun,
  files: VerifiedFiles,
  { report, keys }: LogFacts,
  former: readonly NoteVerifier[],
  text: Uint8Array | null,
): boolean {
  const verifiers = [keys.log, ...former];
  const supplied = text && attempt(() => demandCheckpoint('the supplied checkpoint', text, verifiers));
  const askedSize = supplied && 'size' in supplied ? supplied.size : null;

  const checkpoint = run.check('checkpoint', ['report'], () => checkCheckpoint(files, report, keys.log));
  const log = run.check('events', ['checkpoint'], () =>
    checkEvents(files, report, needed(checkpoint), askedSize),
  );
  run.check('proofs', ['events'], () => checkSample(files, report, needed(log)));
  const previous = run.check('consistency', ['checkpoint', 'rollovers'], () =>
    checkConsistency(files, report, needed(checkpoint), verifiers),
  );
  run.check('other-logs', ['events'], () => checkOtherLogs(files, report, needed(log)));
  run.check('append-only', [], () => {
    if (supplied === null) throw new NotApplicable('no checkpoint was supplied');
    if (!('size' in supplied)) throw supplied;
    if (log === null) throw new NotChecked('"events" does not hold');
    return checkAppendOnly(supplied, log, previous);
  });
  return run.holds('append-only');
}

function checkPdf(files: VerifiedFiles, leaf: Certificate): Held<null> {
  const report = files.read('report.json', readLimits.report);
  demandSignedPdf(files.read('report.pdf', readLimits.pdf), report, leaf);
  return {
    reason: 'the whole of report.pdf is signed, and the report.json attached to it is this one',
    fact: null,
  };
}

function checkSigner(
  run: VerificationRun,
  reportKey: Buffer | null,
  cas: readonly string[] | null,
  options: CheckOptions,
): BundleVerification['signer'] {
  let signer: BundleVerification['signer'] = 'unknown';
  run.check('signer', ['signature'], () => {
    const facts = { fingerprint: sshFingerprint(needed(reportKey)), cas, bound: run.holds('binding') };
    const judged = judgeSigner(facts, options.supplied ?? null, options.enrolled ?? null);
    signer = judged.signer;
    if (signer !== 'known') throw new DoesNotHold(judged.reason);
    return { reason: judged.reason, fact: null };
  });
  return signer;
}

/** `files`: what lies there is what may lie there. */
function checkFiles(source: BundleSource): Held<null> {
  demand(source.problems.length === 0, () => listed(source.problems));
  const there = new Set(source.paths);
  const needed = [...requiredFiles, ...source.paths.flatMap(companionsOf)];
  const missing = [...new Set(needed)].filter((path) => !there.has(path));
  const unexpected = source.paths.filter((path) => !isExpectedFile(path));
  const problems = [
    ...(missing.length > 0 ? [`missing: ${listed(missing)}`] : []),
    ...(unexpected.length > 0 ? [`not part of a report: ${listed(unexpected)}`] : []),
  ];
  demand(problems.length === 0, () => problems.join('; '));
  return { reason: `${source.paths.length} files, all of them expected`, fact: null };
}

function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** What a check found on which another rests that is run only when it holds. */
function needed<Fact>(fact: Fact | null): Fact {
  if (fact === null) throw new Error('A check ran without what it rests on');
  return fact;
}

function attempt<Fact>(find: () => Fact): Fact | DoesNotHold {
  try {
    return find();
  } catch (error) {
    if (error instanceof DoesNotHold) return error;
    throw error;
  }
}

/** Each file is read to be hashed, and most once more to be checked. */
function progressOf(source: BundleSource, report: CheckOptions['onProgress']): (bytes: number) => void {
  const total = 2 * source.paths.reduce((sum, path) => sum + source.size(path), 0);
  let done = 0;
  return (bytes) => {
    done += bytes;
    report?.(Math.min(1, done / total));
  };
}
