import { FolderOpen } from 'lucide-react';
import { OperatorForm } from '#renderer/features/welcome/operator-form.tsx';
import { hashOf } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { RadioGroup } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page, Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import { Contacts } from './contacts.tsx';
import { KeychainSection } from './keychain-section.tsx';
import { ScheduleSection } from './schedule-section.tsx';
import styles from './settings.module.css';

type Theme = 'system' | 'light' | 'dark';

export default function Settings() {
  const app = useMirror((mirror) => mirror.app);
  const theme = useCall('settings.set-theme');
  const reveal = useCall('app.reveal-data-folder');
  useReady('settings', app !== null);
  if (app === null) {
    return (
      <Page title="Settings">
        <Loading label="Reading the settings" />
      </Page>
    );
  }
  return (
    <Page title="Settings" subtitle="Shared by the window and the rekey command.">
      <div className={styles.column}>
        <Section title="Operator" hint="Recorded as user_id with everything you do.">
          <OperatorForm
            key={app.settings.operator?.email ?? ''}
            operator={app.settings.operator}
            label="Save the operator"
            onSaved={() => notify({ title: 'Operator saved' })}
          />
        </Section>
        <KeychainSection app={app} />
        <ScheduleSection />
        <Section title="Contacts" hint="Whom to call. Shown in the follow-up steps of runbooks.">
          <Contacts key={JSON.stringify(app.settings.contacts)} contacts={app.settings.contacts} />
        </Section>
        <Section title="Theme">
          <div className={styles.themes}>
            <RadioGroup
              legend="Theme"
              legendHidden
              name="theme"
              value={app.settings.theme}
              onChange={(value) => void theme.run({ theme: value as Theme })}
              options={[
                { value: 'system', label: 'Like the system' },
                { value: 'light', label: 'Light' },
                { value: 'dark', label: 'Dark' },
              ]}
            />
          </div>
          {theme.error && <ErrorNotice error={theme.error} />}
        </Section>
        <Section title="Data folder" hint="Settings, sealed values, runs and the log. Back it up as a whole.">
          <p className={styles.path}>
            <code>{app.dataFolder}</code>
            <CopyButton text={app.dataFolder} label="Copy the path of the data folder" />
          </p>
          <div>
            <Button
              icon={<FolderOpen size={15} aria-hidden="true" />}
              busy={reveal.pending}
              onClick={() => void reveal.run()}
            >
              Show the data folder
            </Button>
          </div>
          {reveal.error && <ErrorNotice error={reveal.error} />}
        </Section>
        <Section title="Event log">
          <p>
            {app.log.size.toLocaleString('en')} events in <code>{app.log.folder}</code>.{' '}
            <a href={hashOf({ screen: 'events' })}>Verify, export or move it in Events</a>
          </p>
        </Section>
        <p className={styles.version}>
          Rekey {app.version}, {app.runtime === 'release' ? 'release runtime' : 'development runtime'},{' '}
          {app.platform}
        </p>
      </div>
    </Page>
  );
}
