/** Which files a bundle may hold, and how large they may be: docs/report-format.md, "Files". */

const mebibyte = 1024 * 1024;

export const bundleLimits = {
  files: 2_000,
  fileBytes: 512 * mebibyte,
  totalBytes: 1024 * mebibyte,
  pathLength: 200,
} as const;

/** What is read into memory as a whole has a tighter limit than what is only streamed. */
export const readLimits = {
  sums: mebibyte,
  key: 64 * 1024,
  note: 64 * 1024,
  statement: 64 * 1024,
  proof: 64 * mebibyte,
  report: 128 * mebibyte,
  pdf: 128 * mebibyte,
} as const;

export const requiredFiles = [
  'SHA256SUMS',
  'SHA256SUMS.sig',
  'VERIFY.md',
  'keys/allowed_signers',
  'keys/binding.json',
  'keys/binding.p7s',
  'keys/ca.pem',
  'keys/certificate.pem',
  'keys/log.vkey',
  'keys/report.pub',
  'log/checkpoint',
  'log/events.jsonl',
  'log/proof.json',
  'population.csv',
  'report.json',
  'report.pdf',
  'report.schema.json',
  'rotations.csv',
  'verify.py',
] as const;

const optionalFiles = [
  /^log\/previous-checkpoint$/,
  /^log\/proofs\/consistency\.json$/,
  /^log\/proofs\/inclusion-(?:0|[1-9]\d{0,15})\.json$/,
  /^logs\/earlier-[1-9]\d{0,3}\/(?:events\.jsonl|proof\.json)$/,
  /^logs\/imported-[1-9]\d{0,3}\/(?:events\.jsonl|proof\.json|checkpoint|log\.vkey)$/,
  /^keys\/rollovers\/\d{3}\.(?:json|old\.sig|new\.sig)$/,
];

/** Whether a path is of the characters, parts and length that a bundle may use. */
export function isSafePath(path: string): boolean {
  return (
    path.length <= bundleLimits.pathLength &&
    /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/.test(path) &&
    path.split('/').every((part) => part !== '.' && part !== '..')
  );
}

export function isExpectedFile(path: string): boolean {
  return (requiredFiles as readonly string[]).includes(path) || optionalFiles.some((name) => name.test(path));
}

/** The files that must be there because others are. */
export function companionsOf(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (path === 'log/previous-checkpoint') return ['log/proofs/consistency.json'];
  if (path === 'log/proofs/consistency.json') return ['log/previous-checkpoint'];
  if (path.startsWith('logs/earlier-')) return ['events.jsonl', 'proof.json'].map((name) => folder + name);
  if (path.startsWith('logs/imported-'))
    return ['events.jsonl', 'proof.json', 'checkpoint', 'log.vkey'].map((name) => folder + name);
  const statement = /^(keys\/rollovers\/\d{3})\.(?:json|old\.sig|new\.sig)$/.exec(path)?.[1];
  return statement === undefined ? [] : [`${statement}.json`, `${statement}.new.sig`];
}
