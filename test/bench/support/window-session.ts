import { join } from 'node:path';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { createProfile, type Profile } from '#test/e2e/fixtures/profile.ts';

/** A home and an unlocked keyring, as somebody who is logged in has them: both sides of a comparison get the same. */
export interface WindowSession {
  readonly environment: Readonly<Record<string, string>>;
  /** For the bare window. */
  readonly profile: string;
  end(): Promise<void>;
}

export async function startWindowSession(): Promise<WindowSession> {
  const profile: Profile = createProfile();
  const keyring: Keyring = await startKeyring(profile.environment);
  return {
    environment: { ...profile.environment, ...keyring.environment },
    profile: join(profile.home, 'bare'),
    async end() {
      await keyring.stop();
      profile.remove();
    },
  };
}
