import { spawnSync } from 'node:child_process';
import { constants, inflateSync } from 'node:zlib';

/** What a PDF says that does not lie open in its bytes: the text on its pages, and every compressed stream. */
export function pdfContents(path: string, data: Buffer): Buffer[] {
  const text = spawnSync('pdftotext', [path, '-'], { maxBuffer: 256 * 1024 * 1024 });
  if (text.status !== 0) throw new Error(`pdftotext cannot read ${path}: ${text.error ?? text.stderr}`);
  // A long value may be broken over lines.
  const joined = Buffer.from(text.stdout.toString('utf8').replace(/\s+/g, ''));
  return [text.stdout, joined, ...streamsOf(data)];
}

function streamsOf(data: Buffer): Buffer[] {
  const streams: Buffer[] = [];
  for (let at = data.indexOf('stream'); at >= 0; at = data.indexOf('stream', at + 6)) {
    const from = data[at + 6] === 0x0d ? at + 8 : at + 7;
    try {
      streams.push(inflateSync(data.subarray(from), { finishFlush: constants.Z_SYNC_FLUSH }));
    } catch {
      // Not compressed (then it lies open), or the word stands in `endstream`.
    }
  }
  return streams;
}
