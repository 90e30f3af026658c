import type { AppState } from '#shared/ipc/contract.ts';

/** What stops every rotation, whatever the environment: no keychain that lasts, no log that can be trusted. */
export function standingTroubles({ keychain, log }: AppState): { keychain: boolean; log: boolean } {
  return {
    keychain: keychain !== null && keychain.state !== 'durable',
    log: log.state === 'corrupt' || log.state === 'unwritable',
  };
}
