import type { EnvironmentSource } from '#electron/services/rotation/rotation-dependencies.ts';
import type { SealedStore } from '#electron/services/secrets/sealed-store.ts';
import { type Redactor, redactorFor, secretValues } from '#shared/logic/redact.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RunView } from '#shared/model/run.ts';
import type { Secret } from '#shared/model/secret.ts';

/**
 * A redactor that knows every secret that a person could paste into a run: those in the environment now, and the
 * sealed old and new values of the environment's keys. What cannot be opened (a locked keychain, a lost file) must
 * not stop an emergency: then what looks like a secret is redacted all the same.
 */
export async function runRedactor(
  run: Pick<RunView, 'environment'>,
  environments: EnvironmentSource,
  sealed: SealedStore,
): Promise<Redactor> {
  const secrets: Secret[] = [];
  try {
    const environment = environments.open(run.environment.id);
    const { values } = await environment.read({ thorough: false });
    const managed = new Set(
      keyRules(environment.config.keys).flatMap(({ name, variables }) => [
        name,
        variables.previous,
        variables.next,
      ]),
    );
    secrets.push(...secretValues(values, managed));
  } catch (error) {
    if (!isRekeyError(error)) throw error;
  }
  for (const name of sealed.list(run.environment.id)) {
    try {
      secrets.push(await sealed.open(name));
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      if (error.code.startsWith('keychain-') || error.code.startsWith('vault-')) break;
    }
  }
  return redactorFor(secrets);
}
