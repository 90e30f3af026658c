import type { ReportQuestion } from '#shared/logic/report/report-builder.ts';
import type { EnvironmentReference } from '#shared/model/environment.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { Report, ReportSigner, SigningKeyRole } from '#shared/model/report.ts';
import type { ReportObservedData } from '#shared/model/report-event.ts';
import type { ReportPreview, ReportStage } from '#shared/model/report-making.ts';
import type { ImportedLog } from '../events/imported-log-records.ts';
import type { LogExtent } from '../events/log-snapshot.ts';
import type { SignerFacts } from '../signer/signing-keys.ts';

/** The log of another installation, as it was imported. */
export interface ImportedLogSource
  extends Pick<ImportedLog, 'name' | 'folder' | 'size' | 'root' | 'key' | 'key_confirmed'> {
  /** The signed note that was imported with it. */
  checkpoint: Uint8Array;
}

/** The logs that a report is folded from. */
export interface LogSources {
  /** The own log as it lies there now; null while it has no events. */
  own: LogExtent | null;
  /** How many of its events count. */
  size: number;
  /** What people call this installation. */
  name: string;
  imported: readonly ImportedLogSource[];
}

export type ReportAuthor = Pick<Report['generated'], 'at' | 'by' | 'by_source' | 'host' | 'app_version'>;

export interface PreviewTask {
  kind: 'preview';
  question: ReportQuestion;
  logs: LogSources;
  author: ReportAuthor;
  observations: readonly { environment: EnvironmentReference; data: ReportObservedData }[];
  /** A folder for what is derived on the way; it exists, and the caller removes it. */
  scratch: string;
}

export interface BuildTask {
  kind: 'build';
  question: ReportQuestion;
  logs: LogSources;
  author: ReportAuthor;
  signer: ReportSigner;
  facts: SignerFacts;
  /** The signed note over the own log. */
  checkpoint: Uint8Array;
  paper: 'A4' | 'Letter';
  /** Where the bundle is built; exists and is empty. */
  folder: string;
  scratch: string;
}

/** Makes copies of a bundle that differ from it, each in another way. */
export interface DamageTask {
  kind: 'damage';
  bundle: string;
  /** Where the copies go; exists and is empty. */
  into: string;
}

export interface ZipTask {
  kind: 'zip';
  bundle: string;
  /** Name of the folder in the zip. */
  name: string;
  zip: string;
}

export type ReportTask = PreviewTask | BuildTask | DamageTask | ZipTask;

export interface BuiltBundle {
  verdict: Report['verdict'];
  sumsSha256: string;
  /** Of the own log in the report. */
  root: string;
}

export interface TaskResults {
  preview: ReportPreview;
  build: BuiltBundle;
  /** Folders of the copies. */
  damage: string[];
  zip: null;
}

/** What only the asking thread can give: a signature, or the signed checkpoint of the own log when it had a size. */
export type TaskNeed =
  | { kind: 'signature'; role: SigningKeyRole; message: Uint8Array }
  | { kind: 'checkpoint'; size: number };

/** From the thread: how far it is, what it needs, or how it ended. */
export type TaskMessage =
  | { progress: { stage: ReportStage; share: number } }
  | { needs: TaskNeed; id: number }
  | { result: TaskResults[keyof TaskResults] }
  | { refused: ErrorReport };

/** To the thread: what it needed, or why it does not get it. */
export type TaskAnswer = { id: number; bytes: Uint8Array } | { id: number; refused: ErrorReport };

export type ReportProgressOf = (stage: ReportStage, share: number) => void;
export type SignRemotely = (role: SigningKeyRole, message: Uint8Array) => Promise<Uint8Array>;

/** What a thread that builds has of the one that asked. */
export interface Remote {
  sign: SignRemotely;
  checkpointAt: (size: number) => Promise<Uint8Array>;
  progress: ReportProgressOf;
}
