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
}: {
  detail: RunDetail;
  step: RunStepDetail;
  offer: StepActOffer;
  act: StepActing;
  working: boolean;
}) {
  return (
    <div className={classNames(styles.primary, offer.asks.length === 0 && styles.held)}>
      <ActForm detail={detail} step={step} offer={offer} act={act} working={working} primary />
    </div>
  );
}
