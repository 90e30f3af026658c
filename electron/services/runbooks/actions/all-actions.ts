import type { ActionName } from '#shared/model/runbook.ts';
import type { ActionCode, RunActionCode } from './action.ts';
import { environmentActions } from './environment-actions.ts';
import { hostActions } from './host-actions.ts';
import { installationActions } from './installation-actions.ts';
import { keyActions } from './key-actions.ts';
import { messageActions } from './message-actions.ts';
import { recordActions } from './record-actions.ts';
import { rotationActions } from './rotation-actions.ts';

/** The closed set: what runbooks can do, and nothing else. A missing one does not compile. */
export const actions: Readonly<Record<ActionName, ActionCode>> = {
  ...environmentActions,
  ...hostActions,
  ...installationActions,
  ...keyActions,
  ...messageActions,
  ...recordActions,
  ...rotationActions,
};

/** The code of an action that needs no environment; null for all others. */
export function withoutEnvironment(action: ActionName): RunActionCode | null {
  const all: Partial<Record<ActionName, RunActionCode>> = installationActions;
  return all[action] ?? null;
}
