import { z } from 'zod';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import {
  formatVerifierKey,
  NoteError,
  parseVerifierKey,
  type SignatureType,
  sameKey,
  type VerifierKey,
} from '#shared/logic/signed-note.ts';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { sha256 } from './sha256.ts';

const SeenLog = z.object({
  origin: z.string(),
  /** The log's verifier key. */
  key: z.string(),
  /** What was seen and cosigned last. */
  size: z.number().int().min(0),
  /** Hex. */
  root: z.string(),
  at: z.string(),
});
export type SeenLog = z.infer<typeof SeenLog>;

const Cosigned = z.object({
  schemaVersion: z.literal(1),
  /** Logs of other installations that were cosigned here. */
  logs: z.array(SeenLog),
  /** Verifier keys of those who cosign this installation's log. */
  cosigners: z.array(z.object({ key: z.string(), at: z.string() })),
});
type Cosigned = z.infer<typeof Cosigned>;

/**
 * `cosigned.json`: what was last seen of other installations' logs, and by which keys others vouch for this one's.
 * A cosigner is worth as much as its memory: losing the file means to trust each log anew.
 */
export class KnownLogs {
  readonly #file: VersionedFile<Cosigned>;

  constructor(options: { path: string; identity: ProcessIdentity; clock: Clock }) {
    this.#file = new VersionedFile({
      ...options,
      what: 'The records of cosigned logs',
      schema: Cosigned,
      version: 1,
      initial: { schemaVersion: 1, logs: [], cosigners: [] },
    });
  }

  log(origin: string): SeenLog | null {
    return this.#file.read().logs.find((log) => log.origin === origin) ?? null;
  }

  /**
   * Replaces what is known of a log by what `change` makes of it; `announce` is called before anything is written.
   * Both may throw: then nothing has changed. Nobody else can change it in between.
   */
  see(
    origin: string,
    change: (known: SeenLog | null) => SeenLog,
    announce: (seen: SeenLog) => void,
  ): SeenLog {
    let seen: SeenLog | null = null;
    this.#file.update(
      (file) => {
        const known = file.logs.find((log) => log.origin === origin) ?? null;
        seen = change(known);
        return { ...file, logs: [...file.logs.filter((log) => log !== known), seen] };
      },
      () => announce(seen as unknown as SeenLog),
    );
    return seen as unknown as SeenLog;
  }

  /** Keys by which others vouch for this log. */
  cosigners(): VerifierKey[] {
    return this.#file.read().cosigners.map(({ key }) => parseVerifierKey(sha256, key));
  }

  addCosigner(key: VerifierKey, at: string): void {
    if (this.cosigners().some((known) => sameKey(known, key))) return;
    const added = { key: formatVerifierKey(key), at };
    this.#file.update((file) => ({ ...file, cosigners: [...file.cosigners, added] }));
  }
}

/** A verifier key that a person gave. Throws `invalid-input`. */
export function givenKey(text: string, type: SignatureType, whose: string): VerifierKey {
  try {
    const key = parseVerifierKey(sha256, text.trim());
    if (key.type === type) return key;
    throw new NoteError('It is a key for another purpose.');
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new RekeyError('invalid-input', {
      message: `The key that was given is not that of ${whose}: ${error.message}`,
      remedy: 'Copy the whole line NAME+ID+BASE64 that the other installation shows.',
    });
  }
}
