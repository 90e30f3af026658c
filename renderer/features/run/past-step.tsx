import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Markdown } from '#renderer/ui/markdown/markdown.tsx';
import { Duration, LocalTime } from '#renderer/ui/time/time.tsx';
import { stepView } from '#shared/logic/step-view.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './current-step.module.css';
import { Lines } from './lines.tsx';
import { stepStateWords } from './step-state-words.ts';

/** A step that is not the current one: its text, and what was done there. */
export function PastStep({
  detail,
  step,
  onBack,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  onBack: () => void;
}) {
  const view = stepView(detail.run, step.id);
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step that is looked at takes the focus
  useEffect(() => heading.current?.focus(), [step.id]);
  const state = step.applicable ? step.state : 'not-applicable';
  const { word, icon, tone } = stepStateWords[state];
  const chosen = step.branches.find(({ id }) => id === view.choice);
  return (
    <section className={styles.step} aria-label="Step record">
      <header>
        <Button size="small" icon={<ArrowLeft size={14} aria-hidden="true" />} onClick={onBack}>
          {detail.current_step_id === null ? 'Back to the end of the run' : 'Back to the current step'}
        </Button>
        <p className={styles.place}>{detail.phases.find(({ id }) => id === step.phase)?.title}</p>
        <h2 ref={heading} tabIndex={-1} className={styles.title}>
          {step.title}
        </h2>
        <p className={styles.why}>{step.why}</p>
        <div className={styles.marks}>
          <Badge tone={tone} icon={icon}>
            {word}
          </Badge>
          {view.ended_at && (
            <span className={styles.soft}>
              <LocalTime at={view.ended_at} seconds />
            </span>
          )}
          {view.duration_ms !== null && (
            <span className={styles.soft}>
              took <Duration milliseconds={view.duration_ms} />
            </span>
          )}
          {view.attempts > 1 && <span className={styles.soft}>{view.attempts} attempts</span>}
        </div>
      </header>
      {view.skipped_reason && <Banner tone="warning" title={`Skipped: ${view.skipped_reason}`} />}
      {chosen && (
        <p>
          <strong>Chosen:</strong> {chosen.label}
        </p>
      )}
      {view.input && Object.keys(view.input).length > 0 && (
        <dl className={styles.box}>
          {Object.entries(view.input).map(([id, value]) => (
            <div key={id}>
              <dt className={styles.soft}>{step.inputs.find((input) => input.id === id)?.label ?? id}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {view.result.length > 0 && (
        <div className={styles.box}>
          <h3>Result</h3>
          <Lines lines={view.result} />
        </div>
      )}
      {view.error && <ErrorNotice error={view.error} />}
      <Markdown text={step.instructions} />
    </section>
  );
}
