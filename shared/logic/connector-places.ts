import type { ConnectorConfig, SshConnector } from '../model/environment.ts';

/** How many hosts are named one by one. */
const named = 3;

/** Each file behind a connector, by a text that is the same only for the same file. */
export function placesOf(connector: ConnectorConfig): string[] {
  return connector.kind === 'ssh'
    ? connector.hosts.map(({ address, path }) => `${address}:${path}`)
    : [connector.path];
}

/** Whether two environments would change the same file. */
export function sharePlace(a: ConnectorConfig, b: ConnectorConfig): boolean {
  const places = new Set(placesOf(a));
  return placesOf(b).some((place) => places.has(place));
}

/** Where an environment's keys are, for people: a path, or the hosts. */
export function placeInWords(connector: ConnectorConfig): string {
  if (connector.kind !== 'ssh') return connector.path;
  const [first] = connector.hosts;
  const onePath = connector.hosts.every(({ path }) => path === first?.path);
  const hosts = onePath ? connector.hosts.map(({ address }) => address) : placesOf(connector);
  const more = hosts.length - named;
  const shown = hosts.slice(0, named).join(', ');
  const words = more > 0 ? `${shown} and ${more} more ${more === 1 ? 'host' : 'hosts'}` : shown;
  return onePath ? `${first?.path} on ${words}` : words;
}

/** The names of a fleet's hosts: their addresses; with the path where an address has more than one file. */
export function hostNames({ hosts }: Pick<SshConnector, 'hosts'>): string[] {
  const count = (wanted: string) => hosts.filter(({ address }) => address === wanted).length;
  return hosts.map(({ address, path }) => (count(address) === 1 ? address : `${address}${path}`));
}
