import type { ReactNode } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import type { RunDetail, RunStepDetail, StepActOffer } from '#shared/model/run-detail.ts';
import { ActForm } from './act-form.tsx';
import styles from './acts.module.css';
import type { StepActing } from './use-step-act.ts';

/** The one act that the step is about, with what it asks for. */
export function PrimaryAct({
  detail,
  step,
  offer,
  act,
  working,
  problem,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  offer: StepActOffer;
  act: StepActing;
  working: boolean;
  /** Why the last act failed: where the eye is, however far the step is scrolled. */
  problem: ReactNode;
}) {
  return (
    <div className={classNames(styles.primary, offer.asks.length === 0 && styles.held)}>
      {problem}
      <ActForm detail={detail} step={step} offer={offer} act={act} working={working} primary />
    </div>
  );
}
