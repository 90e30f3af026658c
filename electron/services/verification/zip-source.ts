import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { bundleLimits, isSafePath } from './bundle-rules.ts';
import type { BundleSource } from './bundle-source.ts';
import { printable } from './outcome.ts';
import { chunkLength, SourceChanged } from './source-changed.ts';

const endLength = 22;
const centralLength = 46;
const localLength = 30;
const signatures = { end: 0x06054b50, central: 0x02014b50, local: 0x04034b50 };
/** General purpose bit 11: the name is UTF-8. The only one that may be set. */
const utf8Flag = 0x0800;
const unix = 3;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const dosDirectory = 0x10;

interface Entry {
  readonly start: number;
  readonly size: number;
  readonly crc: number;
}

/** Why a zip is none that Rekey writes. */
class NoBundleZip extends Error {}

/**
 * A bundle as a stored zip, read where it lies. Only the one form that a report is written in is accepted: entries one
 * after the other from the first byte, the central directory right behind them and saying the same, and its end record
 * as the last bytes. So there are no two readings, nothing hidden between entries, and nothing that expands.
 */
export class ZipSource implements BundleSource {
  readonly #file: number;
  readonly #entries = new Map<string, Entry>();
  readonly problems: string[] = [];
  readonly paths: readonly string[];
  readonly readable: boolean;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    try {
      this.#readDirectory();
    } catch (error) {
      if (!(error instanceof NoBundleZip)) {
        closeSync(this.#file);
        throw error;
      }
      this.problems.push(`the zip is not one that Rekey writes: ${error.message}`);
    }
    this.readable = this.problems.length === 0;
    this.paths = this.readable ? [...this.#entries.keys()].sort() : [];
  }

  size(path: string): number {
    return this.#entries.get(path)?.size ?? 0;
  }

  *chunks(path: string): Generator<Uint8Array> {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    const buffer = Buffer.allocUnsafe(Math.min(entry.size, chunkLength));
    let crc = 0;
    for (let at = 0; at < entry.size; ) {
      const length = Math.min(buffer.length, entry.size - at);
      const read = readSync(this.#file, buffer, 0, length, entry.start + at);
      if (read === 0) throw new SourceChanged(path, 'changed while it was read');
      at += read;
      const piece = buffer.subarray(0, read);
      crc = crc32(piece, crc);
      yield piece;
    }
    if (crc !== entry.crc) throw new SourceChanged(path, 'does not have the checksum that the zip gives');
  }

  close(): void {
    closeSync(this.#file);
  }

  #readDirectory(): void {
    const length = fstatSync(this.#file).size;
    demand(length >= endLength, 'it is too short');
    demand(length <= bundleLimits.totalBytes + bundleLimits.files * 1024, 'it is larger than 1 GiB');
    const end = this.#read(length - endLength, endLength);
    demand(end.readUInt32LE(0) === signatures.end, 'it does not end with its end record');
    demand(end.readUInt16LE(4) === 0 && end.readUInt16LE(6) === 0, 'it has several parts');
    const count = end.readUInt16LE(10);
    demand(end.readUInt16LE(8) === count && count <= bundleLimits.files, 'it has more than 2,000 files');
    const directoryLength = end.readUInt32LE(12);
    const directoryStart = end.readUInt32LE(16);
    demand(directoryStart + directoryLength === length - endLength, 'its directory lies elsewhere');
    demand(directoryLength <= bundleLimits.files * 1024, 'its directory is too long');
    demand(end.readUInt16LE(20) === 0, 'it has a comment');

    const directory = this.#read(directoryStart, directoryLength);
    let at = 0;
    let next = 0;
    let top: string | null = null;
    for (let index = 0; index < count; index += 1) {
      demand(at + centralLength <= directory.length, 'its directory ends too early');
      const nameLength = directory.readUInt16LE(at + 28);
      demand(at + centralLength + nameLength <= directory.length, 'its directory ends too early');
      const record = directory.subarray(at, at + centralLength + nameLength);
      at += record.length;
      const name = checkedName(record);
      const slash = name.indexOf('/');
      top ??= name.slice(0, slash);
      demand(slash > 0 && name.slice(0, slash) === top, 'its files do not lie in one folder');
      const path = name.slice(slash + 1);
      demand(!this.#entries.has(path), `it holds ${path} twice`);
      const size = record.readUInt32LE(24);
      demand(record.readUInt32LE(42) === next, 'its entries do not follow each other');
      demand(next + localLength + nameLength + size <= directoryStart, 'an entry is longer than the zip');
      this.#compareLocal(next, record, nameLength);
      next += localLength + nameLength;
      this.#entries.set(path, { start: next, size, crc: record.readUInt32LE(16) });
      next += size;
    }
    demand(at === directory.length && next === directoryStart, 'there is something between its entries');
  }

  /** The header in front of the content must say what the directory says. */
  #compareLocal(start: number, central: Buffer, nameLength: number): void {
    const local = this.#read(start, localLength + nameLength);
    demand(local.readUInt32LE(0) === signatures.local, 'an entry has no header');
    demand(local.readUInt16LE(28) === 0, 'an entry has extra fields');
    const same =
      local.subarray(4, 28).equals(central.subarray(6, 30)) &&
      local.subarray(localLength).equals(central.subarray(centralLength));
    demand(same, 'an entry and the directory say different things');
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file, bytes, done, length - done, position + done);
      demand(read > 0, 'it ends too early');
      done += read;
    }
    return bytes;
  }
}

/** Checks one record of the central directory, and returns its name. */
function checkedName(record: Buffer): string {
  demand(record.readUInt32LE(0) === signatures.central, 'its directory is damaged');
  demand(record.readUInt16LE(6) <= 20, 'it needs a newer reader');
  demand((record.readUInt16LE(8) & ~utf8Flag) === 0, 'an entry is encrypted or has a data descriptor');
  demand(record.readUInt16LE(10) === 0, 'an entry is compressed');
  demand(record.readUInt32LE(20) === record.readUInt32LE(24), 'an entry has two sizes');
  demand(record.readUInt32LE(24) <= bundleLimits.fileBytes, 'an entry is larger than 512 MiB');
  demand(record.readUInt16LE(30) === 0 && record.readUInt16LE(32) === 0, 'an entry has extra fields');
  demand(record.readUInt16LE(34) === 0, 'it has several parts');
  const attributes = record.readUInt32LE(38);
  const mode = record[5] === unix ? attributes >>> 16 : 0;
  const regular = (mode & fileTypeMask) === regularFile || mode === 0;
  demand(regular && (attributes & dosDirectory) === 0, 'an entry is a link, a folder or a device');
  const name = record.toString('latin1', centralLength);
  const path = name.slice(name.indexOf('/') + 1);
  demand(
    isSafePath(path) && isSafePath(name.slice(0, -path.length - 1)),
    `the name ${printable(name)} is not allowed`,
  );
  return name;
}

/** Not called `require`: the build puts a `require` of its own into the module. */
function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new NoBundleZip(reason);
}
