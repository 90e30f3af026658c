import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { hashOf } from '#renderer/state/route.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { EvidenceItem } from './evidence-item.tsx';
import { adoptionWords, rotationStateWords } from './rotation-state-words.ts';
import { RunActDialogs } from './run-acts.tsx';
import { RunHosts } from './run-hosts.tsx';
import styles from './run-record.module.css';
import { timelineOf } from './timeline.ts';

/** What the run has to show for itself: keys, evidence, timeline. */
export function RunRecord({ detail }: { detail: RunDetail }) {
  const [noting, setNoting] = useState(false);
  const { run } = detail;
  const evidence = run.steps.flatMap((step) =>
    step.evidence.map((one) => ({
      ...one,
      step: detail.steps.find(({ id }) => id === step.id)?.title ?? step.id,
    })),
  );
  const timeline = timelineOf(detail);
  return (
    <aside className={styles.record} aria-label="Evidence and timeline">
      {run.rotations.length > 0 && (
        <section aria-label="Keys of this run">
          <h2>Keys</h2>
          <ul className={styles.list}>
            {run.rotations.map((rotation) => (
              <li key={rotation.rotation_id}>
                <p className={styles.key}>{rotation.key}</p>
                <p>
                  {rotationStateWords[rotation.state]}
                  {rotation.adoption && ` · ${adoptionWords[rotation.adoption]}`}
                </p>
                {rotation.blocked_reason && <p className={styles.blocked}>{rotation.blocked_reason}</p>}
                {(rotation.old_fingerprint || rotation.new_fingerprint) && (
                  <p className={styles.fingerprints} title="Fingerprints: the old value, then the new one">
                    {rotation.old_fingerprint ?? 'none'} → {rotation.new_fingerprint ?? 'not yet'}
                  </p>
                )}
                {rotation.reencryption && (
                  <p className={styles.soft}>
                    {rotation.reencryption.changed} of {rotation.reencryption.total} re-encrypted,{' '}
                    {rotation.reencryption.remaining_old} left under the old value
                  </p>
                )}
                {rotation.retire_after && rotation.state === 'soaking' && (
                  <p className={styles.soft}>
                    Old value accepted until <LocalTime at={rotation.retire_after} />
                  </p>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <RunHosts detail={detail} />
      <section aria-label="Evidence">
        <h2>Evidence</h2>
        {evidence.length === 0 ? (
          <p className={styles.soft}>
            None yet. What you paste, attach or attest stands here, with its hash.
          </p>
        ) : (
          <ul className={styles.list}>
            {evidence.map((one) => (
              <li key={`${one.sha256}/${one.at}`}>
                <EvidenceItem runId={run.run_id} evidence={one} step={one.step} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label="Timeline">
        <div className={styles.head}>
          <h2>Timeline</h2>
          {detail.acts.some(({ act }) => act === 'note') && (
            <Button
              size="small"
              variant="quiet"
              icon={<MessageSquarePlus size={14} aria-hidden="true" />}
              onClick={() => setNoting(true)}
            >
              Add a note
            </Button>
          )}
        </div>
        <ol className={styles.timeline}>
          {timeline.map((entry) => (
            <li key={`${entry.at}/${entry.text}`}>
              <p className={styles.when}>
                <LocalTime at={entry.at} seconds />
              </p>
              <p>
                {entry.mark && <Badge tone={entry.mark.tone}>{entry.mark.word}</Badge>} {entry.text}
              </p>
              {entry.by && <p className={styles.soft}>{entry.by}</p>}
            </li>
          ))}
        </ol>
        <p className={styles.all}>
          <a href={hashOf({ screen: 'events', runId: run.run_id })}>All events of this run</a>
        </p>
      </section>
      <RunActDialogs detail={detail} act={noting ? 'note' : null} onClose={() => setNoting(false)} />
    </aside>
  );
}
