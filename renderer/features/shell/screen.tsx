import { lazy } from 'react';
import { Overview } from '#renderer/features/overview/overview.tsx';
import type { Route } from '#renderer/state/route.ts';

const Environments = lazy(() => import('#renderer/features/environments/environments.tsx'));
const AddEnvironment = lazy(() => import('#renderer/features/environments/add-environment.tsx'));
const EnvironmentScreen = lazy(() => import('#renderer/features/environments/environment.tsx'));
const Runs = lazy(() => import('#renderer/features/runs/runs.tsx'));
const Run = lazy(() => import('#renderer/features/run/run.tsx'));
const Events = lazy(() => import('#renderer/features/events/events.tsx'));
const Alerts = lazy(() => import('#renderer/features/alerts/alerts.tsx'));
const Metrics = lazy(() => import('#renderer/features/metrics/metrics.tsx'));
const Reports = lazy(() => import('#renderer/features/reports/reports.tsx'));
const NewReport = lazy(() => import('#renderer/features/reports/new-report.tsx'));
const Settings = lazy(() => import('#renderer/features/settings/settings.tsx'));

export const screenTitle: Readonly<Record<Route['screen'], string>> = {
  overview: 'Overview',
  environments: 'Environments',
  'add-environment': 'Add an environment',
  environment: 'Environment',
  runs: 'Runbooks & runs',
  run: 'Run',
  alerts: 'Alerts',
  metrics: 'Metrics',
  events: 'Events',
  reports: 'Reports',
  'new-report': 'Make a report',
  settings: 'Settings',
};

export function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case 'overview':
      return <Overview />;
    case 'environments':
      return <Environments />;
    case 'add-environment':
      return <AddEnvironment />;
    case 'environment':
      return <EnvironmentScreen id={route.id} tab={route.tab} />;
    case 'runs':
      return <Runs />;
    case 'run':
      return <Run id={route.id} />;
    case 'events':
      return <Events environment={route.environment ?? null} runId={route.runId ?? null} />;
    case 'alerts':
      return <Alerts tab={route.tab} />;
    case 'metrics':
      return <Metrics />;
    case 'reports':
      return <Reports tab={route.tab} />;
    case 'new-report':
      return <NewReport />;
    case 'settings':
      return <Settings />;
  }
}
