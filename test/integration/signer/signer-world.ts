import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices, type Services } from '#electron/services/compose.ts';
import { layFoundation } from '#electron/services/foundation.ts';
import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import type { Clock } from '#shared/model/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A data folder with a passphrase vault, and a clock that tests set. */
export class SignerWorld {
  readonly root = mkdtempSync(join(temporaryFolder(), 'signer-'));
  readonly data = join(this.root, 'data');
  now = new Date('2026-11-25T12:00:00.000Z');
  readonly services: Services;

  constructor() {
    this.services = this.open();
  }

  /** Another process' view of the same data folder. */
  open(): Services {
    const passphrase = join(this.root, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    const clock: Clock = { now: () => this.now, monotonic: () => performance.now() };
    const foundation = layFoundation({
      folder: dataFolder(this.data),
      environment: {
        REKEY_OPERATOR: 'ada@example.org',
        REKEY_KEYCHAIN: 'vault',
        REKEY_PASSPHRASE_FILE: passphrase,
      },
      clock,
    });
    return composeServices(foundation, { launcher: nodeServiceLauncher('with-launcher') });
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.root, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Actions of the events about keys, oldest first. */
  actions(): string[] {
    return [...this.services.log.scan()]
      .filter(({ event_type }) => event_type === 'access')
      .map(({ action }) => action);
  }
}
