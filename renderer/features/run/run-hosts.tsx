import {
  CircleCheck,
  CircleDashed,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  Unplug,
  UserX,
} from 'lucide-react';
import { useState } from 'react';
import { isOpenRun } from '#renderer/features/status/run-state-mark.tsx';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import type { HostProgress } from '#shared/model/run.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { ExcludeHostDialog } from './exclude-host-dialog.tsx';
import styles from './run-record.module.css';

const words: Readonly<Record<HostProgress['state'], { word: string; icon: LucideIcon; tone: Tone }>> = {
  working: { word: 'At work', icon: LoaderCircle, tone: 'info' },
  done: { word: 'Done', icon: CircleCheck, tone: 'success' },
  failed: { word: 'Failed', icon: CircleX, tone: 'danger' },
  unknown: { word: 'Connection lost', icon: Unplug, tone: 'warning' },
};
const waiting = { word: 'Not begun', icon: CircleDashed, tone: 'neutral' as const };

/** Of a fleet: how far each host has come, and the way to go on without one. */
export function RunHosts({ detail }: { detail: RunDetail }) {
  const [excluding, setExcluding] = useState<string | null>(null);
  const { run, hosts = [] } = detail;
  if (hosts.length === 0) return null;
  const left = new Map((run.excluded_hosts ?? []).map((one) => [one.host, one]));
  const mayExclude = detail.mine && isOpenRun(run.state) && hosts.length - left.size > 1;
  return (
    <section aria-label="Hosts of this run">
      <h2>Hosts</h2>
      <ul className={styles.list}>
        {hosts.map((host) => {
          const progress = run.hosts?.find((one) => one.host === host);
          const excluded = left.get(host);
          const { word, icon, tone } = progress ? words[progress.state] : waiting;
          return (
            <li key={host}>
              <p className={styles.key}>{host}</p>
              {excluded ? (
                <>
                  <Badge tone="warning" icon={UserX}>
                    Left out
                  </Badge>
                  <p className={styles.soft}>{excluded.reason}</p>
                </>
              ) : (
                <>
                  <Badge tone={tone} icon={icon}>
                    {word}
                  </Badge>
                  {progress?.problem && <p className={styles.blocked}>{progress.problem}</p>}
                  {mayExclude && progress?.state !== 'done' && (
                    <p>
                      <Button
                        size="small"
                        aria-label={`Leave out… ${host}`}
                        onClick={() => setExcluding(host)}
                      >
                        Leave out…
                      </Button>
                    </p>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ul>
      {excluding !== null && (
        <ExcludeHostDialog detail={detail} host={excluding} onClose={() => setExcluding(null)} />
      )}
    </section>
  );
}
