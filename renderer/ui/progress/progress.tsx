import { Progress as Base } from '@base-ui/react/progress';
import styles from './progress.module.css';

/** Work that takes a while. `share` from 0 to 1; null while it cannot be counted. */
export function Progress({ label, share }: { label: string; share: number | null }) {
  return (
    <Base.Root className={styles.root} value={share === null ? null : Math.round(share * 100)}>
      <Base.Label className={styles.label}>{label}</Base.Label>
      {share !== null && <Base.Value className={styles.value} />}
      <Base.Track className={styles.track}>
        <Base.Indicator className={styles.indicator} />
      </Base.Track>
    </Base.Root>
  );
}
