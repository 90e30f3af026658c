import { randomBytes, randomInt } from 'node:crypto';
import { Secret } from '#shared/model/secret.ts';
import { type DataKey, dataKeys, messageKeys, type PracticeKey } from './key-ring.ts';
import { encryptRecord, type PracticeRecord } from './practice-records.ts';

/** The values of a new practice environment: made anew each time, one of them as weak as people choose them. */
export type PracticeValues = ReadonlyMap<PracticeKey, Secret>;

export function newPracticeValues(): PracticeValues {
  const values = new Map<PracticeKey, Secret>();
  for (const key of dataKeys) values.set(key, randomText(32));
  for (const key of messageKeys) values.set(key, randomText(64));
  // What a person types in a hurry: long enough, and the first thing that an attacker tries.
  values.set(
    'WEBHOOK_SIGNING_KEY',
    new Secret(`changeme-webhook-secret-${randomInt(1000, 10_000)}-changeme`),
  );
  return values;
}

/** `length` characters of base64url, not beginning with `-`; a multiple of 4. */
function randomText(length: number): Secret {
  for (;;) {
    const text = randomBytes((length * 3) / 4).toString('base64url');
    if (!text.startsWith('-')) return new Secret(text);
  }
}

/** The `.env`, with the comments and other settings that such files have. */
export function practiceEnvironmentText(values: PracticeValues): string {
  const line = (key: PracticeKey) => `${key}=${values.get(key)?.reveal()}`;
  return [
    "# Rekey's practice service. Its values open nothing else; try whatever you like.",
    'SERVICE_NAME=practice',
    'LOG_LEVEL=info',
    '',
    '# Encrypts the tokens that partners gave us (rows in records.json).',
    line('TOKEN_ENCRYPTION_KEY'),
    '# Signs what users log in with.',
    line('JWT_SECRET_KEY'),
    '# Partners check our webhooks with it.',
    line('WEBHOOK_SIGNING_KEY'),
    '',
    '# Encrypts everything else that is stored.',
    line('ENCRYPTION_KEY'),
    `export ${line('API_SIGNING_KEY')}`,
    '',
  ].join('\n');
}

const rowsPerKey: Readonly<Record<DataKey, number>> = { TOKEN_ENCRYPTION_KEY: 40, ENCRYPTION_KEY: 25 };

/** Sample rows, encrypted under the new environment's keys. */
export function practiceRecords(values: PracticeValues): PracticeRecord[] {
  return dataKeys.flatMap((key) => {
    const value = values.get(key);
    if (value === undefined) throw new RangeError('every practice key has a value');
    return Array.from({ length: rowsPerKey[key] }, (_, index) => {
      const number = String(index + 1).padStart(2, '0');
      const text =
        key === 'TOKEN_ENCRYPTION_KEY'
          ? JSON.stringify({ partner: `partner-${number}`, token: randomBytes(18).toString('base64url') })
          : JSON.stringify({ document: `note-${number}`, text: `Practice note ${number}.` });
      return encryptRecord(key, value, text);
    });
  });
}
