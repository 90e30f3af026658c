import styles from './current-step.module.css';

/** What was found or will happen, line by line. */
export function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className={styles.bullets}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same, and their order stays
        <li key={index}>{line}</li>
      ))}
    </ul>
  );
}
