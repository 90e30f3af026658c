import { useEffect, useRef, useState } from 'react';
import { isOpenRun } from '#renderer/features/status/run-state-mark.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { CurrentStep } from './current-step.tsx';
import { PastStep } from './past-step.tsx';
import { RunEnd } from './run-end.tsx';
import { RunHeader } from './run-header.tsx';
import { RunRecord } from './run-record.tsx';
import styles from './run-screen.module.css';
import { StepList } from './step-list.tsx';

/** The heart: steps on the left, the current step in the middle, evidence and timeline on the right. */
export function RunScreen({ detail }: { detail: RunDetail }) {
  const [looking, setLooking] = useState<string | null>(null);
  const centre = useRef<HTMLDivElement>(null);
  const current = detail.steps.find(({ id }) => id === detail.current_step_id) ?? null;
  const looked = detail.steps.find(({ id }) => id === looking && id !== detail.current_step_id) ?? null;
  const open = isOpenRun(detail.run.state);

  // When the run moves on, so does the view, and the keyboard goes with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the step that is current is what matters
  useEffect(() => {
    setLooking(null);
    centre.current?.scrollTo(0, 0);
    const active = document.activeElement;
    const inDialog = active?.closest('[data-modal]');
    if (!inDialog) centre.current?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }, [detail.current_step_id, detail.run.state]);

  return (
    <div className={styles.run}>
      <RunHeader detail={detail} />
      <div className={styles.columns}>
        <StepList detail={detail} shown={looked?.id ?? detail.current_step_id} onLook={setLooking} />
        <div ref={centre} className={styles.centre}>
          {looked && <PastStep detail={detail} step={looked} onBack={() => setLooking(null)} />}
          {open && current ? (
            // Hidden while another one is looked at, not taken away: what was typed stays.
            <div hidden={looked !== null}>
              <CurrentStep key={current.id} detail={detail} step={current} onLook={setLooking} />
            </div>
          ) : (
            !looked && <RunEnd detail={detail} />
          )}
        </div>
        <RunRecord detail={detail} />
      </div>
    </div>
  );
}
