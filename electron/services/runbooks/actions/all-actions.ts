import type { ActionName } from '#shared/model/runbook.ts';
import type { ActionCode } from './action.ts';
import { environmentActions } from './environment-actions.ts';
import { keyActions } from './key-actions.ts';
import { messageActions } from './message-actions.ts';
import { recordActions } from './record-actions.ts';
import { rotationActions } from './rotation-actions.ts';

/** The closed set: what runbooks can do, and nothing else. A missing one does not compile. */
export const actions: Readonly<Record<ActionName, ActionCode>> = {
  ...environmentActions,
  ...keyActions,
  ...messageActions,
  ...recordActions,
  ...rotationActions,
};
