import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { FindingSeverity, ReportFinding } from '#shared/model/report.ts';
import styles from './preview.module.css';

const severities: Readonly<Record<FindingSeverity, { word: string; tone: Tone }>> = {
  critical: { word: 'Critical', tone: 'danger' },
  high: { word: 'High', tone: 'danger' },
  medium: { word: 'Medium', tone: 'warning' },
  low: { word: 'Low', tone: 'neutral' },
};

/** The findings, the most severe first; accepted ones say so. */
export function PreviewFindings({ findings, total }: { findings: readonly ReportFinding[]; total: number }) {
  return (
    <section aria-label="Findings" className={styles.counts}>
      <h3>Findings</h3>
      {findings.length === 0 ? (
        <p className={styles.soft}>None.</p>
      ) : (
        <ul className={styles.findings}>
          {findings.map((finding) => (
            <li key={`${finding.code} ${finding.environment?.id} ${finding.key} ${finding.events.join()}`}>
              <Badge tone={finding.exception === null ? severities[finding.severity].tone : 'neutral'}>
                {finding.exception === null ? severities[finding.severity].word : 'Accepted'}
              </Badge>
              <div>
                <p>
                  {finding.title}
                  {(finding.key !== null || finding.environment !== null) && (
                    <span className={styles.soft}>
                      {' '}
                      · {[finding.key, finding.environment?.name].filter(Boolean).join(', ')}
                    </span>
                  )}
                </p>
                <p className={styles.soft}>{finding.detail}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {total > findings.length && (
        <p className={styles.soft}>
          And {(total - findings.length).toLocaleString('en')} more in the report.
        </p>
      )}
    </section>
  );
}
