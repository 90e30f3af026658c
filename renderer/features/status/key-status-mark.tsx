import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { KeyStatus } from '#shared/model/key.ts';
import { keyStatusWords } from './key-status-words.ts';

/** The status of a key: icon, word and colour. */
export function KeyStatusMark({ status, look = 'plain' }: { status: KeyStatus; look?: 'plain' | 'soft' }) {
  const { word, icon, tone, meaning } = keyStatusWords[status];
  return (
    <Badge tone={tone} icon={icon} look={look} title={meaning}>
      {word}
    </Badge>
  );
}
