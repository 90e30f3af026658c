import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** `log.json` of an imported log: what is current of it. */
export const ImportRecord = z.object({
  schema_version: z.literal(1),
  /** What people call the installation. */
  name: z.string(),
  origin: z.string(),
  /** The log's verifier key. */
  key: z.string(),
  /** Whether a person gave the key, or it is known from cosigning: else it is only the one that came with the copy. */
  key_confirmed: z.boolean(),
  size: z.number().int().min(1),
  root: z.string(),
  imported_at: z.string(),
  /** Folder of the files, below that of the log. */
  part: z.string().regex(/^[0-9a-z-]+$/),
});
export type ImportRecord = z.infer<typeof ImportRecord>;

/** A log of another installation, as far as it was imported. Its files are read-only. */
export interface ImportedLog extends Omit<ImportRecord, 'schema_version' | 'part'> {
  /** Id of its first event. */
  readonly id: string;
  /** Holds `events.jsonl`, `hashes`, `checkpoint` and `log.vkey`. */
  readonly folder: string;
}

/** By name, then id. One whose record cannot be read is left out. `folder`: `<data>/imported-logs`. */
export function listImportedLogs(folder: string): ImportedLog[] {
  const ids = existsSync(folder) ? readdirSync(folder) : [];
  return ids
    .flatMap((id) => readImportedLog(folder, id) ?? [])
    .sort((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1));
}

/** Null when there is none with this id, or when its record cannot be read. */
export function readImportedLog(folder: string, id: string): ImportedLog | null {
  try {
    const {
      part,
      schema_version: _version,
      ...record
    } = ImportRecord.parse(JSON.parse(readFileSync(join(folder, id, 'log.json'), 'utf8')));
    return { ...record, id, folder: join(folder, id, part) };
  } catch {
    return null;
  }
}

/** The rotations of which imported logs have events. */
export class ImportedRotations {
  readonly #folder: string;
  readonly #known = new Map<string, ReadonlySet<string>>();

  /** `folder`: `<data>/imported-logs`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  has(rotationId: string): boolean {
    return listImportedLogs(this.#folder).some((log) => this.#of(log).has(rotationId));
  }

  #of({ folder }: ImportedLog): ReadonlySet<string> {
    let known = this.#known.get(folder);
    if (known === undefined) {
      known = readRotations(folder);
      this.#known.set(folder, known);
    }
    return known;
  }
}

/** Empty when they cannot be read: then a rotation counts as unknown, which is the safe side. */
function readRotations(folder: string): ReadonlySet<string> {
  try {
    const ids = z.array(z.string()).parse(JSON.parse(readFileSync(join(folder, 'rotations.json'), 'utf8')));
    return new Set(ids);
  } catch {
    return new Set();
  }
}
