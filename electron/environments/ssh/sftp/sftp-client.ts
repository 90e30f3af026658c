import type { Readable, Writable } from 'node:stream';
import type { RekeyError } from '#shared/model/errors.ts';
import {
  type Attributes,
  attributes,
  MalformedPacket,
  openFlag,
  PacketReader,
  packet,
  packetType,
  statusCode,
  string,
  uint32,
  uint64,
} from './packets.ts';

/** The server's own answer that something was not done. What it says in words is not trusted, and not kept. */
export class SftpRefusal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`SFTP status ${code}`);
    this.name = 'SftpRefusal';
    this.code = code;
  }
}

export interface SftpStreams {
  /** What the server sends. */
  input: Readable;
  /** What the server gets. */
  output: Writable;
}

export interface SftpClientOptions {
  /** How long one answer may take, milliseconds. */
  patience: number;
  /** The error for a connection that ended, or a server that does not keep to the protocol. */
  lost: (why: string) => RekeyError;
}

/** A packet larger than this is none (servers send at most 256 KiB). */
const largestPacket = 512 * 1024;
/** Bytes asked for in one read, and sent in one write: every server takes so many. */
const chunk = 32 * 1024;
/** A folder with more names is not listed to its end. */
const mostNames = 100_000;

interface Waiting {
  expected: number;
  resolve: (reader: PacketReader) => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
}

/**
 * SFTP version 3 (draft-ietf-secsh-filexfer-02) over any pair of streams, with OpenSSH's posix-rename, fsync and
 * hardlink where the server has them (PROTOCOL of OpenSSH, section 4). The server is not trusted: what is malformed,
 * out of turn, too large, endless or too late ends the connection, and every request that waits fails.
 */
export class SftpClient {
  readonly #streams: SftpStreams;
  readonly #options: SftpClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #extensions = new Map<string, string>();
  #received: Buffer[] = [];
  #length = 0;
  #nextId = 1;
  #ended: RekeyError | null = null;
  #greeting: { resolve: () => void; reject: (error: unknown) => void; timer: NodeJS.Timeout } | null = null;

  private constructor(streams: SftpStreams, options: SftpClientOptions) {
    this.#streams = streams;
    this.#options = options;
    streams.input.on('data', (bytes: Buffer) => this.#receive(bytes));
    streams.input.on('end', () => this.#end('it was closed'));
    streams.input.on('error', () => this.#end('it broke'));
    streams.output.on('error', () => this.#end('it broke'));
  }

  /** Section 4, "Protocol Initialization". Resolves when the server has greeted. */
  static async open(streams: SftpStreams, options: SftpClientOptions): Promise<SftpClient> {
    const client = new SftpClient(streams, options);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => client.#end('it did not answer in time'), options.patience);
      client.#greeting = { resolve, reject, timer };
      // One that ended before says so to nobody who listens later.
      if (streams.input.readableEnded || streams.input.destroyed) client.#end('it was closed');
      else streams.output.write(packet(packetType.init, uint32(3)));
    });
    return client;
  }

  /** Whether an answer is waited for. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get closed(): boolean {
    return this.#ended !== null;
  }

  has(extension: 'posix-rename' | 'fsync' | 'hardlink' | 'statvfs'): boolean {
    return this.#extensions.has(`${extension}@openssh.com`);
  }

  /** Lets go; whatever still waits fails. */
  close(): void {
    this.#end('it was given back');
  }

  async realPath(path: string): Promise<string> {
    const reader = await this.#request(packetType.realpath, packetType.name, string(path));
    return this.#read(() => {
      if (reader.number() !== 1) throw new MalformedPacket('realpath gives one name');
      return reader.text();
    });
  }

  /** Follows links. */
  async stat(path: string): Promise<Attributes> {
    const reader = await this.#request(packetType.stat, packetType.attrs, string(path));
    return this.#read(() => reader.attributes());
  }

  openToRead(path: string): Promise<Buffer> {
    return this.#open(path, openFlag.read);
  }

  /** Without creating or cutting: finds out whether the file may be written. */
  openToWrite(path: string): Promise<Buffer> {
    return this.#open(path, openFlag.write);
  }

  openNew(path: string, mode: number): Promise<Buffer> {
    return this.#open(path, openFlag.write | openFlag.create | openFlag.exclusive, mode);
  }

  async fstat(handle: Buffer): Promise<Attributes> {
    const reader = await this.#request(packetType.fstat, packetType.attrs, string(handle));
    return this.#read(() => reader.attributes());
  }

  async setAttributes(handle: Buffer, given: { owner?: Attributes['owner']; mode?: number }): Promise<void> {
    await this.#request(packetType.fsetstat, packetType.status, string(handle), attributes(given));
  }

  /**
   * A file and what the server says of it; at most `largest` + 1 bytes, so that the caller can tell what is too large.
   * A small file takes one trip.
   */
  async readFile(handle: Buffer, largest: number): Promise<{ stats: Attributes; bytes: Buffer }> {
    const wantedFrom = (length: number) => Math.min(chunk, largest + 1 - length);
    const [stats, first] = await Promise.all([this.fstat(handle), this.#readAt(handle, 0, wantedFrom(0))]);
    const parts: Buffer[] = [];
    let length = 0;
    for (let part = first; part !== null; part = await this.#readAt(handle, length, wantedFrom(length))) {
      if (part.length === 0 || part.length > wantedFrom(length)) {
        throw this.#violated('a read gives what was asked for');
      }
      parts.push(part);
      length += part.length;
      if (length > largest || length === stats.size) break;
    }
    return { stats, bytes: Buffer.concat(parts) };
  }

  /** A request for each 32 KiB, each sent when the one before was answered: a slow link has time for every one. */
  async write(handle: Buffer, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunk) {
      const part = bytes.subarray(at, at + chunk);
      await this.#request(packetType.write, packetType.status, string(handle), uint64(at), string(part));
    }
  }

  /** Closes a handle on whose closing nothing depends: no answer is waited for. */
  letGo(handle: Buffer): void {
    if (!this.closed) this.#request(packetType.close, packetType.status, string(handle)).catch(() => {});
  }

  async remove(path: string): Promise<void> {
    await this.#request(packetType.remove, packetType.status, string(path));
  }

  /** Names without `.` and `..`. A name that is no name (it holds a slash or NUL) ends the connection. */
  async names(folder: string): Promise<string[]> {
    const reader = await this.#request(packetType.opendir, packetType.handle, string(folder));
    const handle = this.#read(() => Buffer.from(reader.bytes()));
    const names: string[] = [];
    try {
      for (;;) {
        // Most folders fit into one page: the next one, which says so, is asked for at once.
        const pages = await Promise.all([this.#readFolder(handle), this.#readFolder(handle)]);
        for (const page of pages) names.push(...(page ?? []).filter((name) => name !== '.' && name !== '..'));
        if (pages.includes(null)) return names;
        if (names.length > mostNames) throw this.#violated('a folder ends');
      }
    } finally {
      this.letGo(handle);
    }
  }

  /** Replaces `to` in one step. */
  async rename(from: string, to: string): Promise<void> {
    await this.#extended('posix-rename@openssh.com', string(from), string(to));
  }

  async link(from: string, to: string): Promise<void> {
    await this.#extended('hardlink@openssh.com', string(from), string(to));
  }

  async sync(handle: Buffer): Promise<void> {
    await this.#extended('fsync@openssh.com', string(handle));
  }

  /** The file system that holds a path, as statvfs(3) tells it (PROTOCOL of OpenSSH, section 4.4). */
  async fileSystem(path: string): Promise<{ freeBlocks: number; readOnly: boolean }> {
    const reader = await this.#request(
      packetType.extended,
      packetType.extendedReply,
      string('statvfs@openssh.com'),
      string(path),
    );
    return this.#read(() => {
      const [, , , , freeBlocks = 0, , , , , flags = 0] = Array.from({ length: 11 }, () =>
        reader.largeNumber(),
      );
      return { freeBlocks, readOnly: flags % 2 === 1 };
    });
  }

  async #open(path: string, flags: number, mode?: number): Promise<Buffer> {
    const given = attributes(mode === undefined ? {} : { mode });
    const reader = await this.#request(
      packetType.open,
      packetType.handle,
      string(path),
      uint32(flags),
      given,
    );
    return this.#read(() => Buffer.from(reader.bytes()));
  }

  async #readAt(handle: Buffer, offset: number, length: number): Promise<Buffer | null> {
    return this.#unlessEnd(async () => {
      const parts = [string(handle), uint64(offset), uint32(length)];
      return Buffer.from((await this.#request(packetType.read, packetType.data, ...parts)).bytes());
    });
  }

  async #readFolder(handle: Buffer): Promise<string[] | null> {
    return this.#unlessEnd(async () => {
      const reader = await this.#request(packetType.readdir, packetType.name, string(handle));
      const count = reader.number();
      if (count === 0) throw this.#violated('a page of a folder is not empty');
      return Array.from({ length: Math.min(count, reader.left) }, () => {
        const name = reader.text();
        reader.text();
        reader.attributes();
        if (name === '' || /[/\0]/.test(name)) throw this.#violated('a name in a folder is a name');
        return name;
      });
    });
  }

  async #unlessEnd<T>(action: () => Promise<T>): Promise<T | null> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof SftpRefusal && error.code === statusCode.eof) return null;
      throw error instanceof MalformedPacket ? this.#violated(error.message) : error;
    }
  }

  async #extended(name: string, ...parts: Buffer[]): Promise<void> {
    await this.#request(packetType.extended, packetType.status, string(name), ...parts);
  }

  async #request(type: number, expected: number, ...parts: Buffer[]): Promise<PacketReader> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId;
    this.#nextId = (id % 0x7fffffff) + 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end('it did not answer in time'), this.#options.patience);
      this.#waiting.set(id, { expected, resolve, reject, timer });
      this.#send(packet(type, uint32(id), ...parts));
    });
  }

  /** What is asked for in one go leaves in one write: each wakes three processes on the way. */
  #send(bytes: Buffer): void {
    const { output } = this.#streams;
    if (output.writableCorked === 0) {
      output.cork();
      process.nextTick(() => output.uncork());
    }
    output.write(bytes);
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return;
    this.#received.push(bytes);
    this.#length += bytes.length;
    try {
      while (this.#length >= 5) {
        const all =
          this.#received.length === 1 ? (this.#received[0] as Buffer) : Buffer.concat(this.#received);
        const size = all.readUInt32BE();
        if (size < 1 || size > largestPacket) throw new MalformedPacket(`a packet of ${size} bytes`);
        this.#received = [all];
        if (all.length < 4 + size) return;
        this.#received = [all.subarray(4 + size)];
        this.#length = all.length - 4 - size;
        this.#dispatch(new PacketReader(all.subarray(4, 4 + size)));
      }
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.#end(`it does not keep to the protocol (${error.message})`);
    }
  }

  #dispatch(reader: PacketReader): void {
    const type = reader.byte();
    if (this.#greeting) {
      if (type !== packetType.version) throw new MalformedPacket('it does not greet');
      const version = reader.number();
      if (version < 3) throw new MalformedPacket(`version ${version}`);
      while (reader.left > 0) this.#extensions.set(reader.text(), reader.text());
      clearTimeout(this.#greeting.timer);
      const { resolve } = this.#greeting;
      this.#greeting = null;
      resolve();
      return;
    }
    const id = reader.number();
    const waiting = this.#waiting.get(id);
    if (!waiting) throw new MalformedPacket('an answer that nobody asked for');
    if (type === packetType.status) {
      const code = reader.number();
      if (code !== statusCode.ok || waiting.expected === packetType.status) {
        this.#settle(id, waiting);
        if (code === statusCode.ok) waiting.resolve(reader);
        else waiting.reject(new SftpRefusal(code));
        return;
      }
    }
    if (type !== waiting.expected) throw new MalformedPacket(`type ${type} where ${waiting.expected} is due`);
    this.#settle(id, waiting);
    waiting.resolve(reader);
  }

  #settle(id: number, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(id);
  }

  /** Takes an answer apart; one that is not what the format says ends the connection. */
  #read<T>(parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      throw error instanceof MalformedPacket ? this.#violated(error.message) : error;
    }
  }

  #violated(rule: string): RekeyError {
    this.#end(`it does not keep to the protocol (${rule})`);
    return this.#ended as RekeyError;
  }

  #end(why: string): void {
    if (this.#ended) return;
    const error = this.#options.lost(why);
    this.#ended = error;
    this.#received = [];
    this.#streams.output.end();
    this.#streams.input.destroy();
    if (this.#greeting) {
      clearTimeout(this.#greeting.timer);
      this.#greeting.reject(error);
      this.#greeting = null;
    }
    for (const [id, waiting] of this.#waiting) {
      this.#settle(id, waiting);
      waiting.reject(error);
    }
  }
}
