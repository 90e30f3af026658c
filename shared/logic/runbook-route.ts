import type { KeyName, Protects, Slots } from '../model/key.ts';
import type { RotationMode } from '../model/rotation.ts';
import type { RunView } from '../model/run.ts';
import type { Condition, Runbook, RunbookStep } from '../model/runbook.ts';

/** What the world says about a run, beside its own events. The same facts always give the same route. */
export interface RunbookContext {
  readonly environmentName: string;
  readonly mode: RotationMode;
  readonly dryRun: boolean;
  /** The keys of the run, as the environment declares them. */
  readonly keys: readonly { name: KeyName; protects: Protects; slots: Slots; supplied: boolean }[];
  /** Command kinds with a command, and `health` where a health URL is configured. */
  readonly configured: readonly string[];
  /** RFC 3339. */
  readonly now: string;
  /** Keys whose rotation is past its activation and not ended: the run cannot end before they are. */
  readonly unfinished: readonly KeyName[];
  /** RFC 3339: until when the run keeps an old data value archived; the run stays open as long. Else null. */
  readonly archivedUntil: string | null;
  /** Rotations of the run are on their way back: whatever the step says, that comes first. */
  readonly rollingBack: boolean;
  /** Rotations on which a person must decide. */
  readonly decisions: readonly { rotation_id: string; key: KeyName; found: string }[];
}

export function findStep(runbook: Runbook, id: string | null): RunbookStep | undefined {
  return runbook.steps.find((step) => step.id === id);
}

/** Whether a step applies to this run: all of its conditions hold. One key that fits is enough. */
export function applies(step: RunbookStep, view: RunView, context: RunbookContext): boolean {
  return step.when === undefined || holds(step.when, view, context);
}

function holds(when: Condition, view: RunView, context: RunbookContext): boolean {
  for (const [id, wanted] of Object.entries(when.choice ?? {})) {
    const choice = view.steps.find((step) => step.id === id)?.choice ?? null;
    if (choice === null || ![wanted].flat().includes(choice)) return false;
  }
  if (when.mode && when.mode !== context.mode) return false;
  if (when.configured?.some((kind) => !context.configured.includes(kind))) return false;
  if (when.unconfigured?.some((kind) => context.configured.includes(kind))) return false;
  if (when.protects === undefined && when.slots === undefined && when.keys === undefined) return true;
  return context.keys.some(
    (key) =>
      (when.protects === undefined || key.protects === when.protects) &&
      (when.slots === undefined || when.slots.includes(key.slots)) &&
      (when.keys === undefined || when.keys.includes(key.name)),
  );
}

export interface Route {
  /** Null: the run has passed its last step. */
  readonly step: RunbookStep | null;
  /** Steps passed over because they do not apply. */
  readonly passedOver: readonly string[];
}

/** The first step that applies from a position on. */
function routeFrom(runbook: Runbook, index: number, view: RunView, context: RunbookContext): Route {
  const passedOver: string[] = [];
  for (const step of runbook.steps.slice(index)) {
    if (applies(step, view, context)) return { step, passedOver };
    passedOver.push(step.id);
  }
  return { step: null, passedOver };
}

export function firstStep(runbook: Runbook, view: RunView, context: RunbookContext): Route {
  return routeFrom(runbook, 0, view, context);
}

/**
 * Where the run goes after a step: where the branch or the step says, else to the next one that applies. Jumping
 * forward passes over what lies between; jumping back does the steps there again.
 */
export function routeAfter(
  runbook: Runbook,
  from: RunbookStep,
  target: string | undefined,
  view: RunView,
  context: RunbookContext,
): Route {
  const index = runbook.steps.indexOf(from);
  if (target === 'end')
    return { step: null, passedOver: idsBetween(runbook, index + 1, runbook.steps.length) };
  const next = target === undefined ? index + 1 : runbook.steps.findIndex((step) => step.id === target);
  const route = routeFrom(runbook, next, view, context);
  const jumped = next > index + 1 ? idsBetween(runbook, index + 1, next) : [];
  return { step: route.step, passedOver: [...jumped, ...route.passedOver] };
}

function idsBetween(runbook: Runbook, from: number, to: number): string[] {
  return runbook.steps.slice(from, to).map((step) => step.id);
}
