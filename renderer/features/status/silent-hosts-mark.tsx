import { Unplug } from 'lucide-react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import { silentHosts } from './standing.ts';

/** Of a fleet: how many of its hosts do not answer, so that nothing is known of them. Nothing where all do. */
export function SilentHostsMark({ environment }: { environment: EnvironmentStatus }) {
  const silent = silentHosts(environment);
  // That none answers is said of the environment as a whole.
  if (silent.length === 0 || !environment.reachable) return null;
  return (
    <Badge tone="danger" icon={Unplug}>
      {silent.length} of {environment.hosts?.length} hosts silent
    </Badge>
  );
}
