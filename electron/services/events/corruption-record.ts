import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { LogProblem } from '#shared/model/event.ts';

/** `corruption.json` in the log's folder: what was found to be damaged, and whether a person has taken note of it. */
export const CorruptionRecord = z.object({
  schemaVersion: z.literal(1),
  foundAt: z.string(),
  problems: z.array(LogProblem),
  acknowledged: z
    .object({
      at: z.string(),
      by: z.string(),
      reason: z.string(),
      /** Lines of the log then; what is wrong before this line is known. */
      leaves: z.number().int().min(0),
      /** How far sequence numbers are ahead of line numbers from there on. */
      sequenceOffset: z.number().int(),
    })
    .nullable(),
});
export type CorruptionRecord = z.infer<typeof CorruptionRecord>;

export function corruptionRecordPath(folder: string): string {
  return join(folder, 'corruption.json');
}

/** Null when nothing was ever found. A record that cannot be read counts as an unacknowledged corruption. */
export function readCorruptionRecord(folder: string, now: string): CorruptionRecord | null {
  try {
    return CorruptionRecord.parse(JSON.parse(readFileSync(corruptionRecordPath(folder), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const problem: LogProblem = {
      code: 'record-unreadable',
      message: 'The record of what was found damaged cannot be read. Check the log again.',
      firstSeq: null,
      lastSeq: null,
    };
    return { schemaVersion: 1, foundAt: now, problems: [problem], acknowledged: null };
  }
}

export function writeCorruptionRecord(folder: string, record: CorruptionRecord): void {
  writeFileAtomic(corruptionRecordPath(folder), `${JSON.stringify(record, null, 2)}\n`);
}
