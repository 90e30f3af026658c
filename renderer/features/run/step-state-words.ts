import {
  Ban,
  Circle,
  CircleAlert,
  CircleArrowRight,
  CircleCheck,
  CircleHelp,
  CircleSlash,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  OctagonX,
  Undo2,
} from 'lucide-react';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { StepState } from '#shared/model/run.ts';

/** Every state of a step: its word, icon and colour. */
export const stepStateWords: Readonly<Record<StepState, { word: string; icon: LucideIcon; tone: Tone }>> = {
  pending: { word: 'To do', icon: Circle, tone: 'neutral' },
  blocked: { word: 'Blocked', icon: OctagonX, tone: 'danger' },
  ready: { word: 'Ready', icon: CircleArrowRight, tone: 'info' },
  active: { word: 'Working', icon: LoaderCircle, tone: 'info' },
  'awaiting-input': { word: 'Asks you', icon: CircleArrowRight, tone: 'info' },
  'awaiting-approval': { word: 'Asks for approval', icon: CircleArrowRight, tone: 'info' },
  waiting: { word: 'Waiting', icon: Hourglass, tone: 'warning' },
  verifying: { word: 'Verifying', icon: LoaderCircle, tone: 'info' },
  done: { word: 'Done', icon: CircleCheck, tone: 'success' },
  failed: { word: 'Failed', icon: CircleAlert, tone: 'danger' },
  skipped: { word: 'Skipped', icon: CircleSlash, tone: 'warning' },
  'not-applicable': { word: 'Not needed', icon: Ban, tone: 'neutral' },
  indeterminate: { word: 'Unclear', icon: CircleHelp, tone: 'danger' },
  'rolling-back': { word: 'Rolling back', icon: Undo2, tone: 'warning' },
  'rolled-back': { word: 'Rolled back', icon: Undo2, tone: 'warning' },
};
