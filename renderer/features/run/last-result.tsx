import { Button } from '#renderer/ui/button/button.tsx';
import { earlierResults } from '#shared/logic/earlier-results.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './current-step.module.css';
import { Lines } from './lines.tsx';

/** More lines of one step are shown where its record is. */
const shownLines = 8;

/**
 * What the checks before this step found. The run moves on by itself when a check is done, and what it found is what
 * the next decision is about.
 */
export function LastResult({
  detail,
  step,
  onLook,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  onLook: (stepId: string) => void;
}) {
  const results = earlierResults(detail, step);
  if (results.length === 0) return null;
  return (
    <section className={styles.last} aria-label="What was found before">
      {results.map(({ id, title, lines }) => (
        <div key={id}>
          <h3>{title}</h3>
          <Lines lines={lines.slice(0, shownLines)} />
          {lines.length > shownLines && (
            <Button size="small" variant="quiet" onClick={() => onLook(id)}>
              Show all {lines.length} lines
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}
