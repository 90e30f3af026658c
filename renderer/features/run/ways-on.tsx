import { hashOf, type Route } from '#renderer/state/route.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';

/** Where in the window what an error names can be mended; none for most. */
export function WaysOn({ code, detail }: { code: string; detail: RunDetail }) {
  const way = wayOf(code, detail);
  return way && <a href={hashOf(way.route)}>{way.label}</a>;
}

function wayOf(code: string, { environment }: RunDetail): { label: string; route: Route } | null {
  if (code === 'environment-locked') {
    return {
      label: 'Look at the lock',
      route: { screen: 'environment', id: environment.id, tab: 'connection' },
    };
  }
  if (code === 'file-missing') {
    return {
      label: 'Recover lost keys',
      route: { screen: 'environment', id: environment.id, tab: 'connection' },
    };
  }
  if (code === 'log-corrupt' || code === 'log-unwritable') {
    return { label: 'Look at the log', route: { screen: 'events' } };
  }
  if (code.startsWith('keychain-')) return { label: 'Look at the keychain', route: { screen: 'settings' } };
  return null;
}
