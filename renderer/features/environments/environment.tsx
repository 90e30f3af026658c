import { RefreshCw } from 'lucide-react';
import { useEffect } from 'react';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { type EnvironmentTab, environmentTabs, hashOf, navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { useLoaded } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { Tabs } from '#renderer/ui/tabs/tabs.tsx';
import { placeInWords } from '#shared/logic/connector-places.ts';
import { ConfigurationTab } from './configuration/configuration-tab.tsx';
import { ConnectionTab } from './connection/connection-tab.tsx';
import styles from './environment.module.css';
import { HistoryTab } from './history-tab.tsx';
import { KeysTab } from './keys/keys-tab.tsx';

const titles: Readonly<Record<EnvironmentTab, string>> = {
  keys: 'Keys',
  connection: 'Connection',
  configuration: 'Configuration',
  history: 'History',
};

export default function EnvironmentScreen({ id, tab }: { id: string; tab: EnvironmentTab }) {
  const {
    value: detail,
    setValue,
    error,
    reload,
    loading,
  } = useLoaded('environments.get', { environmentId: id });
  const mirrored = useMirror((mirror) => mirror.environments?.find((one) => one.id === id));
  // When main tells a newer status, the rest of the detail may have changed with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirrored status is the signal
  useEffect(() => {
    if (detail !== null) void reload();
  }, [mirrored]);
  useReady('environment', detail !== null);
  const above = <a href={hashOf({ screen: 'environments' })}>Environments</a>;
  if (detail === null) {
    return (
      <Page title={mirrored?.name ?? 'Environment'} above={above}>
        {error ? (
          <ErrorNotice
            error={error}
            actions={
              <>
                <Button onClick={reload}>Try again</Button>
                <Button onClick={() => navigate({ screen: 'environments' })}>All environments</Button>
              </>
            }
          />
        ) : (
          <Loading label="Reading the environment" lines={6} />
        )}
      </Page>
    );
  }
  const { config } = detail;
  const panels: Readonly<Record<EnvironmentTab, React.ReactNode>> = {
    keys: <KeysTab detail={detail} onChanged={setValue} />,
    connection: <ConnectionTab detail={detail} onChanged={reload} />,
    configuration: <ConfigurationTab key={JSON.stringify(config)} detail={detail} onChanged={setValue} />,
    history: <HistoryTab environmentId={id} />,
  };
  return (
    <Page
      title={config.name}
      above={above}
      subtitle={
        <span className={styles.where}>
          <StageMark stage={config.stage} />
          {config.practice && <Badge tone="drill">Practice</Badge>}
          <span className={styles.path} title={placeInWords(config.connector)}>
            {placeInWords(config.connector)}
          </span>
        </span>
      }
      actions={
        <>
          <Button busy={loading} icon={<RefreshCw size={15} aria-hidden="true" />} onClick={reload}>
            Read again
          </Button>
          <Button
            variant="primary"
            onClick={() =>
              openOverlay({ kind: 'start-run', defaults: { runbook: 'planned', environmentId: id } })
            }
          >
            Rotate keys…
          </Button>
        </>
      }
    >
      {error && <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />}
      {detail.error && (
        <ErrorNotice
          error={detail.error}
          actions={
            <>
              <Button onClick={reload}>Try again</Button>
              {detail.error.code === 'file-missing' && tab !== 'connection' && (
                <Button onClick={() => navigate({ screen: 'environment', id, tab: 'connection' })}>
                  Recover lost keys
                </Button>
              )}
            </>
          }
        />
      )}
      <Tabs
        label="Parts of the environment"
        value={tab}
        onChange={(next) => navigate({ screen: 'environment', id, tab: next }, { replace: true })}
        tabs={environmentTabs.map((one) => ({ id: one, title: titles[one], panel: panels[one] }))}
      />
    </Page>
  );
}
