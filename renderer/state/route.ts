import { useSyncExternalStore } from 'react';

export const environmentTabs = ['keys', 'connection', 'configuration', 'history'] as const;
export type EnvironmentTab = (typeof environmentTabs)[number];

export const reportsTabs = ['list', 'verify', 'exceptions', 'signing'] as const;
export type ReportsTab = (typeof reportsTabs)[number];

export const alertsTabs = ['alerts', 'channels'] as const;
export type AlertsTab = (typeof alertsTabs)[number];

export type Route =
  | { screen: 'overview' }
  | { screen: 'environments' }
  | { screen: 'add-environment' }
  | { screen: 'environment'; id: string; tab: EnvironmentTab }
  | { screen: 'runs' }
  | { screen: 'run'; id: string }
  | { screen: 'events'; environment?: string; runId?: string }
  | { screen: 'alerts'; tab: AlertsTab }
  | { screen: 'metrics' }
  | { screen: 'reports'; tab: ReportsTab }
  | { screen: 'new-report' }
  | { screen: 'settings' };

/** The address of a screen: it lives in the hash, so that Back, Forward and a reload work. */
export function hashOf(route: Route): string {
  switch (route.screen) {
    case 'environment':
      return `#/environments/${encodeURIComponent(route.id)}/${route.tab}`;
    case 'add-environment':
      return '#/environments/add';
    case 'run':
      return `#/runs/${encodeURIComponent(route.id)}`;
    case 'reports':
      return route.tab === 'list' ? '#/reports' : `#/reports/${route.tab}`;
    case 'alerts':
      return route.tab === 'alerts' ? '#/alerts' : `#/alerts/${route.tab}`;
    case 'new-report':
      return '#/reports/new';
    case 'events': {
      const query = new URLSearchParams();
      if (route.environment) query.set('environment', route.environment);
      if (route.runId) query.set('run', route.runId);
      const text = query.toString();
      return text === '' ? '#/events' : `#/events?${text}`;
    }
    default:
      return `#/${route.screen}`;
  }
}

/** The screen of an address; the Overview for anything unknown. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen, id, tab] = path.split('/').map(decode);
  switch (screen) {
    case 'environments':
      if (id === undefined || id === '') return { screen: 'environments' };
      if (id === 'add') return { screen: 'add-environment' };
      return { screen: 'environment', id, tab: environmentTabs.find((one) => one === tab) ?? 'keys' };
    case 'runs':
      return id === undefined || id === '' ? { screen: 'runs' } : { screen: 'run', id };
    case 'events': {
      const parameters = new URLSearchParams(query);
      const environment = parameters.get('environment');
      const runId = parameters.get('run');
      return { screen: 'events', ...(environment ? { environment } : {}), ...(runId ? { runId } : {}) };
    }
    case 'reports':
      if (id === 'new') return { screen: 'new-report' };
      return { screen: 'reports', tab: reportsTabs.find((one) => one === id) ?? 'list' };
    case 'alerts':
      return { screen: 'alerts', tab: alertsTabs.find((one) => one === id) ?? 'alerts' };
    case 'metrics':
      return { screen: 'metrics' };
    case 'settings':
      return { screen: 'settings' };
    default:
      return { screen: 'overview' };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function navigate(route: Route, { replace = false } = {}): void {
  const hash = hashOf(route);
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = hash;
  }
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The address that is shown now. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}
