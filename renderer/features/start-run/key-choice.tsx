import { useId } from 'react';
import { KeyStatusMark } from '#renderer/features/status/key-status-mark.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import type { KeyStatus } from '#shared/model/key.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import styles from './key-choice.module.css';

const due: readonly KeyStatus[] = [
  'compromised',
  'missing',
  'invalid',
  'drifted',
  'overdue',
  'unrecorded',
  'due-soon',
];

/** In an emergency the compromised keys; otherwise those that are due. */
export function keysToBeginWith(
  environment: EnvironmentStatus | null,
  mode: 'planned' | 'emergency' | null,
): ReadonlySet<string> {
  const wanted = mode === 'emergency' ? ['compromised'] : due;
  return new Set(environment?.keys.filter(({ status }) => wanted.includes(status)).map(({ key }) => key));
}

/** Which keys a run takes, each with its status. */
export function KeyChoice({
  environment,
  all,
  chosen,
  onChange,
  error,
}: {
  environment: EnvironmentStatus;
  /** The runbook takes every key. */
  all: boolean;
  chosen: ReadonlySet<string>;
  onChange: (keys: ReadonlySet<string>) => void;
  error: string | undefined;
}) {
  const id = useId();
  const names = environment.keys.map(({ key }) => key);
  if (all) {
    return (
      <p className={styles.all}>
        All {names.length} keys of this environment are replaced, signing keys before encryption keys.
      </p>
    );
  }
  return (
    <fieldset className={styles.keys} aria-describedby={error ? `${id}-error` : undefined}>
      <legend className={styles.legend}>Keys</legend>
      {names.length === 0 ? (
        <p className={styles.none}>
          {environment.reachable
            ? 'This environment has no keys.'
            : 'The environment cannot be read, so its keys are unknown.'}
        </p>
      ) : (
        <ul className={styles.list}>
          {environment.keys.map(({ key, status }) => (
            <li key={key}>
              <label className={styles.key}>
                <input
                  type="checkbox"
                  checked={chosen.has(key)}
                  onChange={(event) => {
                    const next = new Set(chosen);
                    if (event.target.checked) next.add(key);
                    else next.delete(key);
                    onChange(next);
                  }}
                />
                <span className={styles.name}>{key}</span>
                <KeyStatusMark status={status} />
              </label>
            </li>
          ))}
        </ul>
      )}
      {names.length > 1 && (
        <div className={styles.buttons}>
          <Button size="small" variant="quiet" onClick={() => onChange(new Set(names))}>
            Choose all
          </Button>
          <Button size="small" variant="quiet" onClick={() => onChange(new Set())}>
            Choose none
          </Button>
        </div>
      )}
      <p id={`${id}-error`} className={styles.error} aria-live="polite">
        {error}
      </p>
    </fieldset>
  );
}
