import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';

/**
 * What an `ssh -W` carries, as a stream. One that ends before it gave a byte was not connected: it fails with the code
 * that a connection from here would have failed with.
 * @param words - what ssh wrote, asked for once it has ended
 */
export function tunnelStream(ssh: ChildProcess, words: () => string): Duplex {
  const { stdin, stdout } = ssh;
  if (!stdin || !stdout) throw new RangeError('ssh was started without pipes');
  let answered = false;
  const stream = new Duplex({
    read: () => {
      stdout.resume();
    },
    write: (bytes, _encoding, done) => {
      stdin.write(bytes, () => done());
    },
    final: (done) => {
      stdin.end(() => done());
    },
    destroy: (error, done) => {
      ssh.kill('SIGTERM');
      done(error);
    },
  });
  stdin.on('error', () => {});
  stdout.on('data', (bytes: Buffer) => {
    answered = true;
    if (!stream.push(bytes)) stdout.pause();
  });
  ssh.once('error', (error) => stream.destroy(error));
  ssh.once('close', () => {
    if (answered) stream.push(null);
    else stream.destroy(notConnected(words()));
  });
  return stream;
}

/** In the words that Node.js has for the same from here. */
function notConnected(words: string): NodeJS.ErrnoException {
  const code = /prohibited|not permitted/i.test(words)
    ? 'EACCES'
    : /resolve|not known/i.test(words)
      ? 'ENOTFOUND'
      : /timed out/i.test(words)
        ? 'ETIMEDOUT'
        : 'ECONNREFUSED';
  return Object.assign(new Error(`The host could not connect (${code})`), { code });
}
