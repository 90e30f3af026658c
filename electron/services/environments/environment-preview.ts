import type { ConnectEnvironment } from '#electron/environments/connect.ts';
import type { EnvironmentPreview } from '#shared/ipc/contract.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';

const looksLikeKey = /(SECRET|TOKEN|_KEY|PASSPHRASE|PASSWORD|PEPPER|SALT)(_|$)/;
const slots = /_(PREVIOUS|NEXT)$/;

/** What a file holds before it is added: names and findings, never values. Throws what reading throws. */
export async function previewEnvironment(
  config: EnvironmentConfig,
  connect: ConnectEnvironment,
): Promise<EnvironmentPreview> {
  const { values, state, findings } = await connect(config).read({ thorough: true });
  const catalog = new Set(keyCatalog.map(({ name }) => name));
  const names = [...values.keys()];
  return {
    path: placeInWords(config.connector),
    variables: names.length,
    catalogKeys: names.filter((name) => catalog.has(name)),
    otherCandidates: names.filter(
      (name) => !catalog.has(name) && !slots.test(name) && looksLikeKey.test(name.toUpperCase()),
    ),
    existingState: state !== null,
    // The environment has no identity yet that the state could differ from.
    findings: findings.filter(({ code }) => code !== 'state-of-another-environment'),
  };
}
