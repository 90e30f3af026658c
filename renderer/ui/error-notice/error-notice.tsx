import type { ReactNode } from 'react';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import type { ErrorReport } from '#shared/model/errors.ts';
import styles from './error-notice.module.css';

type Shown = Pick<ErrorReport, 'message' | 'unchanged' | 'remedy'> & { code: string };

/** An error as every screen shows it: what happened, what was not changed, what to do now. */
export function ErrorNotice({ error, actions }: { error: Shown; actions?: ReactNode }) {
  return (
    <Banner tone="danger" role="alert" title={error.message} actions={actions}>
      <p>{error.unchanged}</p>
      <p className={styles.remedy}>{error.remedy}</p>
      <p className={styles.code}>
        Code <code>{error.code}</code>
      </p>
    </Banner>
  );
}
