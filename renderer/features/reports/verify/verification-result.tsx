import { CircleCheck, CircleMinus, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import type { BundleVerification, VerificationCheck } from '#shared/model/verification.ts';
import { checkTitles, levelsOf } from './verification-words.ts';
import styles from './verify-bundle.module.css';

/** What was found: the levels, then every check with its reason. */
export function VerificationResult({
  path,
  result,
  actions,
}: {
  path: string;
  result: BundleVerification;
  actions: ReactNode;
}) {
  return (
    <div className={styles.stack} role="status">
      <Section title="What was found" hint={<code className={styles.path}>{path}</code>} actions={actions}>
        <div className={styles.levels}>
          {levelsOf(result).map(({ title, word, tone, meaning }) => (
            <div key={title} className={styles.level}>
              <span className={styles.soft}>{title}</span>
              <Badge tone={tone}>{word}</Badge>
              <p className={styles.soft}>{meaning}</p>
            </div>
          ))}
        </div>
      </Section>
      <Section title="Every check">
        <ul className={styles.checks}>
          {result.checks.map((check) => (
            <li key={check.id}>
              <CheckMark check={check} />
              <div>
                <p className={styles.label}>{checkTitles[check.id]}</p>
                <p className={styles.soft}>{check.reason}</p>
              </div>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

function CheckMark({ check: { ok } }: { check: VerificationCheck }) {
  if (ok === null) {
    return (
      <Badge tone="neutral" icon={CircleMinus} look="plain">
        Not checked
      </Badge>
    );
  }
  return (
    <Badge tone={ok ? 'success' : 'danger'} icon={ok ? CircleCheck : CircleX} look="plain">
      {ok ? 'Holds' : 'Fails'}
    </Badge>
  );
}
