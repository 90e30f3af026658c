import { FilePlus2, GraduationCap } from 'lucide-react';
import { useState } from 'react';
import { openPractice } from '#renderer/features/commands/run-command.ts';
import { navigate } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import styles from './first-environment.module.css';

/** The two ways to begin. `onChosen` runs before the next screen opens. */
export function FirstEnvironment({ onChosen }: { onChosen?: () => void }) {
  const [starting, setStarting] = useState(false);
  return (
    <div className={styles.ways}>
      <div className={styles.way}>
        <GraduationCap size={22} strokeWidth={1.7} aria-hidden="true" className={styles.icon} />
        <h2>Practise first</h2>
        <p>
          A made-up environment with overdue keys, and a small service on this machine that uses them. Rotate,
          break and roll back; nothing real is touched.
        </p>
        <Button
          variant="primary"
          busy={starting}
          onClick={async () => {
            setStarting(true);
            onChosen?.();
            await openPractice();
            setStarting(false);
          }}
        >
          Start practising
        </Button>
      </div>
      <div className={styles.way}>
        <FilePlus2 size={22} strokeWidth={1.7} aria-hidden="true" className={styles.icon} />
        <h2>Add an environment</h2>
        <p>
          Point Rekey at a <code>.env</code> file. It reads which keys are there and says which are due.
          Nothing is changed until you start a rotation.
        </p>
        <Button
          onClick={() => {
            onChosen?.();
            navigate({ screen: 'add-environment' });
          }}
        >
          Add an environment
        </Button>
      </div>
    </div>
  );
}
