import styles from './current-step.module.css';

/** What was found or will happen, line by line; a line that begins with spaces belongs to the one above it. */
export function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className={styles.bullets}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same, and their order stays
        <li key={index} className={line.startsWith(' ') ? styles.belongs : undefined}>
          {line.trim()}
        </li>
      ))}
    </ul>
  );
}
