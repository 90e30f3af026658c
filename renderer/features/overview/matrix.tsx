import { KeyStatusMark } from '#renderer/features/status/key-status-mark.tsx';
import { SilentHostsMark } from '#renderer/features/status/silent-hosts-mark.tsx';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { byImportance } from '#renderer/features/status/standing.ts';
import { hashOf } from '#renderer/state/route.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { dueInWords, localDate } from '#renderer/ui/time/format-time.ts';
import type { EnvironmentStatus, KeyStatusEntry } from '#shared/model/status.ts';
import styles from './matrix.module.css';

/** Environments × keys. Each cell: icon, status word, days left. */
export function Matrix({
  environments,
  practiceId,
  now,
}: {
  environments: readonly EnvironmentStatus[];
  practiceId: string | null;
  now: number;
}) {
  const columns = columnsOf(environments);
  return (
    <Table label="Keys by environment" dense>
      <thead>
        <tr>
          <HeadCell className={styles.sticky}>Environment</HeadCell>
          {columns.length === 0 && <HeadCell>Keys</HeadCell>}
          {columns.map((key) => (
            <HeadCell key={key} className={styles.keyName}>
              {key}
            </HeadCell>
          ))}
        </tr>
      </thead>
      <tbody>
        {byImportance(environments).map((environment) => {
          const entries = new Map(environment.keys.map((entry) => [entry.key, entry]));
          return (
            <tr key={environment.id}>
              <th scope="row" className={styles.sticky}>
                <div className={styles.environment}>
                  <a
                    className={styles.name}
                    href={hashOf({ screen: 'environment', id: environment.id, tab: 'keys' })}
                    title={environment.name}
                  >
                    {environment.name}
                  </a>
                  <span className={styles.marks}>
                    <StageMark stage={environment.stage} />
                    {environment.id === practiceId && <Badge tone="drill">Practice</Badge>}
                    <SilentHostsMark environment={environment} />
                  </span>
                </div>
              </th>
              {columns.length === 0 && (
                <Cell className={styles.none}>{environment.reachable ? 'None' : 'Unknown'}</Cell>
              )}
              {columns.map((key) => (
                <Cell key={key}>
                  <KeyCell entry={entries.get(key)} reachable={environment.reachable} now={now} />
                </Cell>
              ))}
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function KeyCell({
  entry,
  reachable,
  now,
}: {
  entry: KeyStatusEntry | undefined;
  reachable: boolean;
  now: number;
}) {
  if (entry === undefined) {
    return reachable ? (
      <span className={styles.none}>
        <span aria-hidden="true">–</span>
        <span className="visually-hidden">not used</span>
      </span>
    ) : (
      <span className={styles.none}>unknown</span>
    );
  }
  return (
    <div className={styles.cell}>
      <KeyStatusMark status={entry.status} />
      {entry.due_at && (
        <span className={styles.days} title={`Due ${localDate(entry.due_at)}`}>
          {dueInWords(entry.due_at, now)}
        </span>
      )}
    </div>
  );
}

/** The order of the keys as main lists them: the catalog first, then custom keys. */
function columnsOf(environments: readonly EnvironmentStatus[]): string[] {
  const fullest = [...environments].sort((a, b) => b.keys.length - a.keys.length);
  return [...new Set(fullest.flatMap(({ keys }) => keys.map(({ key }) => key)))];
}
