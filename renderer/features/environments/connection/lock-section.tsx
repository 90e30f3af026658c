import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { hashOf } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import styles from '../keys/keys-tab.module.css';

const owners = {
  alive: 'That process is running.',
  dead: 'That process is gone: the lock was left behind.',
  unknown: 'It is on another machine, or from before a restart: whether it still works is unknown.',
} as const;

/** Who is changing the environment right now, and taking the lock away on purpose. */
export function LockSection({ detail, onChanged }: { detail: EnvironmentDetail; onChanged: () => void }) {
  const [asking, setAsking] = useState(false);
  const { lock, config } = detail;
  // A colleague's run is not known on this machine.
  const known = useMirror((mirror) => mirror.runs?.some(({ run_id }) => run_id === lock?.runId) ?? false);
  return (
    <Section title="Lock" hint="One operator’s changes at a time.">
      {lock === null ? (
        <p className={styles.soft}>Not locked.</p>
      ) : (
        <Banner
          tone="warning"
          title={`Locked by ${lock.operator} on ${lock.host}.`}
          actions={<Button onClick={() => setAsking(true)}>Release the lock…</Button>}
        >
          <p>
            Since <LocalTime at={lock.at} seconds />. {owners[lock.owner]}{' '}
            {known && <a href={hashOf({ screen: 'run', id: lock.runId })}>Open its run</a>}
          </p>
        </Banner>
      )}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Release the lock of ${config.name}?`}
        confirmLabel="Release the lock"
        danger
        reasonLabel="Why it is released"
        typeToConfirm={config.stage === 'production' ? config.name : null}
        onConfirm={async ({ reason }) => {
          const reply = await call('environments.unlock', { environmentId: config.id, reason });
          if (!reply.ok) return reply.error;
          onChanged();
          return null;
        }}
      >
        {lock && (
          <p>
            {lock.operator} on {lock.host} holds it. {owners[lock.owner]} If they are still at work, talk to
            them first: two people changing one file at once is what the lock prevents.
          </p>
        )}
      </ConfirmDialog>
    </Section>
  );
}
