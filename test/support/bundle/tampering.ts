import { canonicalize } from 'json-canonicalize';
import { type Identity, mixed } from './identity.ts';
import {
  type BundleFiles,
  type makeBundle,
  putKeys,
  putPdf,
  type SampleBundle,
  seal,
  sumsOf,
} from './make-bundle.ts';
import { eventsFile, logOf, logPart } from './sample-log.ts';
import { sshSignature } from './signatures.ts';

/** Everything that tampering needs: a bundle, another report by the same signer, and other people's keys. */
export interface TamperWorld {
  readonly bundle: SampleBundle;
  readonly other: SampleBundle;
  readonly foreign: Identity;
  /** Same keys, but the certificate had ended before the report. */
  readonly expired: Identity;
  /** Options by which `bundle` was made, to make variants of it. */
  readonly make: (identity: Identity, change?: Parameters<typeof makeBundle>[1]) => SampleBundle;
}

/** A bundle, and another report by the same signer. */
export interface DamageWorld {
  readonly bundle: { readonly files: BundleFiles };
  readonly other: { readonly files: BundleFiles };
}

const clockInThePast = '2019-06-01T09:00:00.000Z';

export interface Tampering {
  readonly what: string;
  /** The time that the report claims, where it is another one. */
  readonly at?: string;
  readonly files: BundleFiles;
}

/** A file × every way to damage it without making anything anew. */
export function damageEach(world: DamageWorld): (Tampering & { path: string; how: string })[] {
  return [...world.bundle.files.keys()].sort().flatMap((path) =>
    Object.entries(damages).map(([how, damage]) => {
      const files = new Map(world.bundle.files);
      damage(files, path, world);
      return { path, how, what: `${path}: ${how}`, files };
    }),
  );
}

const damages: Record<string, (files: BundleFiles, path: string, world: DamageWorld) => void> = {
  'one bit flipped': (files, path) => {
    const bytes = Buffer.from(files.get(path) as Buffer);
    // Keys and signatures are others each time: what is flipped must not depend on them. The middle of a PDF may be
    // its signature, and a letter in Base64 may become something that is none.
    const end = path.endsWith('.pdf') ? bytes.indexOf('/ByteRange') : bytes.length;
    const isLetter = (byte: number | undefined) => /[0-9A-Za-z]/.test(String.fromCharCode(byte ?? 0));
    let middle = Math.floor(end / 2);
    while (!isLetter(bytes[middle]) || !isLetter((bytes[middle] as number) ^ 1)) middle += 1;
    bytes[middle] = (bytes[middle] as number) ^ 1;
    files.set(path, bytes);
  },
  truncated: (files, path) => files.set(path, (files.get(path) as Buffer).subarray(0, -1)),
  emptied: (files, path) => files.set(path, Buffer.alloc(0)),
  removed: (files, path) => files.delete(path),
  "replaced by another report's": (files, path, world) => {
    // A file that every report has alike is replaced by another one of the bundle's.
    const theirs = world.other.files.get(path);
    const same = theirs === undefined || theirs.equals(files.get(path) as Buffer);
    files.set(path, same ? (files.get('report.json') as Buffer) : theirs);
  },
  renamed: (files, path) => {
    files.set(`${path}.old`, files.get(path) as Buffer);
    files.delete(path);
  },
};

/** What somebody would do who knows the format. */
export function forgeries(world: TamperWorld): Tampering[] {
  const { bundle, foreign } = world;
  const copy = () => new Map(bundle.files);
  const withoutEvent = (index: number, sums: boolean) => {
    const files = copy();
    const lines = (files.get('log/events.jsonl') as Buffer).toString('utf8').trimEnd().split('\n');
    lines.splice(index, 1);
    files.set('log/events.jsonl', Buffer.from(lines.map((line) => `${line}\n`).join('')));
    if (sums) files.set('SHA256SUMS', sumsOf(files));
    return files;
  };
  return [
    { what: 'last event dropped', files: withoutEvent(-1, false) },
    { what: 'last event dropped, SHA256SUMS made anew', files: withoutEvent(-1, true) },
    {
      what: 'last event dropped, sealed anew by the report key',
      files: sealedBy(bundle.identity, withoutEvent(-1, false)),
    },
    { what: 'event in the middle dropped', files: withoutEvent(5, false) },
    { what: 'events reordered', files: changed(copy(), 'log/events.jsonl', reordered) },
    { what: 'event edited, all hashes made anew, not signed', files: editedEvent(world) },
    {
      what: 'event edited, all hashes made anew, sealed anew by the report key',
      files: sealedBy(bundle.identity, editedEvent(world)),
    },
    {
      what: 'PDF appended to',
      files: changed(copy(), 'report.pdf', (pdf) => Buffer.concat([pdf, Buffer.from('% more\n')])),
    },
    {
      what: 'PDF appended to, sealed anew by the report key',
      files: sealedBy(
        bundle.identity,
        changed(copy(), 'report.pdf', (pdf) => Buffer.concat([pdf, Buffer.from('% more\n')])),
      ),
    },
    {
      what: 'SHA256SUMS signed by another key',
      files: changed(copy(), 'SHA256SUMS.sig', () =>
        sshSignature(foreign.report, 'key-rotation-report', bundle.files.get('SHA256SUMS') as Buffer),
      ),
    },
    {
      what: 'SHA256SUMS signed for another purpose',
      files: changed(copy(), 'SHA256SUMS.sig', () =>
        sshSignature(bundle.identity.report, 'file', bundle.files.get('SHA256SUMS') as Buffer),
      ),
    },
    {
      what: 'report.pub swapped',
      files: changed(copy(), 'keys/report.pub', () => keysOf(world).get('keys/report.pub') as Buffer),
    },
    {
      what: 'all Ed25519 keys and signatures replaced, certificate and PDF kept',
      files: ed25519Replaced(world),
    },
    { what: 'PDF signed by another certificate', files: sealedBy(bundle.identity, foreignPdf(world)) },
    {
      what: 'report.json edited, sealed anew by the report key',
      files: sealedBy(bundle.identity, editedReport(copy())),
    },
    { what: 'certificate had expired when the report was made', files: world.make(world.expired).files },
    {
      what: 'clock in the past (before the certificate began)',
      at: clockInThePast,
      files: world.make(bundle.identity, { at: clockInThePast }).files,
    },
    { what: 'everything made and signed anew by another installation', files: world.make(foreign).files },
  ];
}

function changed(files: BundleFiles, path: string, change: (bytes: Buffer) => Buffer): BundleFiles {
  return files.set(path, change(files.get(path) as Buffer));
}

function sealedBy(identity: Identity, files: BundleFiles): BundleFiles {
  seal(files, identity);
  return files;
}

function reordered(events: Buffer): Buffer {
  const lines = events.toString('utf8').trimEnd().split('\n');
  [lines[3], lines[4]] = [lines[4] as string, lines[3] as string];
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

/** Leaf, hashes, proofs and SHA256SUMS follow the edited event; nothing that is signed can. */
function editedEvent({ bundle }: TamperWorld): BundleFiles {
  const files: BundleFiles = new Map(bundle.files);
  const lines = bundle.log.lines.map((line, index) =>
    index === 10 ? line.replace('carla@', 'mallory@') : line,
  );
  const log = logOf(lines, bundle.log.ranges, bundle.log.gaps);
  files.set('log/events.jsonl', eventsFile(log));
  files.set('log/proof.json', Buffer.from(canonicalize(logPart(log))));
  files.set('SHA256SUMS', sumsOf(files));
  return files;
}

function keysOf({ bundle, foreign }: TamperWorld): BundleFiles {
  const files: BundleFiles = new Map();
  putKeys(files, foreign, bundle.log.origin);
  return files;
}

/** A forger without the certificate's key: own Ed25519 keys everywhere, and the old PDF, certificate and binding. */
function ed25519Replaced(world: TamperWorld): BundleFiles {
  const forged = world.make(mixed(world.foreign, world.bundle.identity));
  for (const path of ['report.pdf', 'keys/binding.json', 'keys/binding.p7s']) {
    forged.files.set(path, world.bundle.files.get(path) as Buffer);
  }
  seal(forged.files, world.foreign);
  return forged.files;
}

function foreignPdf({ bundle, foreign }: TamperWorld): BundleFiles {
  const files: BundleFiles = new Map(bundle.files);
  putPdf(files, foreign);
  return files;
}

function editedReport(files: BundleFiles): BundleFiles {
  return changed(files, 'report.json', (json) =>
    Buffer.from(json.toString('utf8').replace('carla@', 'wanda@')),
  );
}
