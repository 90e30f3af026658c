import { create } from 'zustand';
import type { AppState } from '#shared/ipc/contract.ts';

/**
 * `next`: what a welcome that has begun still shows, even when nothing is missing any more; null outside of one.
 * `skipped`: looks around with a keychain that cannot be used; nothing can be rotated until it can.
 */
export const useWelcome = create<{ next: 'keychain' | 'begin' | null; skipped: boolean }>(() => ({
  next: null,
  skipped: false,
}));

/** Whether someone must introduce themselves, unlock the vault or find a keychain before the screens open. */
export function needsWelcome(app: AppState): boolean {
  return app.welcome || app.settings.operator === null || isVaultLocked(app);
}

export function isVaultLocked({ settings, keychain }: AppState): boolean {
  return settings.keychain === 'vault' && keychain?.backend === 'vault' && keychain.state === 'locked';
}

/** Whether Rekey was started with `--practice`: then nobody is asked where to begin. */
export function startsWithPractice(): boolean {
  return new URLSearchParams(location.search).get('start') === 'practice';
}
