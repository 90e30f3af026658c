import type { ReportRotation, ReportSample } from '../../model/report.ts';

/** As many as auditors commonly take of a large population. */
export const sampleSize = 25;

/** SHA-256 of a text's UTF-8 bytes, lower-case hex. */
export type HashText = (text: string) => string;

export const sampleMethod =
  'Ended rotations of the own log, in the order of SHA-256(seed ‖ rotation id), both as text; the first of them, as many as "size" says.';

/**
 * The rotations to check by hand, chosen by the root of the log: nobody can know it before the log is closed, and
 * everybody can repeat the choice (docs/report-format.md). `leafIndexOf` gives where a closing event stands.
 */
export function sampleOf(
  rotations: readonly ReportRotation[],
  seed: string,
  hash: HashText,
  leafIndexOf: (rotationId: string) => number,
): ReportSample {
  const population = rotations.filter(({ log, outcome }) => log === 'own' && outcome !== 'open');
  const chosen = population
    .map((rotation) => ({ rotation, order: hash(`${seed}${rotation.rotation_id}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, sampleSize);
  return {
    method: sampleMethod,
    seed,
    population: population.length,
    size: chosen.length,
    rotations: chosen.map(({ rotation }) => {
      const seq = rotation.events.at(-1) as number;
      return {
        rotation_id: rotation.rotation_id,
        seq,
        leaf_index: leafIndexOf(rotation.rotation_id),
        proof: `log/proofs/inclusion-${seq}.json`,
      };
    }),
  };
}
