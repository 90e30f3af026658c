import { FlaskConical, type LucideIcon, Server, SquareTerminal } from 'lucide-react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { Stage } from '#shared/model/environment.ts';

const stages: Readonly<Record<Stage, { word: string; tone: Tone; icon: LucideIcon }>> = {
  production: { word: 'Production', tone: 'danger', icon: Server },
  staging: { word: 'Staging', tone: 'warning', icon: FlaskConical },
  development: { word: 'Development', tone: 'neutral', icon: SquareTerminal },
};

export function stageWord(stage: Stage): string {
  return stages[stage].word;
}

/** The stage of an environment. Production is solid and cannot be overlooked. */
export function StageMark({ stage }: { stage: Stage }) {
  const { word, tone, icon } = stages[stage];
  return (
    <Badge tone={tone} icon={icon} look={stage === 'production' ? 'solid' : 'soft'}>
      {word}
    </Badge>
  );
}
