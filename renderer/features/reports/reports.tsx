import { FileCheck2, Plus } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { navigate, type ReportsTab, reportsTabs } from '#renderer/state/route.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { Tabs } from '#renderer/ui/tabs/tabs.tsx';
import { ReportList } from './report-list.tsx';

const VerifyBundle = lazy(() => import('./verify/verify-bundle.tsx'));
const Exceptions = lazy(() => import('./exceptions/exceptions.tsx'));
const SigningKeys = lazy(() => import('./signer/signing-keys.tsx'));

const titles: Readonly<Record<ReportsTab, string>> = {
  list: 'Reports',
  verify: 'Verify',
  exceptions: 'Exceptions',
  signing: 'Signing keys',
};

const panels: Readonly<Record<ReportsTab, React.ReactNode>> = {
  list: <ReportList />,
  verify: <VerifyBundle />,
  exceptions: <Exceptions />,
  signing: <SigningKeys />,
};

/** Evidence for people who assess: making it, checking it, and what it rests on. */
export default function Reports({ tab }: { tab: ReportsTab }) {
  useReady('reports', true);
  return (
    <Page
      title="Reports"
      subtitle="Signed evidence that an auditor can verify without Rekey, made on this machine, offline."
      actions={
        <>
          {tab !== 'verify' && (
            <Button
              icon={<FileCheck2 size={15} aria-hidden="true" />}
              onClick={() => navigate({ screen: 'reports', tab: 'verify' })}
            >
              Verify a report
            </Button>
          )}
          <Button
            variant="primary"
            icon={<Plus size={15} aria-hidden="true" />}
            onClick={() => navigate({ screen: 'new-report' })}
          >
            Make a report…
          </Button>
        </>
      }
    >
      <Tabs
        label="Parts of reporting"
        value={tab}
        onChange={(next) => navigate({ screen: 'reports', tab: next }, { replace: true })}
        tabs={reportsTabs.map((one) => ({
          id: one,
          title: titles[one],
          panel: <Suspense fallback={<Loading label={`Loading ${titles[one]}`} />}>{panels[one]}</Suspense>,
        }))}
      />
    </Page>
  );
}
