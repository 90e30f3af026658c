import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import styles from '../keys/keys-tab.module.css';
import { ConnectionTest } from './connection-test.tsx';
import { HealthCredential } from './health-credential.tsx';
import { LockSection } from './lock-section.tsx';
import { PracticeSection } from './practice-section.tsx';
import { RecoverSection } from './recover-section.tsx';

/** Whether the environment can be reached, changed and asked; and how to get out of trouble with it. */
export function ConnectionTab({ detail, onChanged }: { detail: EnvironmentDetail; onChanged: () => void }) {
  return (
    <div className={styles.stack}>
      <ConnectionTest environmentId={detail.config.id} />
      <LockSection detail={detail} onChanged={onChanged} />
      {detail.config.health && <HealthCredential detail={detail} onChanged={onChanged} />}
      {detail.config.practice && <PracticeSection onChanged={onChanged} />}
      <RecoverSection detail={detail} onChanged={onChanged} />
    </div>
  );
}
