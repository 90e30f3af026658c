import fs, { statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { proveInclusion } from '#electron/services/events/log-proofs.ts';
import { LogSnapshot } from '#electron/services/events/log-snapshot.ts';
import { sha256 } from '#electron/services/events/sha256.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { bytesOfHex } from '#shared/logic/bytes.ts';
import { verifyInclusion } from '#shared/logic/merkle-proofs.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';

// `events prove`, from opening the files to the finished proof: for an auditor's sample, one event at a time.
const events = 1_000_000;
const rounds = 500;

/** Every byte that is read from a file is counted, whoever reads it. */
let bytesRead = 0;
const { readSync } = fs;
fs.readSync = ((...args: Parameters<typeof readSync>) => {
  const count = readSync(...args);
  bytesRead += count;
  return count;
}) as typeof readSync;
syncBuiltinESMExports();

progress(`making a log of ${events.toLocaleString('en')} events`);
const bench = createBenchFolder({ environments: 10, events });
const log = new FileEventLog({
  folder: () => bench.folder.log,
  clock: systemClock,
  identity: ownIdentity(),
  osUser: 'bench',
  appVersion: '0.1.0',
  operator: () => ({ user_id: 'system', source: 'system' }),
  verifyWorker: '',
});
try {
  const root = bytesOfHex(log.root()) as Uint8Array;
  const size = log.size();
  const textBytes = statSync(join(bench.folder.log, 'events.jsonl')).size;
  const times: number[] = [];
  let mostBytes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const seq = (round * 7_919 + 13) % size;
    bytesRead = 0;
    const start = performance.now();
    const snapshot = LogSnapshot.of(log);
    const proof = proveInclusion(snapshot, seq);
    snapshot.close();
    times.push(performance.now() - start);
    mostBytes = Math.max(mostBytes, bytesRead);
    const path = proof.path.map((node) => bytesOfHex(node) as Uint8Array);
    const leaf = bytesOfHex(proof.leaf_hash) as Uint8Array;
    if (!verifyInclusion(sha256, { index: proof.leaf_index, size, leaf, root, path })) {
      throw new Error(`The proof of event ${seq} does not hold`);
    }
  }
  if (mostBytes > textBytes / 100) throw new Error(`A proof read ${mostBytes} bytes of ${textBytes}`);
  printResult({
    name: 'log-inclusion',
    title: 'inclusion proof for one event of 1,000,000, files opened anew each time',
    target: 5,
    ratio: null,
    figures: { proof: median(times) },
    unit: 'ms',
    notes: [
      `${rounds} events, spread over the log; middle half ${middleHalf(times)} ms, slowest ${Math.max(...times).toFixed(1)} ms. Every proof was verified.`,
      `A proof read at most ${Math.ceil(mostBytes / 1024)} KiB of a text of ${Math.round(textBytes / 1024 / 1024)} MiB (counted).`,
    ],
  });
} finally {
  log.close();
  bench.remove();
}
