import type { ReportQuestion } from '#shared/logic/report/report-builder.ts';
import { formatNote } from '#shared/logic/signed-note.ts';
import { isTrusted } from '#shared/model/verification.ts';
import type { StoredCheckpoint } from '../events/checkpoint-store.ts';
import type { Checkpoints } from '../events/checkpoints.ts';
import { reportSignerOf } from '../signer/signer-facts.ts';
import type { SigningKeys } from '../signer/signing-keys.ts';
import type { BundleVerifier } from '../verification/bundle-verifier.ts';
import type { Trust } from '../verification/trust.ts';
import { notVerified } from './report-errors.ts';
import type { BuiltBundle, LogSources, ReportAuthor, ReportProgressOf, TaskNeed } from './report-task.ts';
import { runReportTask } from './report-thread.ts';
import type { WorkingFolder } from './working-folder.ts';

export interface BundleMakerOptions {
  keys: Pick<SigningKeys, 'ensure' | 'sign'>;
  checkpoints: Pick<Checkpoints, 'at'>;
  verifier: Pick<BundleVerifier, 'verify'>;
  /** electron/workers/report.ts, or what it is bundled to. */
  worker: string;
}

export interface MakeRequest {
  work: WorkingFolder;
  /** Name of the bundle's folder. */
  name: string;
  zip: boolean;
  question: ReportQuestion;
  logs: LogSources;
  author: ReportAuthor;
  /** Of the own log at the size that counts. */
  checkpoint: StoredCheckpoint;
  paper: 'A4' | 'Letter';
  onProgress: ReportProgressOf;
  signal: AbortSignal | undefined;
}

export type MadeBundle = BuiltBundle & { reportKey: string };

/** Builds a bundle in a working folder and sees that it holds: by the verifier that everybody has, and by its refusals. */
export class BundleMaker {
  readonly #options: BundleMakerOptions;

  constructor(options: BundleMakerOptions) {
    this.#options = options;
  }

  /** Throws what stops it, `internal` when the bundle does not verify, or the signal's reason. */
  async make(request: MakeRequest): Promise<MadeBundle> {
    const { work, onProgress, signal } = request;
    const { worker, keys, verifier } = this.#options;
    const facts = await keys.ensure();
    const checkpoint = Buffer.from(formatNote(request.checkpoint.note));
    const built = await runReportTask<'build'>(
      worker,
      {
        kind: 'build',
        question: request.question,
        logs: request.logs,
        author: request.author,
        signer: reportSignerOf(facts, request.author.at),
        facts,
        checkpoint,
        paper: request.paper,
        folder: work.bundle,
        scratch: work.scratch,
      },
      { give: (need) => this.#give(need), onProgress, signal },
    );
    const supplied: Trust = { fingerprints: [facts.reportFingerprint], cas: [] };
    const verify = (path: string, stage: 'verify' | 'tamper' | 'zip', from: number, to: number) =>
      verifier.verify(path, {
        supplied,
        checkpoint,
        onProgress: (share) => onProgress(stage, from + (to - from) * share),
        ...(signal ? { signal } : {}),
      });

    const verified = await verify(work.bundle, 'verify', 0, 1);
    if (!isTrusted(verified)) {
      throw notVerified(verified.checks.find(({ ok }) => ok === false)?.reason ?? 'a check fails');
    }
    const copies = await runReportTask<'damage'>(
      worker,
      { kind: 'damage', bundle: work.bundle, into: work.copies },
      { signal },
    );
    for (const [index, copy] of copies.entries()) {
      const found = await verify(copy, 'tamper', index / copies.length, (index + 1) / copies.length);
      if (found.intact) throw notVerified('a damaged copy of it counts as intact');
    }
    if (request.zip) {
      const task = { kind: 'zip', bundle: work.bundle, name: request.name, zip: work.zip } as const;
      await runReportTask<'zip'>(worker, task, { signal });
      if (!isTrusted(await verify(work.zip, 'zip', 0.5, 1))) throw notVerified('the zip is not intact');
    }
    return { ...built, reportKey: facts.reportFingerprint };
  }

  async #give(need: TaskNeed): Promise<Uint8Array> {
    if (need.kind === 'signature') return this.#options.keys.sign(need.role, need.message);
    return Buffer.from(formatNote((await this.#options.checkpoints.at(need.size)).note));
  }
}
