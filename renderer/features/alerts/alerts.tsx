import { lazy, Suspense } from 'react';
import { type AlertsTab, alertsTabs, navigate } from '#renderer/state/route.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { Tabs } from '#renderer/ui/tabs/tabs.tsx';
import { AlertList } from './alert-list.tsx';

const Channels = lazy(() => import('./channels/channels.tsx'));

const titles: Readonly<Record<AlertsTab, string>> = { alerts: 'Alerts', channels: 'Where they are told' };

const panels: Readonly<Record<AlertsTab, React.ReactNode>> = {
  alerts: <AlertList />,
  channels: <Channels />,
};

/** What wants a person, raised once and kept until it is resolved; and where it is told. */
export default function Alerts({ tab }: { tab: AlertsTab }) {
  useReady('alerts', true);
  return (
    <Page
      title="Alerts"
      subtitle="What wants a person: raised once, told where you look, resolved when it is so no longer."
    >
      <Tabs
        label="Parts of alerts"
        value={tab}
        onChange={(next) => navigate({ screen: 'alerts', tab: next }, { replace: true })}
        tabs={alertsTabs.map((one) => ({
          id: one,
          title: titles[one],
          panel: <Suspense fallback={<Loading label={`Loading ${titles[one]}`} />}>{panels[one]}</Suspense>,
        }))}
      />
    </Page>
  );
}
