import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Clock } from '#shared/model/clock.ts';
import { Secret } from '#shared/model/secret.ts';
import {
  dataKeyBytes,
  dataKeys,
  isDataKey,
  type MessageKey,
  messageKeys,
  type PracticeKey,
  practiceKeys,
} from './key-ring.ts';
import { callLoopback } from './loopback-client.ts';
import { messagePaths } from './practice-application.ts';
import { signMessage } from './practice-messages.ts';
import { decryptRecord, encryptRecord, type PracticeRecords } from './practice-records.ts';

/** What a check found: its lines, and whether the answer is good. */
export interface CheckResult {
  good: boolean;
  lines: string[];
}

export interface CheckTarget {
  /** Of the running application. */
  port: number;
  environmentFile: string;
  records: PracticeRecords;
  clock: Clock;
}

const probe = 'rekey practice check';

/** Whether everything that is signed and encrypted now can be verified and decrypted, and every row can be read. */
export async function verifyRoundTrip({ port }: CheckTarget): Promise<CheckResult> {
  const lines: string[] = [];
  let good = true;
  const note = (ok: boolean, line: string) => {
    lines.push(line);
    good &&= ok;
  };
  for (const key of messageKeys) {
    const signed = await callLoopback({
      port,
      method: 'POST',
      path: messagePaths[key],
      body: { text: probe },
    });
    const message = field(signed.body, 'message');
    const verdict = await callLoopback({
      port,
      method: 'POST',
      path: `${messagePaths[key]}/verify`,
      body: { message },
    });
    const ok = signed.status === 200 && verdict.status === 200 && field(verdict.body, 'slot') === 'primary';
    note(ok, `${key}: ${ok ? 'signs and verifies' : 'what it signs is not accepted'}`);
  }
  const listed = await callLoopback({ port, method: 'GET', path: '/records' });
  const rows =
    listed.status === 200
      ? (listed.body as { records: { key: string; slot: string | null }[] }).records
      : null;
  if (rows === null) note(false, 'The rows cannot be read.');
  for (const key of rows === null ? [] : dataKeys) {
    const own = (rows ?? []).filter((row) => row.key === key);
    const unreadable = own.filter((row) => row.slot === null).length;
    note(unreadable === 0, `${key}: ${own.length - unreadable} of ${own.length} rows can be read`);
  }
  return { good, lines };
}

/** Whether the running service accepts what is signed or encrypted with each `NAME_NEXT` of the file. */
export async function acceptsNext(target: CheckTarget, only: string | null): Promise<CheckResult> {
  const variables = parseEnv(readFileSync(target.environmentFile, 'utf8'));
  const staged = practiceKeys.filter((key) => variables[`${key}_NEXT`] && (only === null || key === only));
  if (staged.length === 0) {
    return {
      good: false,
      lines: [`The file holds no ${only ?? 'NAME'}_NEXT: there is nothing to accept yet.`],
    };
  }
  const lines: string[] = [];
  let good = true;
  for (const key of staged) {
    const accepted = await isAccepted(target, key, new Secret(variables[`${key}_NEXT`] ?? ''));
    // No colon after the name: what follows one is taken for a value, and redacted.
    lines.push(
      `${key}_NEXT is ${accepted ? 'accepted' : 'refused: the service may not have been restarted'}`,
    );
    good &&= accepted;
  }
  return { good, lines };
}

/** Whether the running service refuses what is made with `old`, and no row still needs it. */
export async function verifyOldRefused(
  target: CheckTarget,
  key: PracticeKey,
  old: Secret,
  next: Secret | null,
): Promise<CheckResult> {
  if (next !== null && old.equals(next))
    return { good: false, lines: [`${key}: old and new are the same value.`] };
  const accepted = await isAccepted(target, key, old);
  const lines = [`${key}: ${accepted ? 'the old value is still accepted' : 'the old value is refused'}`];
  if (!isDataKey(key)) return { good: !accepted, lines };
  const needing = isUsableAsDataKey(old)
    ? target.records.all().filter((record) => record.key === key && decryptRecord(record, old) !== null)
        .length
    : 0;
  if (needing > 0) lines.push(`${key}: ${needing} rows are still encrypted under the old value`);
  return { good: !accepted && needing === 0, lines };
}

/** Makes something new with `value` and shows it to the running service. Throws when nobody answers. */
async function isAccepted({ port, clock }: CheckTarget, key: PracticeKey, value: Secret): Promise<boolean> {
  if (isDataKey(key)) {
    if (!isUsableAsDataKey(value)) return false;
    const body = encryptRecord(key, value, probe);
    return (await callLoopback({ port, method: 'POST', path: '/records/open', body })).status === 200;
  }
  const seconds = Math.floor(clock.now().getTime() / 1_000);
  const body = { message: signMessage(key, value, probe, seconds) };
  const path = `${messagePaths[key as MessageKey]}/verify`;
  return (await callLoopback({ port, method: 'POST', path, body })).status === 200;
}

function isUsableAsDataKey(value: Secret): boolean {
  return Buffer.byteLength(value.reveal()) === dataKeyBytes;
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
