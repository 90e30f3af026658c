import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import styles from './environment-fields.module.css';
import { HostKeys } from './host-keys.tsx';
import type { useComparedHosts } from './use-compared-hosts.ts';

/** What the hosts showed when they were asked, what is to be compared, and what keeps them from being used. */
export function ComparedHosts({ hosts }: { hosts: ReturnType<typeof useComparedHosts> }) {
  const { asking, error, findings, compared, onCompared, problem } = hosts;
  return (
    <>
      {asking && <Loading label="Asking the hosts for their keys" lines={2} />}
      {error && <ErrorNotice error={error} />}
      {findings.length > 0 && <HostKeys findings={findings} compared={compared} onCompared={onCompared} />}
      <p role="status" className={styles.problem}>
        {problem}
      </p>
    </>
  );
}
