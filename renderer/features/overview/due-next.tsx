import { keyStatusWords } from '#renderer/features/status/key-status-words.ts';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { allKeys } from '#renderer/features/status/standing.ts';
import { openOverlay } from '#renderer/state/overlay.ts';
import { hashOf } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { dueInWords } from '#renderer/ui/time/format-time.ts';
import { LocalDate } from '#renderer/ui/time/time.tsx';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import styles from './due-next.module.css';

const shown = 6;

/** The next keys to come due, in order. What is overdue stands among the alerts. */
export function DueNext({ environments, now }: { environments: readonly EnvironmentStatus[]; now: number }) {
  const upcoming = allKeys(environments)
    .flatMap(({ environment, key }) => (key.due_at === null ? [] : [{ environment, key, due: key.due_at }]))
    .filter(({ key, due }) => !keyStatusWords[key.status].alert && new Date(due).getTime() >= now)
    .sort((a, b) => new Date(a.due).getTime() - new Date(b.due).getTime())
    .slice(0, shown);
  if (upcoming.length === 0) {
    return (
      <p className={styles.none}>
        {environments.every(({ keys }) => keys.length === 0)
          ? 'No keys are known yet. Add them under the configuration of an environment.'
          : 'No key has a due date ahead. Record when the keys were last rotated, or rotate them.'}
      </p>
    );
  }
  return (
    <ol className={styles.list}>
      {upcoming.map(({ environment, key, due }) => (
        <li key={`${environment.id}/${key.key}`} className={styles.item}>
          <div className={styles.text}>
            <a
              className={styles.key}
              href={hashOf({ screen: 'environment', id: environment.id, tab: 'keys' })}
            >
              {key.key}
            </a>
            <p className={styles.where}>{environment.name}</p>
          </div>
          <StageMark stage={environment.stage} />
          <p className={styles.when}>
            {dueInWords(due, now)}
            <span className={styles.date}>
              <LocalDate at={due} />
            </span>
          </p>
          <Button
            size="small"
            aria-label={`Rotate ${key.key} of ${environment.name}`}
            onClick={() =>
              openOverlay({
                kind: 'start-run',
                defaults: { runbook: 'planned', environmentId: environment.id, keys: [key.key] },
              })
            }
          >
            Rotate
          </Button>
        </li>
      ))}
    </ol>
  );
}
