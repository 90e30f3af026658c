// Loaded with `node --import`: counts every durable effect of the process (writes, syncs, renames, removals, links,
// folders, permissions, keychain calls, commands) in whatever form it is called, and kills the process with SIGKILL
// at the one it was told. The product's code knows nothing of it.
//
//   KILL_AT     number of the effect, from 1; 0 or absent: none
//   KILL_SIGNAL SIGKILL (default), or SIGTERM: the process is asked to end, and goes on until it does
//   KILL_WHEN   before | after | half (half of the bytes of a write, then the kill; for other effects like before)
//   TRACE_FILE  where one line of JSON goes for each effect
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Threads count for themselves, and none is the process.
const killAt = isMainThread ? Number(process.env.KILL_AT ?? 0) : 0;
const killSignal = process.env.KILL_SIGNAL ?? 'SIGKILL';
const killWhen = process.env.KILL_WHEN ?? 'before';
const own = { openSync: fs.openSync, writeSync: fs.writeSync, fstatSync: fs.fstatSync };
const trace = isMainThread && process.env.TRACE_FILE ? own.openSync(process.env.TRACE_FILE, 'w') : null;
/** Path by descriptor, for the trace. */
const paths = new Map();
let count = 0;
/** Calls of fs nest (writeFileSync calls openSync and writeSync): only the outermost counts. */
let depth = 0;

function die() {
  process.kill(process.pid, killSignal);
  if (killSignal === 'SIGKILL') for (;;);
}

function note(kind, detail) {
  count += 1;
  if (trace !== null) own.writeSync(trace, `${JSON.stringify({ n: count, kind, ...detail })}\n`);
  return count;
}

function synchronous(kind, call, detail, half) {
  if (depth > 0) return call();
  const n = note(kind, detail);
  if (n === killAt && killWhen === 'half' && half) half();
  if (n === killAt && killWhen !== 'after') die();
  depth += 1;
  try {
    return call();
  } finally {
    depth -= 1;
    if (n === killAt) die();
  }
}

/** Effects must come one after the other for their numbers to mean the same in each run. */
async function asynchronous(kind, call, detail, half) {
  const n = note(kind, detail);
  if (n === killAt && killWhen === 'half' && half) half();
  if (n === killAt && killWhen !== 'after') die();
  try {
    return await call();
  } finally {
    if (n === killAt) die();
  }
}

function isTerminal(target) {
  return target === 1 || target === 2 || (trace !== null && target === trace);
}

function place(target) {
  return typeof target === 'number' ? (paths.get(target) ?? `fd ${target}`) : String(target);
}

/** What is appended to the log, so that a trace shows what was announced before what. */
function excerpt(path, data) {
  if (!path.endsWith('events.jsonl')) return {};
  const text =
    typeof data === 'string'
      ? data
      : Buffer.from(data.buffer ?? data, data.byteOffset, data.byteLength).toString('utf8');
  return { actions: [...text.matchAll(/"action":"([^"]+)"/g)].map((match) => match[1]) };
}

const changing = [
  'fsync',
  'fdatasync',
  'rename',
  'unlink',
  'rm',
  'rmdir',
  'link',
  'symlink',
  'mkdir',
  'truncate',
  'ftruncate',
  'chmod',
  'fchmod',
  'chown',
  'fchown',
  'copyFile',
  'cp',
];
const writing = ['write', 'writev', 'writeFile', 'appendFile'];

function halfOf(target, data, offset = 0, length = undefined, position = null) {
  return () => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (!ArrayBuffer.isView(bytes)) return;
    const fd = typeof target === 'number' ? target : own.openSync(target, 'w');
    // Where the whole would have gone: a write may name its part of the data and its place in the file.
    const part = typeof target === 'number' && typeof offset === 'number';
    const from = part ? offset : 0;
    const whole = part ? (length ?? bytes.byteLength - from) : bytes.byteLength;
    own.writeSync(fd, bytes, from, Math.floor(whole / 2), part ? position : null);
  };
}

function detailOf(name, args) {
  const path = place(args[0]);
  if (writing.includes(name)) return { path, ...excerpt(path, args[1] ?? '') };
  return name === 'rename' || name === 'link' || name === 'copyFile'
    ? { path, to: String(args[1]) }
    : { path };
}

for (const name of [...changing, ...writing]) {
  const original = fs[`${name}Sync`];
  fs[`${name}Sync`] = (...args) => {
    if (isTerminal(args[0])) return original(...args);
    const half = writing.includes(name) ? halfOf(...args) : undefined;
    return synchronous(name, () => original(...args), detailOf(name, args), half);
  };
  const withCallback = fs[name];
  fs[name] = (...args) => {
    const done = args.at(-1);
    if (isTerminal(args[0]) || typeof done !== 'function') return withCallback(...args);
    asynchronous(
      name,
      () => new Promise((resolve) => withCallback(...args.slice(0, -1), (...results) => resolve(results))),
      detailOf(name, args),
    ).then((results) => done(...results));
  };
  const promised = fs.promises[name];
  if (promised) {
    fs.promises[name] = (...args) => asynchronous(name, () => promised(...args), detailOf(name, args));
  }
}

/** Opening creates a file (an effect) when the flags say so; it also tells which path a descriptor stands for. */
const creates = (flags) =>
  typeof flags === 'number' ? (flags & fs.constants.O_CREAT) !== 0 : /[wax]/.test(String(flags ?? 'r'));
fs.openSync = (path, flags, mode) => {
  const open = () => own.openSync(path, flags, mode);
  const fd = creates(flags) ? synchronous('create', open, { path: String(path) }) : open();
  paths.set(fd, String(path));
  return fd;
};
const { open: openPromised } = fs.promises;
const handlePrototype = Object.getPrototypeOf(
  await openPromised(process.execPath, 'r').then(async (handle) => {
    await handle.close();
    return handle;
  }),
);
for (const name of [
  'write',
  'writev',
  'writeFile',
  'appendFile',
  'datasync',
  'sync',
  'truncate',
  'chmod',
  'chown',
]) {
  const original = handlePrototype[name];
  if (!original) continue;
  handlePrototype[name] = function patched(...args) {
    return asynchronous(name, () => original.apply(this, args), { path: `handle ${this.fd}` });
  };
}

/** A command: before and after its start, and before its end is noticed. */
const { spawn } = childProcess;
childProcess.spawn = (file, ...rest) => {
  const line = [file, ...(Array.isArray(rest[0]) ? rest[0] : [])]
    .map((part) => part.split('/').at(-1))
    .join(' ');
  const child = synchronous('command start', () => spawn(file, ...rest), { path: line });
  const { emit } = child;
  child.emit = function patched(event, ...args) {
    if (event !== 'exit') return emit.call(this, event, ...args);
    return synchronous('command end', () => emit.call(this, event, ...args), { path: line });
  };
  return child;
};
for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
  const original = childProcess[name];
  childProcess[name] = (...args) =>
    synchronous('command', () => original(...args), { path: String(args[0]) });
}

const keychain = createRequire(process.env.KEYCHAIN_FROM ?? import.meta.url)('@napi-rs/keyring/keytar.js');
for (const name of ['getPassword', 'setPassword', 'deletePassword']) {
  const original = keychain[name];
  keychain[name] = (...args) => asynchronous(`keychain ${name}`, () => original(...args), { path: '' });
}

syncBuiltinESMExports();
