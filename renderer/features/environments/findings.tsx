import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { Finding } from '#shared/model/finding.ts';
import styles from './findings.module.css';

const marks = {
  error: { icon: CircleAlert, word: 'Error' },
  warning: { icon: TriangleAlert, word: 'Warning' },
  info: { icon: Info, word: 'Note' },
} as const;

/** What is wrong or worth knowing, worst first. Never a value. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const order = { error: 0, warning: 1, info: 2 } as const;
  return (
    <ul className={styles.list}>
      {[...findings]
        .sort((a, b) => order[a.severity] - order[b.severity])
        .map((finding) => {
          const { icon: Icon, word } = marks[finding.severity];
          return (
            <li
              key={`${finding.code}/${finding.key}/${finding.line}/${finding.message}`}
              className={styles.finding}
            >
              <Icon size={15} aria-hidden="true" className={styles[finding.severity]} />
              <p>
                <span className={styles.word}>
                  {word}
                  {finding.key && ` in ${finding.key}`}
                  {finding.line !== undefined &&
                    !finding.message.toLowerCase().includes(`line ${finding.line}`) &&
                    `, line ${finding.line}`}
                  :
                </span>{' '}
                {finding.message} {finding.remedy && <span className={styles.remedy}>{finding.remedy}</span>}
              </p>
            </li>
          );
        })}
    </ul>
  );
}
