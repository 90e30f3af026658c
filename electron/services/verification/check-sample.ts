import { createHash } from 'node:crypto';
import { InclusionProof } from '#shared/model/log-proof.ts';
import type { Report } from '#shared/model/report.ts';
import { readLimits } from './bundle-rules.ts';
import { demandCanonical } from './json-file.ts';
import type { VerifiedLog } from './log-part.ts';
import { leadsToRoot } from './merkle-check.ts';
import { demand, listed, printable } from './outcome.ts';
import type { Held } from './verification-run.ts';
import type { VerifiedFiles } from './verified-files.ts';

/** Rotations in a sample, where there are as many. */
const sampleSize = 25;

/** `proofs`: the sample is the one that the log's root chooses, and each of its rotations is proven to be in the log. */
export function checkSample(files: VerifiedFiles, report: Report, log: VerifiedLog): Held<null> {
  const { sample } = report;
  demandChoice(report, log);
  const expected = new Set(sample.rotations.map((rotation) => rotation.proof));
  const stray = files.paths.filter((path) => path.startsWith('log/proofs/inclusion-') && !expected.has(path));
  demand(stray.length === 0, () => `proofs that belong to no rotation of the sample: ${listed(stray)}`);
  for (const rotation of sample.rotations) demandProof(files, rotation, log);
  return {
    reason: `${sample.size} of ${sample.population} ended rotations, chosen by the log's root, are proven to be in the log`,
    fact: null,
  };
}

function demandChoice({ sample, rotations }: Report, log: VerifiedLog): void {
  const population = rotations.filter((rotation) => rotation.log === 'own' && rotation.outcome !== 'open');
  const order = (id: string) => createHash('sha256').update(`${sample.seed}${id}`).digest('hex');
  const chosen = population
    .map((rotation) => ({ id: rotation.rotation_id, order: order(rotation.rotation_id) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, sampleSize);
  demand(sample.seed === log.checkpoint.root, "the seed of the sample is not the log's root");
  demand(
    sample.population === population.length &&
      sample.size === chosen.length &&
      sample.rotations.length === chosen.length &&
      chosen.every(({ id }, index) => sample.rotations[index]?.rotation_id === id),
    'the sample is not the one that its seed chooses',
  );
}

function demandProof(
  files: VerifiedFiles,
  rotation: Report['sample']['rotations'][number],
  log: VerifiedLog,
): void {
  const path = `log/proofs/inclusion-${rotation.seq}.json`;
  demand(
    rotation.proof === path,
    `report.json names ${printable(rotation.proof)} as a proof instead of ${path}`,
  );
  const proof = demandCanonical(path, files.read(path, readLimits.proof), InclusionProof);
  const event = log.closings.get(rotation.leaf_index);
  demand(
    event !== undefined && event.seq === rotation.seq && event.rotationId === rotation.rotation_id,
    `event ${rotation.seq} is not the one that ended the rotation ${printable(rotation.rotation_id)}`,
  );
  const { origin, size, root } = log.checkpoint;
  demand(
    proof.origin === origin &&
      proof.seq === rotation.seq &&
      proof.leaf_index === rotation.leaf_index &&
      proof.tree_size === size &&
      proof.leaf_hash === event.leaf,
    `${path} is about another event or another log`,
  );
  demand(
    leadsToRoot({ index: proof.leaf_index, size, leaf: event.leaf, path: proof.path }, root),
    `${path} does not lead to the log's root`,
  );
}
