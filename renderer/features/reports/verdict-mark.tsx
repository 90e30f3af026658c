import { CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';

const marks: Readonly<Record<string, { word: string; icon: LucideIcon; tone: Tone }>> = {
  'nothing-found': { word: 'Nothing found', icon: CircleCheck, tone: 'success' },
  findings: { word: 'Findings', icon: CircleAlert, tone: 'warning' },
  'critical-findings': { word: 'Critical findings', icon: CircleX, tone: 'danger' },
};

/** How a report came out, in a word. */
export function VerdictMark({ level }: { level: string }) {
  const { word, icon, tone } = marks[level] ?? { word: level, icon: CircleAlert, tone: 'neutral' as const };
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
