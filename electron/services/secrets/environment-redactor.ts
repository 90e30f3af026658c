import type { EnvironmentSource } from '#electron/services/rotation/rotation-dependencies.ts';
import { type Redactor, redactorFor, secretValues } from '#shared/logic/redact.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { SealedStore } from './sealed-store.ts';

/** The environments of this installation, as far as their secrets are concerned. */
export type RedactedEnvironments = Pick<EnvironmentSource, 'open'> & { list(): readonly { id: string }[] };

/**
 * A redactor that knows every secret of an environment that a person could paste: those in it now, and the sealed old
 * and new values of its keys. For an id that is no environment's (null, or the installation's own) it knows those of
 * all. What cannot be opened (a locked keychain, a lost file) must not stop an emergency: then what looks like a secret
 * is redacted all the same.
 */
export async function environmentRedactor(
  environmentId: string | null,
  environments: RedactedEnvironments,
  sealed: Pick<SealedStore, 'list' | 'open'>,
): Promise<Redactor> {
  const all = environments.list().map(({ id }) => id);
  const ids = environmentId !== null && all.includes(environmentId) ? [environmentId] : all;
  const secrets: Secret[] = [];
  for (const id of ids) {
    secrets.push(...(await presentSecrets(id, environments)), ...(await sealedSecrets(id, sealed)));
  }
  return redactorFor(secrets);
}

async function presentSecrets(environmentId: string, environments: RedactedEnvironments): Promise<Secret[]> {
  try {
    const environment = environments.open(environmentId);
    const { values } = await environment.read({ thorough: false });
    const managed = new Set(
      keyRules(environment.config.keys).flatMap(({ name, variables }) => [
        name,
        variables.previous,
        variables.next,
      ]),
    );
    return secretValues(values, managed);
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return [];
  }
}

async function sealedSecrets(
  environmentId: string,
  sealed: Pick<SealedStore, 'list' | 'open'>,
): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const name of sealed.list(environmentId)) {
    try {
      secrets.push(await sealed.open(name));
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      if (error.code.startsWith('keychain-') || error.code.startsWith('vault-')) break;
    }
  }
  return secrets;
}

/**
 * What a person wrote (a reason, a note), without the secrets that they may have pasted into it: those of one
 * environment, or of all where it concerns none (null).
 */
export type WithoutSecrets = (environmentId: string | null, text: string) => Promise<string>;

export function withoutSecrets(
  environments: RedactedEnvironments,
  sealed: Pick<SealedStore, 'list' | 'open'>,
): WithoutSecrets {
  return async (environmentId, text) =>
    (await environmentRedactor(environmentId, environments, sealed)).redact(text).text;
}
