import { closeSync, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeAll } from '#electron/storage/write-all.ts';

const chunkLength = 1024 * 1024;
const versionNeeded = 20;
/** Upper byte 3: made on Unix, so that the attributes hold a mode. */
const versionMadeBy = (3 << 8) | versionNeeded;
const regularFileReadable = 0o100644;
/** 1980-01-01, the earliest that zip knows: the time of a report stands in the report. */
const dosDate = 0x0021;

interface Entry {
  name: Buffer;
  crc: number;
  size: number;
  offset: number;
}

/**
 * Writes files as a stored zip: entries one after the other with sizes and checksums in front of their content (no data
 * descriptors), then the directory; nothing else, so that there is one reading of it (docs/report-format.md). The same
 * files give the same bytes. Durable when it returns. `paths`: with `/`, relative to `root`; in the zip below `folder`.
 * Throws the system's error; what was written stays, and the caller removes it.
 */
export function writeStoredZip(zip: string, root: string, folder: string, paths: readonly string[]): void {
  const file = openSync(zip, 'wx', 0o600);
  try {
    const entries: Entry[] = [];
    let offset = 0;
    for (const path of paths) {
      const entry = { name: Buffer.from(`${folder}/${path}`, 'latin1'), crc: 0, size: 0, offset };
      const start = offset + localHeader(entry).length;
      const { crc, size } = copyInto(file, start, join(root, path));
      const written = { ...entry, crc, size };
      writeAll(file, localHeader(written), offset);
      entries.push(written);
      offset = start + size;
    }
    const directory = Buffer.concat(entries.map(directoryRecord));
    writeAll(file, Buffer.concat([directory, endRecord(entries.length, directory.length, offset)]), offset);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Copies a file to a position, and tells its length and checksum, which stand in front of it. */
function copyInto(file: number, position: number, path: string): { crc: number; size: number } {
  const source = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(chunkLength, Math.max(1, fstatSync(source).size)));
    let crc = 0;
    let size = 0;
    for (;;) {
      const read = readSync(source, buffer, 0, buffer.length, size);
      if (read === 0) return { crc, size };
      const piece = buffer.subarray(0, read);
      crc = crc32(piece, crc);
      writeAll(file, piece, position + size);
      size += read;
    }
  } finally {
    closeSync(source);
  }
}

/** What the header before an entry and its record in the directory both say, from "version needed" on. */
function common({ name, crc, size }: Entry): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(versionNeeded, 0);
  bytes.writeUInt16LE(dosDate, 8);
  bytes.writeUInt32LE(crc, 10);
  bytes.writeUInt32LE(size, 14);
  bytes.writeUInt32LE(size, 18);
  bytes.writeUInt16LE(name.length, 22);
  return bytes;
}

function localHeader(entry: Entry): Buffer {
  const signature = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
  return Buffer.concat([signature, common(entry), entry.name]);
}

function directoryRecord(entry: Entry): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(versionMadeBy, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(regularFileReadable * 0x10000, 6);
  tail.writeUInt32LE(entry.offset, 10);
  return Buffer.concat([head, common(entry), tail, entry.name]);
}

function endRecord(count: number, length: number, offset: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06054b50, 0);
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(length, 12);
  bytes.writeUInt32LE(offset, 16);
  return bytes;
}
