import { z } from 'zod';

export const KeychainBackend = z.enum(['os', 'vault']);
export type KeychainBackend = z.infer<typeof KeychainBackend>;

/** What a real write-read-delete probe found. Only `durable` may hold the wrapping key. */
export const KeychainProbe = z.object({
  backend: KeychainBackend,
  state: z.enum(['durable', 'volatile', 'locked', 'absent', 'denied']),
  /** In words: "GNOME Keyring through the Secret Service", "Passphrase vault", … */
  store: z.string(),
  message: z.string(),
  remedy: z.string().nullable(),
});
export type KeychainProbe = z.infer<typeof KeychainProbe>;

/** Names under which Rekey keeps things in the keychain. */
export const credentialKinds = ['health', 'ssh-password', 'ssh-passphrase', 'sudo'] as const;
export const CredentialKind = z.enum(credentialKinds);
export type CredentialKind = z.infer<typeof CredentialKind>;

export const wrappingKeyName = 'wrapping-key';

export function credentialName(environmentId: string, kind: CredentialKind): string {
  return `environment/${environmentId}/${kind}`;
}
