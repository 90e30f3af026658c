import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  Clock,
  Hourglass,
  type LucideIcon,
  OctagonX,
  RefreshCw,
  ShieldAlert,
  Shuffle,
} from 'lucide-react';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { KeyStatus } from '#shared/model/key.ts';

interface Words {
  /** Smaller is worse: the order in which statuses are shown. */
  rank: number;
  word: string;
  icon: LucideIcon;
  tone: Tone;
  /** One sentence for whoever asks what it means. */
  meaning: string;
  /** The status alone calls for an act, before the rest of the screen. */
  alert: boolean;
}

/** Every status of a key: its word, icon and colour on all screens. */
export const keyStatusWords: Readonly<Record<KeyStatus, Words>> = {
  compromised: {
    rank: 0,
    word: 'Compromised',
    icon: ShieldAlert,
    tone: 'danger',
    meaning: 'Someone reported that the value is known to others. Replace it now.',
    alert: true,
  },
  blocked: {
    rank: 1,
    word: 'Blocked',
    icon: OctagonX,
    tone: 'danger',
    meaning: 'A rotation stopped on an unclear result and waits for a decision.',
    alert: true,
  },
  missing: {
    rank: 2,
    word: 'Missing',
    icon: CircleX,
    tone: 'danger',
    meaning: 'The stage requires this key, and the environment does not have it.',
    alert: true,
  },
  invalid: {
    rank: 3,
    word: 'Invalid',
    icon: CircleAlert,
    tone: 'danger',
    meaning: 'The value breaks a rule for this key, such as its length or strength.',
    alert: true,
  },
  drifted: {
    rank: 4,
    word: 'Drifted',
    icon: Shuffle,
    tone: 'danger',
    meaning: 'The value is not the recorded one: it was changed outside Rekey.',
    alert: true,
  },
  overdue: {
    rank: 5,
    word: 'Overdue',
    icon: Clock,
    tone: 'danger',
    meaning: 'The key is older than its policy allows.',
    alert: true,
  },
  unrecorded: {
    rank: 6,
    word: 'Unrecorded',
    icon: CircleHelp,
    tone: 'warning',
    meaning: 'Nobody has recorded when this key was last rotated.',
    alert: false,
  },
  'due-soon': {
    rank: 7,
    word: 'Due soon',
    icon: Hourglass,
    tone: 'warning',
    meaning: 'The key reaches its age limit within the warning window.',
    alert: false,
  },
  rotating: {
    rank: 8,
    word: 'Rotating',
    icon: RefreshCw,
    tone: 'info',
    meaning: 'A rotation is under way.',
    alert: false,
  },
  soaking: {
    rank: 9,
    word: 'Soaking',
    icon: CircleDashed,
    tone: 'info',
    meaning: 'The new value is in use; the old one is still accepted until it is retired.',
    alert: false,
  },
  ok: {
    rank: 10,
    word: 'OK',
    icon: CircleCheck,
    tone: 'success',
    meaning: 'Rotated within its policy, valid, and the recorded value.',
    alert: false,
  },
};
