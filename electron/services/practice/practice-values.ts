import { randomBytes, randomInt } from 'node:crypto';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';
import { generateValue } from '../secrets/generate-value.ts';
import { type DataKey, dataKeys, type PracticeKey, practiceKeys } from './key-ring.ts';
import { encryptRecord, type PracticeRecord } from './practice-records.ts';

/** The values of a new practice environment: made anew each time, one of them as weak as people choose them. */
export type PracticeValues = ReadonlyMap<PracticeKey, Secret>;

export function newPracticeValues(): PracticeValues {
  const values = new Map<PracticeKey, Secret>();
  for (const rule of keyCatalog) {
    const key = practiceKeys.find((name) => name === rule.name);
    if (key !== undefined) values.set(key, generateValue(rule));
  }
  // What a person types in a hurry: long enough, and the first thing that an attacker tries.
  const year = randomInt(2015, 2025);
  values.set('WEBHOOK_SIGNING_KEY', new Secret(`changeme-webhook-secret-${year}-changeme`));
  return values;
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
