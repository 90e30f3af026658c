import { Banner } from '#renderer/ui/banner/banner.tsx';
import type { ValidationReport } from '#shared/model/status.ts';
import styles from './keys-tab.module.css';

/** What the service's start-up validation would say. */
export function ValidationResult({ report }: { report: ValidationReport }) {
  const { valid, errors, warnings } = report;
  return (
    <Banner
      role="status"
      tone={valid ? (warnings.length > 0 ? 'warning' : 'success') : 'danger'}
      title={
        valid
          ? warnings.length > 0
            ? 'Valid, with warnings.'
            : 'All keys are valid for this stage.'
          : `Not valid: ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}.`
      }
    >
      {[...errors, ...warnings].length > 0 && (
        <ul className={styles.problems}>
          {[...errors, ...warnings].map((problem) => (
            <li key={`${problem.key}/${problem.code}/${problem.message}`}>
              <code>{problem.key}</code> {problem.message}
            </li>
          ))}
        </ul>
      )}
    </Banner>
  );
}
