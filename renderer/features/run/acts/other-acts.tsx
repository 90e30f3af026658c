import { useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import type { RunDetail, RunStepDetail, StepActOffer } from '#shared/model/run-detail.ts';
import { buildAct, emptyDraft } from './act-draft.ts';
import { ActForm } from './act-form.tsx';
import styles from './acts.module.css';
import { EvidenceForm } from './evidence-form.tsx';
import type { StepActing } from './use-step-act.ts';

/** What else can be done at the step: evidence, the ways around it, the way back. */
export function OtherActs({
  detail,
  step,
  offers,
  act,
  working,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  offers: readonly StepActOffer[];
  act: StepActing;
  working: boolean;
}) {
  const [asking, setAsking] = useState<StepActOffer | null>(null);
  const evidence = offers.find((offer) => offer.act === 'add-evidence');
  const needed = step.evidence?.required === true && !step.evidence.given;
  const others = offers.filter((offer) => offer.act !== 'add-evidence');
  if (offers.length === 0) return null;
  return (
    <div className={styles.others}>
      {evidence && (
        <EvidenceForm
          detail={detail}
          step={step}
          title={evidence.label}
          act={act}
          working={working}
          open={needed}
        />
      )}
      {others.length > 0 && (
        <div className={styles.otherButtons}>
          {others.map((offer) => (
            <Button
              key={offer.act}
              size="small"
              disabled={working}
              title={offer.consequence ?? undefined}
              onClick={() =>
                offer.asks.length > 0 || offer.deviation
                  ? setAsking(offer)
                  : void act.perform(buildAct(offer, emptyDraft(detail, step), step))
              }
            >
              {offer.asks.length > 0 || offer.deviation ? `${offer.label}…` : offer.label}
            </Button>
          ))}
        </div>
      )}
      {asking && (
        <Dialog
          open
          onClose={() => setAsking(null)}
          busy={act.pending}
          title={asking.label}
          description={`${step.title}, in ${detail.environment.name}`}
        >
          <ActForm
            detail={detail}
            step={step}
            offer={asking}
            act={act}
            working={act.pending}
            onDone={() => setAsking(null)}
          />
          {act.error && <ErrorNotice error={act.error} />}
        </Dialog>
      )}
    </div>
  );
}
