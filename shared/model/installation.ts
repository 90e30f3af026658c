import type { EnvironmentReference } from './environment.ts';

/** What runs and events about Rekey's own keys, not about an environment, say instead of an environment's name. */
export const installationName = 'This installation';

/** Its stage is that of the strictest: what is done to it concerns every report. */
export function installationReference(installationId: string): EnvironmentReference {
  return { id: installationId, name: installationName, stage: 'production' };
}
