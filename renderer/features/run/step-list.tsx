import { useEffect, useRef, useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './step-list.module.css';
import { stepStateWords } from './step-state-words.ts';

/** All steps by phase. Choosing one shows what was done there. */
export function StepList({
  detail,
  shown,
  onLook,
}: {
  detail: RunDetail;
  shown: string | null;
  onLook: (id: string | null) => void;
}) {
  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: keep the current step in sight when it moves
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
  }, [detail.current_step_id]);
  const [all, setAll] = useState(false);
  const applicable = detail.steps.filter((step) => step.applicable && step.state !== 'not-applicable');
  const done = applicable.filter(({ state }) => state === 'done' || state === 'skipped').length;
  return (
    <nav ref={list} className={styles.list} aria-label="Steps">
      <p className={styles.count}>
        {done} of {applicable.length} steps done
      </p>
      {detail.phases.map((phase) => {
        const steps = (all ? detail.steps : applicable).filter((step) => step.phase === phase.id);
        if (steps.length === 0) return null;
        return (
          <section key={phase.id} className={styles.phase} aria-label={phase.title}>
            <h2 className={classNames(styles.phaseTitle, phase.state === 'active' && styles.activePhase)}>
              {phase.title}
            </h2>
            <ol>
              {steps.map((step) => (
                <li key={step.id}>
                  <StepLine
                    step={step}
                    ended={detail.run.ended_at !== null}
                    current={step.id === detail.current_step_id}
                    shown={step.id === shown}
                    onLook={() => onLook(step.id === detail.current_step_id ? null : step.id)}
                  />
                </li>
              ))}
            </ol>
          </section>
        );
      })}
      {applicable.length < detail.steps.length && (
        <p className={styles.more}>
          <Button size="small" variant="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Hide what is not needed' : `Show ${notNeeded(detail.steps.length - applicable.length)}`}
          </Button>
        </p>
      )}
    </nav>
  );
}

function StepLine({
  step,
  ended,
  current,
  shown,
  onLook,
}: {
  step: RunStepDetail;
  /** The run is over: what was not begun stays undone. */
  ended: boolean;
  current: boolean;
  shown: boolean;
  onLook: () => void;
}) {
  const open = ended && (step.state === 'ready' || step.state === 'waiting');
  const state = !step.applicable ? 'not-applicable' : open ? 'pending' : step.state;
  const { word, icon: Icon, tone } = stepStateWords[state];
  return (
    <button
      type="button"
      className={classNames(
        styles.step,
        current && styles.current,
        shown && styles.shown,
        state === 'not-applicable' && styles.notNeeded,
      )}
      aria-current={current ? 'step' : undefined}
      onClick={onLook}
    >
      <Icon
        size={15}
        strokeWidth={2.1}
        aria-hidden="true"
        className={classNames(styles.icon, styles[tone], state === 'active' && styles.working)}
      />
      <span className={styles.title}>
        {step.title}
        <span className={classNames(styles.word, state === 'pending' && 'visually-hidden')}>{word}</span>
      </span>
    </button>
  );
}

function notNeeded(count: number): string {
  return count === 1 ? '1 step that is not needed' : `${count} steps that are not needed`;
}
