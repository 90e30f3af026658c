import styles from './kbd.module.css';

const isMac = /mac/i.test(navigator.userAgent);

/** A shortcut as the platform writes it. `Mod` is Ctrl, or Command on a Mac. */
export function Kbd({ shortcut }: { shortcut: string }) {
  const keys = shortcut.split('+').map((key) => (key === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : key));
  return (
    <span className={styles.keys}>
      {keys.map((key) => (
        <kbd key={key} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
