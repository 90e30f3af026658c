import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePlay,
  CircleSlash,
  FilePen,
  type LucideIcon,
  OctagonX,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { RunState, WaitsFor } from '#shared/model/run.ts';

interface Words {
  word: string;
  tone: Tone;
  icon: LucideIcon;
  open: boolean;
}

const states: Readonly<Record<RunState, Words>> = {
  draft: { word: 'Not begun', tone: 'neutral', icon: FilePen, open: true },
  running: { word: 'Running', tone: 'info', icon: CirclePlay, open: true },
  paused: { word: 'Paused', tone: 'warning', icon: CirclePause, open: true },
  soaking: { word: 'Soaking', tone: 'info', icon: CircleDashed, open: true },
  blocked: { word: 'Blocked', tone: 'danger', icon: OctagonX, open: true },
  completed: { word: 'Completed', tone: 'success', icon: CircleCheck, open: false },
  'completed-with-deviations': {
    word: 'Completed with deviations',
    tone: 'warning',
    icon: TriangleAlert,
    open: false,
  },
  aborted: { word: 'Aborted', tone: 'neutral', icon: CircleSlash, open: false },
  'rolled-back': { word: 'Rolled back', tone: 'warning', icon: Undo2, open: false },
};

const waits: Readonly<Record<WaitsFor, string>> = {
  operator: 'Waits for you',
  attestation: 'Waits for proof, or for someone who vouches for it',
  soak: 'Waits until the old value may go',
  decision: 'Waits for a decision',
  probe: 'Must look at what is there before it goes on',
  'supplied-value': 'Waits for a value from a third party',
  unlock: 'Waits until the environment is unlocked',
  'backup-date': 'Waits for the date when the last backup expires',
};

export function isOpenRun(state: RunState): boolean {
  return states[state].open;
}

export function runStateWord(state: RunState): string {
  return states[state].word;
}

export function waitsForWords(waitsFor: WaitsFor): string {
  return waits[waitsFor];
}

/** The state of a run: icon, word and colour. */
export function RunStateMark({ state, look = 'plain' }: { state: RunState; look?: 'plain' | 'soft' }) {
  const { word, tone, icon } = states[state];
  return (
    <Badge tone={tone} icon={icon} look={look}>
      {word}
    </Badge>
  );
}

/** Says that a run is no real rotation: a drill, a dry run, or both. */
export function RunKindMark({ drill, dryRun }: { drill: boolean; dryRun: boolean }) {
  return (
    <>
      {drill && <Badge tone="drill">Drill</Badge>}
      {dryRun && <Badge tone="info">Dry run</Badge>}
    </>
  );
}
