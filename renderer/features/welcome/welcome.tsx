import { useEffect, useRef } from 'react';
import { StandingBanners } from '#renderer/features/shell/standing-banners.tsx';
import { isVaultLocked, startsWithPractice, useWelcome } from '#renderer/features/shell/welcome-state.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import type { AppState } from '#shared/ipc/contract.ts';
import { FirstEnvironment } from './first-environment.tsx';
import { KeychainStep } from './keychain-step.tsx';
import { OperatorForm } from './operator-form.tsx';
import { UnlockVault } from './unlock-vault.tsx';
import styles from './welcome.module.css';

type Stage = 'operator' | 'unlock' | 'keychain' | 'begin';

const steps = [
  { id: 'operator', title: 'Who you are' },
  { id: 'keychain', title: 'Where secrets are kept' },
  { id: 'begin', title: 'Where to begin' },
] as const;

/** Before the screens open: who is acting, a keychain that lasts, and a first environment. */
export default function Welcome({ app }: { app: AppState }) {
  const next = useWelcome((state) => state.next);
  const heading = useRef<HTMLHeadingElement>(null);
  const stage: Stage =
    app.settings.operator === null
      ? 'operator'
      : isVaultLocked(app)
        ? 'unlock'
        : next === 'begin' && !app.welcome
          ? 'begin'
          : 'keychain';
  // Who introduces themselves is shown every step, whatever is known by then.
  const isNew = app.settings.operator === null;
  useEffect(() => {
    if (isNew) useWelcome.setState({ next: 'keychain' });
  }, [isNew]);
  const asked = steps.filter(({ id }) => id !== 'begin' || !startsWithPractice());
  const position = asked.findIndex(({ id }) => id === stage);
  useReady('welcome', true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the heading takes the focus whenever the stage changes
  useEffect(() => {
    heading.current?.focus();
    document.title = 'Welcome – Rekey';
  }, [stage]);
  const leave = () => useWelcome.setState({ next: null });
  return (
    <div className={styles.window}>
      <StandingBanners runtimeOnly />
      <main className={styles.welcome}>
        <p className={styles.brand}>Rekey</p>
        {stage !== 'unlock' && (
          <ol className={styles.steps} aria-label="Steps of the welcome">
            {asked.map(({ id, title }, index) => (
              <li
                key={id}
                aria-current={id === stage ? 'step' : undefined}
                className={classNames(
                  styles.step,
                  id === stage && styles.now,
                  index < position && styles.past,
                )}
              >
                <span className={styles.number}>{index + 1}</span> {title}
              </li>
            ))}
          </ol>
        )}
        {stage === 'operator' && (
          <>
            <h1 ref={heading} tabIndex={-1}>
              Who are you?
            </h1>
            <p className={styles.lead}>
              Every act is recorded with your e-mail address as <code>user_id</code>. It stays on this
              machine.
            </p>
            <OperatorForm operator={null} label="Continue" onSaved={() => {}} />
          </>
        )}
        {stage === 'unlock' && (
          <>
            <h1 ref={heading} tabIndex={-1}>
              Unlock the vault
            </h1>
            <p className={styles.lead}>Sealed values and credentials open with your passphrase.</p>
            <UnlockVault />
          </>
        )}
        {stage === 'keychain' && (
          <>
            <h1 ref={heading} tabIndex={-1}>
              Where are secrets kept?
            </h1>
            <p className={styles.lead}>
              Old and new values are sealed on disk under a key that a keychain holds. Rekey tries it out by
              writing, reading and deleting an entry.
            </p>
            <KeychainStep
              app={app}
              onUsable={() =>
                useWelcome.setState({ next: next === null || startsWithPractice() ? null : 'begin' })
              }
            />
          </>
        )}
        {stage === 'begin' && (
          <>
            <h1 ref={heading} tabIndex={-1}>
              Where do you want to begin?
            </h1>
            <p className={styles.lead}>You can do the other at any time.</p>
            <FirstEnvironment onChosen={leave} />
            <button type="button" className={styles.later} onClick={leave}>
              Decide later, and look around
            </button>
          </>
        )}
      </main>
    </div>
  );
}
