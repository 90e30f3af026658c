import { useEffect, useRef } from 'react';
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
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [detail.current_step_id]);
  const applicable = detail.steps.filter((step) => step.applicable && step.state !== 'not-applicable');
  const done = applicable.filter(({ state }) => state === 'done' || state === 'skipped').length;
  return (
    <nav ref={list} className={styles.list} aria-label="Steps">
      <p className={styles.count}>
        {done} of {applicable.length} steps done
      </p>
      {detail.phases.map((phase) => {
        const steps = detail.steps.filter((step) => step.phase === phase.id);
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
    </nav>
  );
}

function StepLine({
  step,
  current,
  shown,
  onLook,
}: {
  step: RunStepDetail;
  current: boolean;
  shown: boolean;
  onLook: () => void;
}) {
  const state = step.applicable ? step.state : 'not-applicable';
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
