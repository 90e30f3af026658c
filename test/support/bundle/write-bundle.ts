import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { BundleFiles } from './make-bundle.ts';

export function writeFolder(files: BundleFiles, folder: string): string {
  for (const [path, bytes] of files) {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
  }
  return folder;
}

/** One entry of a zip; tests make ones that no honest program writes. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
  readonly flags?: number;
  readonly method?: number;
  /** Unix mode; 0 for none. */
  readonly mode?: number;
  readonly size?: number;
}

export function zipOf(files: BundleFiles, top = 'report-2026-10-26'): Buffer {
  return zip([...files].map(([path, content]) => ({ name: `${top}/${path}`, content })));
}

/** A stored zip (PKWARE's APPNOTE): entries, central directory, end record. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, flags = 0, method = 0, mode = 0o100644, size = content.length } of entries) {
    const encoded = Buffer.from(name, 'latin1');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(0x5b625000, 6);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(encoded.length, 22);
    const header = Buffer.concat([Buffer.from('PK\x03\x04'), common, encoded]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    local.push(header, content);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, encoded);
    offset += header.length + content.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}
