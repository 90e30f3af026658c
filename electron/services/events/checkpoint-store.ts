import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  makePrivateFolder,
  removeStaleTemporaries,
  syncFolder,
  writeFileAtomic,
} from '#electron/storage/atomic-file.ts';
import { withFileLock } from '#electron/storage/lock.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { bytesOfHex, equalBytes, hexOf } from '#shared/logic/bytes.ts';
import { type Checkpoint, parseCheckpoint } from '#shared/logic/checkpoint.ts';
import { frontierNodes, rootOfFrontier } from '#shared/logic/merkle.ts';
import { formatNote, parseNote, type SignedNote } from '#shared/logic/signed-note.ts';
import type { Clock } from '#shared/model/clock.ts';
import { sha256 } from './sha256.ts';

/** A checkpoint that lies beside its log. Its signature was not looked at. */
export interface StoredCheckpoint extends Checkpoint {
  readonly note: SignedNote;
  /** When it was made, RFC 3339; null where that is not known. */
  readonly at: string | null;
  /** The roots of the tree's complete subtrees then, largest first; null where they are not known. */
  readonly subtrees: readonly Uint8Array[] | null;
}

/** What is kept beside a note, so that a later difference can be told more exactly than "somewhere". */
const Companion = z.object({ schema_version: z.literal(1), at: z.string(), subtrees: z.array(z.string()) });

const notePattern = /^(\d{16})\.note$/;
/** The newest are all kept; of older ones fewer, the older they are. */
const keptWhole = 64;

/**
 * The checkpoints of a log, in its folder: `checkpoints/SIZE.note`, a signed note, and `SIZE.json`, what helps to find
 * a difference. Each is written whole or not at all, and durable when `put` returns. Those that do not fit the log any
 * more, when somebody has acknowledged that, lie in `checkpoints/set-aside`.
 */
export class CheckpointStore {
  readonly #folder: string;
  readonly #options: { identity: ProcessIdentity; clock: Clock } | null;

  /** `folder` is the log's. Without `options` it can only be read. */
  constructor(folder: string, options: { identity: ProcessIdentity; clock: Clock } | null = null) {
    this.#folder = join(folder, 'checkpoints');
    this.#options = options;
  }

  /** The one over most events; null if there is none. One that cannot be read is passed over. */
  newest(): StoredCheckpoint | null {
    for (const size of this.#sizes().reverse()) {
      const found = this.get(size);
      if (found !== null) return found;
    }
    return null;
  }

  /** All that can be read, newest first. */
  *list(): Generator<StoredCheckpoint> {
    for (const size of this.#sizes().reverse()) {
      const found = this.get(size);
      if (found !== null) yield found;
    }
  }

  /** The one over this many events; null if there is none, or if it cannot be read. */
  get(size: number): StoredCheckpoint | null {
    try {
      const note = parseNote(readFileSync(this.#path(size, 'note')));
      const checkpoint = parseCheckpoint(note.text);
      if (checkpoint.size !== size) return null;
      return { ...checkpoint, note, ...this.#companion(checkpoint) };
    } catch {
      return null;
    }
  }

  /**
   * Stores a checkpoint, in the place of one of the same size, and thins out old ones. `subtrees` are those of its
   * tree. Throws LockBusy or the system's error; then the one that was there before is still there.
   */
  put(checkpoint: Checkpoint, note: SignedNote, at: string, subtrees: readonly Uint8Array[]): void {
    this.#changing(() => {
      const companion = { schema_version: 1, at, subtrees: subtrees.map(hexOf) };
      this.#write(checkpoint.size, 'json', `${JSON.stringify(companion)}\n`);
      this.#write(checkpoint.size, 'note', formatNote(note));
      for (const size of superfluous(this.#sizes())) {
        if ((this.get(size)?.note.signatures.length ?? 2) > 1) continue;
        rmSync(this.#path(size, 'note'), { force: true });
        rmSync(this.#path(size, 'json'), { force: true });
      }
    });
  }

  /** Puts aside what `fits` refuses: somebody knows that the log is not any more what they say. */
  setAside(fits: (checkpoint: StoredCheckpoint) => boolean): void {
    const wrong = [...this.list()].filter((checkpoint) => !fits(checkpoint));
    if (wrong.length === 0) return;
    this.#changing(() => {
      const target = join(this.#folder, 'set-aside');
      makePrivateFolder(target);
      for (const { size } of wrong) {
        for (const kind of ['json', 'note'] as const) {
          const from = this.#path(size, kind);
          if (existsSync(from)) renameSync(from, join(target, fileName(size, kind)));
        }
      }
      syncFolder(target);
      syncFolder(this.#folder);
    });
  }

  #companion(checkpoint: Checkpoint): Pick<StoredCheckpoint, 'at' | 'subtrees'> {
    try {
      const { at, subtrees } = Companion.parse(
        JSON.parse(readFileSync(this.#path(checkpoint.size, 'json'), 'utf8')),
      );
      const nodes = subtrees.map((node) => bytesOfHex(node) ?? new Uint8Array(0));
      const whole = nodes.length === frontierNodes(checkpoint.size).length;
      const fits = whole && equalBytes(rootOfFrontier(sha256, nodes), checkpoint.root);
      return { at, subtrees: fits ? nodes : null };
    } catch {
      return { at: null, subtrees: null };
    }
  }

  #write(size: number, kind: 'note' | 'json', content: string): void {
    removeStaleTemporaries(this.#path(size, kind));
    writeFileAtomic(this.#path(size, kind), content);
  }

  #changing(action: () => void): void {
    if (this.#options === null) throw new Error('These checkpoints were opened for reading');
    makePrivateFolder(this.#folder);
    withFileLock({ path: join(this.#folder, 'lock'), ...this.#options }, 10_000, action);
  }

  /** Smallest first. */
  #sizes(): number[] {
    try {
      return readdirSync(this.#folder)
        .flatMap((name) => notePattern.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b);
    } catch {
      return [];
    }
  }

  #path(size: number, kind: 'note' | 'json'): string {
    return join(this.#folder, fileName(size, kind));
  }
}

function fileName(size: number, kind: 'note' | 'json'): string {
  return `${String(size).padStart(16, '0')}.${kind}`;
}

/**
 * Which of these sizes can go: older than the newest 64, and nearer to the next newer one that stays than a 64th of
 * its distance to the newest. So about 64 stay for each doubling of the distance.
 */
function superfluous(sizes: readonly number[]): number[] {
  const newest = sizes.at(-1) ?? 0;
  const older = sizes.slice(0, -keptWhole);
  let kept = sizes.at(-keptWhole) ?? newest;
  const gone: number[] = [];
  for (const size of older.reverse()) {
    if (kept - size < (newest - size) / keptWhole) gone.push(size);
    else kept = size;
  }
  return gone;
}
