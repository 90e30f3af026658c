import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { composeServices, type Services } from '#electron/services/compose.ts';
import { layFoundation } from '#electron/services/foundation.ts';
import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type { EnvironmentPatch } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';

const passphrase = 'a passphrase of the tests only';

const value = () => randomBytes(24).toString('base64url');

/** Every value of the plain file, 32 characters each; found nowhere in what Rekey writes beside the file itself. */
export const plainValues = {
  JWT_SECRET_KEY: value(),
  TOKEN_ENCRYPTION_KEY: value(),
  WEBHOOK_SIGNING_KEY: value(),
} as const;

/** The whole of Rekey on a data folder of its own: real services, real log, real files, the passphrase vault. */
export class GuidedFixture {
  readonly folder: string;
  readonly services: Services;
  /** Added to the wall clock: a soak need not be waited for. */
  offsetMs = 0;

  /** `REKEY_SSH_CONFIG` of this process reaches the hosts of the tests. */
  constructor(given?: { folder: string }, operator = 'ada@example.org') {
    this.folder = given?.folder ?? mkdtempSync(join(tmpdir(), 'rekey-guided-'));
    const passphraseFile = join(this.folder, 'passphrase');
    writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
    const foundation = layFoundation({
      folder: dataFolder(join(this.folder, 'data')),
      environment: {
        REKEY_OPERATOR: operator,
        REKEY_KEYCHAIN: 'vault',
        REKEY_PASSPHRASE_FILE: passphraseFile,
        REKEY_SSH_CONFIG: process.env.REKEY_SSH_CONFIG,
      },
      clock: {
        now: () => new Date(Date.now() + this.offsetMs),
        monotonic: () => systemClock.monotonic() + this.offsetMs,
      },
    });
    this.services = composeServices(foundation, { launcher: nodeServiceLauncher('with-launcher') });
  }

  async createVault(): Promise<void> {
    await this.services.keychain.createVault(new Secret(passphrase));
  }

  async practice(): Promise<string> {
    return (await this.services.practice.start()).environmentId;
  }

  /** A `.env` without any command: everything that a service would do, a person does and attests. */
  async plain(name: string, patch: EnvironmentPatch = {}): Promise<string> {
    const path = join(this.folder, `${name}.env`);
    const lines = Object.entries(plainValues).map(([key, value]) => `${key}=${value}`);
    writeFileSync(path, `# a plain file\n${lines.join('\n')}\nPORT=8080\n`, { mode: 0o600 });
    const { config } = await this.services.environments.add({
      name,
      stage: 'production',
      path,
      parser: 'dotenv',
      patch,
    });
    return config.id;
  }

  values(environmentId: string): Record<string, string | undefined> {
    return parseEnv(
      readFileSync(placeInWords(this.services.environments.find(environmentId).connector), 'utf8'),
    );
  }

  async close(): Promise<void> {
    await this.services.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
