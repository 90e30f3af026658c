import { ScrollText, Terminal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useMirror } from '#renderer/state/store.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { CodeBlock } from '#renderer/ui/code-block/code-block.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Progress } from '#renderer/ui/progress/progress.tsx';
import { stepView } from '#shared/logic/step-view.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import { OtherActs } from './acts/other-acts.tsx';
import { PrimaryAct } from './acts/primary-act.tsx';
import { useStepAct } from './acts/use-step-act.ts';
import styles from './current-step.module.css';
import { LastResult } from './last-result.tsx';
import { Lines } from './lines.tsx';
import { RecoveryFileStep } from './recovery-file-step.tsx';
import { stepStateWords } from './step-state-words.ts';
import { StepText } from './step-text.tsx';
import { StepTimer } from './step-timer.tsx';
import { StopCommand } from './stop-command.tsx';
import { WaitNotice } from './wait-notice.tsx';
import { WaysOn } from './ways-on.tsx';

const noLines: readonly string[] = [];

/** The step that the run stands at: why, what to do, what will happen, and one primary act. */
export function CurrentStep({
  detail,
  step,
  onLook,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  onLook: (stepId: string) => void;
}) {
  const { run } = detail;
  const view = stepView(run, step.id);
  const act = useStepAct(run.run_id, step.id);
  const lines = useMirror((mirror) => mirror.progress[run.run_id]) ?? noLines;
  // While something of the run is at work, or it is paused, main offers nothing. What was offered stays, busy or
  // hidden: a form that went away would take with it what was typed.
  const atWork = detail.acts.some((offer) => offer.act === 'stop');
  const paused = run.state === 'paused';
  const holds = atWork || paused;
  const [held, setHeld] = useState(step.acts);
  if (!holds && held !== step.acts) setHeld(step.acts);
  const offers = holds ? held : step.acts;
  const primary = offers.find((offer) => offer.primary);
  // On the way to an answer something may be looked at: beside the act, not instead of it.
  const looks = step.effects
    ? undefined
    : offers.find((offer) => offer.act === 'run-action' && !offer.primary);
  const working =
    act.pending ||
    atWork ||
    step.state === 'active' ||
    step.state === 'verifying' ||
    step.state === 'rolling-back';
  const steps = detail.steps.filter(({ applicable, state }) => applicable && state !== 'not-applicable');
  const waits = step.state === 'waiting' && run.resume_after !== null;
  const wayBack = run.rotations.some(({ state }) => state === 'rolling-back');
  // What the step says does not hold any longer: something else is to be done first.
  const besides =
    wayBack || step.decisions.length > 0 || (step.kind === 'commit' && step.state === 'waiting');
  const problem = act.error && (
    <ErrorNotice error={act.error} actions={<WaysOn code={act.error.code} detail={detail} />} />
  );
  // An error says what matters; what led to it is there for whoever wants it.
  const found = view.error ? noLines : view.result;
  const output = working ? lines : [...view.result, ...lines].filter((line) => !found.includes(line));
  const phase = detail.phases.find(({ id }) => id === step.phase);
  const section = useRef<HTMLElement>(null);
  const { word, icon, tone } = stepStateWords[step.state];

  // Ctrl+Enter takes the primary act from anywhere in the step.
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return;
      if (document.querySelector('[data-modal]') !== null) return;
      const button = section.current?.querySelector<HTMLButtonElement>('[data-primary-act]');
      if (!button || button.closest('[hidden]') !== null) return;
      event.preventDefault();
      button.click();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  return (
    <section ref={section} className={styles.step} aria-label="Current step">
      <header>
        <p className={styles.place}>
          {phase?.title} · Step {steps.findIndex(({ id }) => id === step.id) + 1} of {steps.length}
        </p>
        <h2 tabIndex={-1} className={styles.title}>
          {step.title}
        </h2>
        {!besides && <p className={styles.why}>{step.why}</p>}
        <div className={styles.marks}>
          {step.state !== 'ready' && (
            <Badge tone={tone} icon={icon}>
              {word}
            </Badge>
          )}
          <StepTimer step={step} />
        </div>
      </header>

      {wayBack && (
        <Banner tone="warning" title="The run is on its way back.">
          <p>
            It turned round at this step. Nothing further is done forward; the acts below finish the way back.
          </p>
        </Banner>
      )}
      {view.attempts === 0 && <LastResult detail={detail} step={step} onLook={onLook} />}
      <WaitNotice detail={detail} step={step} />
      {view.error && (
        <ErrorNotice error={view.error} actions={<WaysOn code={view.error.code} detail={detail} />} />
      )}
      {found.length > 0 && (
        <div className={styles.box}>
          <h3>{step.decisions.length > 0 ? 'What was found' : 'Result'}</h3>
          <Lines lines={found} />
        </div>
      )}

      {!besides && <StepText step={step} asks={primary?.act === 'confirm'} />}
      {!waits && !besides && primary?.act !== 'attest' && step.preview.length > 0 && (
        <div className={styles.box}>
          <h3>{run.dry_run && step.effects ? 'What would happen' : 'What will happen'}</h3>
          <Lines lines={step.preview} />
        </div>
      )}

      {step.evidence?.required && !step.evidence.given && (
        <Banner tone="info" title={`Evidence is needed here: ${step.evidence.label}.`}>
          <p>Add it below before you go on. Secrets in it are redacted before it is stored.</p>
        </Banner>
      )}

      {working && (
        <div className={styles.working} role="status">
          <Progress label={step.action ?? 'Working'} share={null} />
          <StopCommand detail={detail} />
        </div>
      )}
      {output.length > 0 &&
        (working ? (
          <CodeBlock code={output.join('\n')} label="Output of the command" wrap />
        ) : (
          <details className={styles.equivalent}>
            <summary>
              <ScrollText size={14} aria-hidden="true" /> What was done and said, line by line
            </summary>
            <CodeBlock code={[...new Set(output)].join('\n')} label="Output of the command" wrap />
          </details>
        ))}

      {!detail.mine ? (
        <Banner tone="info" title={`The run belongs to ${run.operator}.`}>
          <p>Only its operator acts. Take it over above, if they cannot.</p>
        </Banner>
      ) : (
        <>
          {paused && (
            <Banner tone="warning" title="The run is paused.">
              <p>Choose “Go on” above. It goes on at this step.</p>
            </Banner>
          )}
          <div className={styles.acts} hidden={paused}>
            {looks && !working && (
              <div className={styles.looks}>
                <Button onClick={() => void act.perform({ act: 'run-action' })}>{looks.label}</Button>
                <span className={styles.soft}>It only looks. Nothing is changed.</span>
              </div>
            )}
            {step.action_name === 'recovery.check' && <RecoveryFileStep detail={detail} />}
            {primary ? (
              <PrimaryAct
                detail={detail}
                step={step}
                offer={primary}
                act={act}
                working={working}
                problem={problem}
              />
            ) : (
              problem
            )}
            <OtherActs
              detail={detail}
              step={step}
              offers={offers.filter((offer) => !offer.primary && offer !== looks)}
              act={act}
              working={working}
            />
          </div>
        </>
      )}

      {besides && (
        <details className={styles.equivalent}>
          <summary>
            <ScrollText size={14} aria-hidden="true" /> What the step says
          </summary>
          <div className={styles.aside}>
            <StepText step={step} asks={false} />
          </div>
        </details>
      )}
      {step.equivalent_command && (
        <details className={styles.equivalent}>
          <summary>
            <Terminal size={14} aria-hidden="true" /> The same in a terminal
          </summary>
          <CodeBlock
            code={step.equivalent_command}
            label="Equivalent command"
            copyLabel="Copy the equivalent command"
          />
        </details>
      )}
      {step.controls.length > 0 && (
        <p className={styles.controls}>Supporting evidence for {step.controls.join(', ')}</p>
      )}
    </section>
  );
}
