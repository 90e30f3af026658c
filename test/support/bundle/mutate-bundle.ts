import { canonicalize } from 'json-canonicalize';
import type { Identity } from './identity.ts';
import { type BundleFiles, pem, putPdf, seal, sumsOf } from './make-bundle.ts';
import { hostileJson, mutateBytes, mutateDer, mutateJson, mutateLines } from './mutate-bytes.ts';
import type { Random } from './random.ts';
import { sshSignature } from './signatures.ts';
import { zipOf } from './write-bundle.ts';

/** A mutated bundle, as a zip, and what must hold of it. */
export interface Mutant {
  /** Repeats the mutation in a message. */
  readonly what: string;
  readonly zip: Buffer;
  /** May be called intact: nothing that a signature covers was changed. Null: only that verifiers agree matters. */
  readonly mayBeIntact: boolean | null;
}

export interface MutationSource {
  readonly files: BundleFiles;
  readonly other: BundleFiles;
  readonly identity: Identity;
}

/** One mutation of one of the kinds. */
export function mutate(source: MutationSource, random: Random): Mutant {
  const kind = random.integer(10);
  if (kind < 3) return mutateRaw(source, random);
  if (kind < 5) return mutateZip(source, random);
  if (kind < 9) return mutateSealed(source, random);
  return mutateRefitted(source, random);
}

/** Files are changed, and nothing is signed anew. */
function mutateRaw({ files, other }: MutationSource, random: Random): Mutant {
  const mutant = new Map(files);
  const path = random.pick([...files.keys()]);
  const bytes = files.get(path) as Buffer;
  const choice = random.integer(8);
  if (choice === 0) mutant.delete(path);
  else if (choice === 1) mutant.set(`${path}${random.pick(['~', '.bak', '/x', '2'])}`, bytes);
  else if (choice === 2) mutant.set(path, random.pick([...files.values()]));
  else if (choice === 3) mutant.set(path, other.get(path) ?? Buffer.alloc(0));
  else mutant.set(path, mutateBytes(bytes, random));
  // A list that was made anew and could not be signed.
  if (random.chance(0.2)) mutant.set('SHA256SUMS', sumsOf(mutant));
  return { what: `raw ${choice} ${path}`, zip: zipOf(mutant), mayBeIntact: isSame(files, mutant) };
}

/** The container is changed: headers, the directory, what lies between. */
function mutateZip({ files }: MutationSource, random: Random): Mutant {
  const zip = zipOf(files);
  const headers = [...places(zip)];
  const at = random.pick(headers) + random.integer(46);
  const choice = random.integer(6);
  let changed: Buffer = Buffer.from(zip);
  if (choice === 0) changed = zip.subarray(0, random.integer(zip.length));
  else if (choice === 1) changed = Buffer.concat([zip, zip.subarray(-random.integer(200))]);
  else if (choice === 2) changed = Buffer.concat([Buffer.from('x'), zip]);
  else if (choice === 3) changed = mutateBytes(zip, random);
  else changed[at] = random.pick([0, 1, 0xff, 0x80, ((zip[at] ?? 0) + 1) & 0xff, random.integer(256)]);
  // Times and attributes are nowhere signed; the test looks at what the reader makes of it.
  return { what: `zip ${choice} at ${at}`, zip: changed, mayBeIntact: true };
}

function* places(zip: Buffer): Generator<number> {
  for (const signature of ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06']) {
    for (
      let at = zip.indexOf(signature, 0, 'latin1');
      at !== -1;
      at = zip.indexOf(signature, at + 1, 'latin1')
    )
      yield at;
  }
}

/** One file is changed in the way of its kind, and the report key signs the list anew. */
function mutateSealed({ files, identity }: MutationSource, random: Random): Mutant {
  const mutant = new Map(files);
  const path = random.pick([...files.keys()]);
  const bytes = files.get(path) as Buffer;
  mutant.set(path, mutateByKind(path, bytes, random));
  if (path === 'SHA256SUMS') {
    mutant.set(
      'SHA256SUMS.sig',
      sshSignature(identity.report, 'key-rotation-report', mutant.get(path) as Buffer),
    );
  } else if (path !== 'SHA256SUMS.sig') seal(mutant, identity);
  const same = covered(path, bytes) === covered(path, mutant.get(path) as Buffer);
  return { what: `sealed ${path}`, zip: zipOf(mutant), mayBeIntact: same };
}

function mutateByKind(path: string, bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.15)) return mutateBytes(bytes, random);
  if (path.endsWith('.json') && path !== 'report.schema.json') {
    const text = bytes.toString('utf8');
    if (random.chance(0.3)) return Buffer.from(hostileJson(text, random));
    return Buffer.from(canonicalize(mutateJson(JSON.parse(text), random)));
  }
  if (path.endsWith('.p7s')) return mutateDer(bytes, random);
  if (path.endsWith('.pem') && random.chance(0.7)) {
    const der = Buffer.from(
      bytes
        .toString('latin1')
        .split('-----END')[0]
        ?.replace(/-----.*-----|\n/g, '') ?? '',
      'base64',
    );
    return pem(mutateDer(der, random));
  }
  if (path === 'report.pdf') return mutatePdf(bytes, random);
  return mutateLines(bytes, random);
}

const pdfWords = [
  '/ByteRange',
  '/Contents',
  'startxref',
  'xref',
  'trailer',
  'endobj',
  'stream',
  '/Root 1 0 R',
  '/V 8 0 R',
  '/Fields',
  '/Names',
  '/Filter',
  '/Length',
  '0000000000',
  ' n \n',
  '%%EOF',
  '<<',
  '>>',
  'obj',
];

function mutatePdf(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const word = random.pick(pdfWords);
  const found = text.split(word).length - 1;
  const nth = random.integer(Math.max(1, found));
  const at = text
    .split(word)
    .slice(0, nth + 1)
    .join(word).length;
  const choice = random.integer(6);
  let changed = text;
  if (choice === 0) changed = text.slice(0, at) + text.slice(at + word.length);
  else if (choice === 1)
    changed = text.slice(0, at) + random.pick(['(', '<', '[', '<<', '% ', '\0', '9']) + text.slice(at);
  else if (choice === 2)
    changed = text.slice(0, at).replace(/\d(?=\D*$)/, String(random.integer(10))) + text.slice(at);
  else if (choice === 3) changed = `${text}${text.slice(text.lastIndexOf('xref\n0'))}`;
  else if (choice === 4) changed = text.replace('/Size', `/Prev ${random.integer(text.length)} /Size`);
  else return mutateSignature(bytes, random);
  return Buffer.from(changed, 'latin1');
}

/** Changes the CMS in its place, keeping the place's size. */
function mutateSignature(pdf: Buffer, random: Random): Buffer {
  const text = pdf.toString('latin1');
  const open = text.lastIndexOf('/Contents <') + '/Contents <'.length;
  const size = text.indexOf('>', open) - open;
  const cms = Buffer.from(text.slice(open, open + size), 'hex');
  const length = 4 + cms.readUInt16BE(2);
  const changed = mutateDer(cms.subarray(0, length), random).toString('hex').padEnd(size, '0').slice(0, size);
  return Buffer.from(text.slice(0, open) + changed + text.slice(open + size), 'latin1');
}

/** report.json is changed, and the PDF and the list follow it: what a signer with a defective program would sign. */
function mutateRefitted({ files, identity }: MutationSource, random: Random): Mutant {
  const mutant = new Map(files);
  const report = JSON.parse((files.get('report.json') as Buffer).toString('utf8'));
  mutant.set('report.json', Buffer.from(canonicalize(mutateJson(report, random))));
  putPdf(mutant, identity, random.chance(0.5));
  seal(mutant, identity);
  return { what: 'refitted report.json', zip: zipOf(mutant), mayBeIntact: null };
}

/** What of a file is signed otherwise than by the report key alone: if it changes, no seal may help. */
function covered(path: string, bytes: Buffer): string {
  const text = bytes.toString('latin1');
  if (path === 'VERIFY.md' || path === 'verify.py') return '';
  // A CMS signature does not cover the certificates and numbers around it, nor a note the lines of unknown keys.
  if (path.endsWith('.p7s')) return '';
  if (path.endsWith('checkpoint')) return text.slice(0, text.lastIndexOf('\n\n'));
  if (path === 'report.pdf') {
    const open = text.lastIndexOf('/Contents <');
    return open === -1 ? text : text.slice(0, open) + text.slice(text.indexOf('>', open));
  }
  return text;
}

function isSame(one: BundleFiles, other: BundleFiles): boolean {
  return one.size === other.size && [...one].every(([path, bytes]) => other.get(path)?.equals(bytes));
}
