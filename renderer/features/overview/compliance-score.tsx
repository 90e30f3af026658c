import { useId, useState } from 'react';
import { allKeys, byImportance, complianceScore } from '#renderer/features/status/standing.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import styles from './compliance-score.module.css';

/** One number, and how it is made one click away. Practice keys never count. */
export function ComplianceScore({
  environments,
  practice,
}: {
  environments: readonly EnvironmentStatus[];
  practice: boolean;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const total = complianceScore(allKeys(environments));
  return (
    <div className={styles.box}>
      {total === null ? (
        <p className={styles.none}>
          {practice ? 'Practice keys do not count, and there are no others yet.' : 'No keys are counted yet.'}
        </p>
      ) : (
        <>
          <p className={styles.score}>
            <span className={styles.number}>{total.score}</span>
            <span className={styles.of}>of 100</span>
          </p>
          <p className={styles.line}>
            {total.compliant} of {total.listed} keys are within policy.
          </p>
        </>
      )}
      <Button
        variant="quiet"
        size="small"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {open ? 'Hide how it is counted' : 'How it is counted'}
      </Button>
      <div id={id} hidden={!open} className={styles.formula}>
        <p>
          <code>round(100 × keys that are OK, due soon, rotating or soaking ÷ keys listed)</code>
        </p>
        <p>
          Listed are the catalog keys that an environment has, those that its stage requires, and its custom
          keys. Due soon counts as within policy; unrecorded does not.
          {practice && ' The practice environment is left out.'}
        </p>
        <ul className={styles.list}>
          {byImportance(environments).map((environment) => (
            <li key={environment.id}>
              <span className={styles.name}>{environment.name}</span>
              <span className={styles.value}>{environment.compliance_score}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
