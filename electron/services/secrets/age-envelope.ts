import { Worker } from 'node:worker_threads';
import { workerEntry } from '#electron/installation.ts';

/** Who can open an age file: whoever knows the passphrase, or has the identity of the recipient (`age1…`). */
export type AgeLock = { passphrase: string } | { recipient: string };
export type AgeKey = { passphrase: string } | { identity: string };
export type AgeRequest =
  | { do: 'encrypt'; text: string; lock: AgeLock }
  | { do: 'decrypt'; bytes: Uint8Array; key: AgeKey };

/** What the thread of electron/workers/age-envelope.ts sends. */
export type AgeAnswer = { result: Uint8Array | string } | { failure: string };

/**
 * scrypt with N = 2^18 (age's own default: 256 MiB, a second or two) for passphrases; age-encryption.org/v1.
 * Takes that long without a pause: use `encryptAge` and `decryptAge`, which do it in a thread of its own.
 */
export async function performAge(request: AgeRequest): Promise<Uint8Array | string> {
  const { Decrypter, Encrypter } = await import('age-encryption');
  if (request.do === 'encrypt') {
    const encrypter = new Encrypter();
    if ('passphrase' in request.lock) {
      encrypter.setPassphrase(request.lock.passphrase);
      encrypter.setScryptWorkFactor(18);
    } else encrypter.addRecipient(request.lock.recipient);
    return encrypter.encrypt(request.text);
  }
  const decrypter = new Decrypter();
  if ('passphrase' in request.key) decrypter.addPassphrase(request.key.passphrase);
  else decrypter.addIdentity(request.key.identity);
  return decrypter.decrypt(request.bytes, 'text');
}

export async function encryptAge(text: string, lock: AgeLock): Promise<Uint8Array> {
  const request: AgeRequest = { do: 'encrypt', text, lock };
  return (await ('passphrase' in lock ? inThread(request) : performAge(request))) as Uint8Array;
}

/** Throws when the key is another one or the file is damaged: age does not tell which. */
export async function decryptAge(bytes: Uint8Array, key: AgeKey): Promise<string> {
  const request: AgeRequest = { do: 'decrypt', bytes, key };
  return (await ('passphrase' in key ? inThread(request) : performAge(request))) as string;
}

function inThread(request: AgeRequest): Promise<Uint8Array | string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerEntry(import.meta.dirname, 'age-envelope'), { workerData: request });
    worker.once('message', (answer: AgeAnswer) => {
      if ('failure' in answer) reject(new Error(answer.failure));
      else resolve(answer.result);
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`the thread that seals recovery files ended with ${code}`)),
    );
  });
}
