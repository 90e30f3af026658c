import { Ellipsis, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { isOpenRun, RunKindMark, RunStateMark } from '#renderer/features/status/run-state-mark.tsx';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { hashOf } from '#renderer/state/route.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { Menu } from '#renderer/ui/menu/menu.tsx';
import { localDateTime } from '#renderer/ui/time/format-time.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { ElapsedTime } from './elapsed-time.tsx';
import { RunActDialogs, type RunActName, useSimpleRunActs } from './run-acts.tsx';
import styles from './run-header.module.css';

/** Which environment, what kind of run, since when, and how to get out of it. */
export function RunHeader({ detail }: { detail: RunDetail }) {
  const [dialog, setDialog] = useState<RunActName | null>(null);
  const simple = useSimpleRunActs(detail.run.run_id);
  const { run, environment } = detail;
  const installation = detail.runbook.subject === 'installation';
  const open = isOpenRun(run.state);
  const production = environment.stage === 'production' && !run.dry_run;
  const others = detail.acts.filter(({ act }) => !['roll-back', 'resume', 'take-over', 'stop'].includes(act));
  const forward = detail.acts.filter(({ act }) => act === 'resume' || act === 'take-over');
  const carryOut = (act: RunActName) => (simple.handles(act) ? void simple.run(act) : setDialog(act));
  return (
    <header className={classNames(styles.header, production && styles.production)}>
      {run.drill && (
        <p className={classNames(styles.strip, styles.drill)}>
          <strong>DRILL.</strong> Real effects on the practice environment. Recorded as a drill, never as a
          rotation.
        </p>
      )}
      {run.dry_run && (
        <p className={classNames(styles.strip, styles.dry)}>
          <strong>DRY RUN.</strong> Nothing is executed and nothing is changed.
        </p>
      )}
      <div className={styles.row}>
        <div className={styles.titles}>
          <p className={styles.above}>
            <a href={hashOf({ screen: 'runs' })}>Runbooks &amp; runs</a>
          </p>
          <h1 className={styles.title}>{run.title}</h1>
          <div className={styles.where}>
            {!installation && <StageMark stage={environment.stage} />}
            {environment.practice && <Badge tone="drill">Practice</Badge>}
            {installation ? (
              <span>{environment.name}</span>
            ) : (
              <a
                className={styles.environment}
                href={hashOf({ screen: 'environment', id: environment.id, tab: 'keys' })}
                title={environment.path}
              >
                {environment.name}
              </a>
            )}
            <RunStateMark state={run.state} />
            <RunKindMark drill={run.drill} dryRun={run.dry_run} />
          </div>
        </div>
        <dl className={styles.facts}>
          <div>
            <dt>Elapsed</dt>
            <dd className={styles.clock}>
              <ElapsedTime milliseconds={detail.elapsed_ms} running={run.ended_at === null} />
            </dd>
          </div>
          <div>
            <dt>Operator</dt>
            <dd className={styles.operator} title={`${run.operator}, since ${localDateTime(run.started_at)}`}>
              {detail.mine ? 'You' : run.operator}
            </dd>
          </div>
        </dl>
        <div className={styles.actions}>
          {forward.map(({ act, label }) => (
            <Button key={act} variant="primary" busy={simple.pending} onClick={() => carryOut(act)}>
              {label}
            </Button>
          ))}
          {open && detail.mine && !run.dry_run && detail.runbook.subject === 'environment' && (
            <Button icon={<Undo2 size={15} aria-hidden="true" />} onClick={() => setDialog('roll-back')}>
              Roll back…
            </Button>
          )}
          {others.length > 0 && (
            <Menu
              trigger={
                <Button
                  aria-label="More for this run"
                  icon={<Ellipsis size={16} aria-hidden="true" />}
                  busy={simple.pending}
                />
              }
              items={others.map(({ act, label, asks }) => ({
                id: act,
                label: asks.length > 0 || act === 'recovery-file' ? `${label}…` : label,
                danger: act === 'abort',
                onSelect: () => carryOut(act),
              }))}
            />
          )}
        </div>
      </div>
      {simple.problem}
      <RunActDialogs detail={detail} act={dialog} onClose={() => setDialog(null)} />
    </header>
  );
}
