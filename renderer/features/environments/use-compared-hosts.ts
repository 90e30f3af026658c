import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import type { HostKeyFinding } from '#shared/model/host-key.ts';

/**
 * The keys of hosts that are to be used, and which of the new ones a person has compared. `keysOf` asks the hosts, and
 * says what may be taken over: the compared fingerprint of each, null where none was needed; or null where something is
 * left to do, which `problem` then says.
 */
export function useComparedHosts(nothingDone: string) {
  const look = useCall('environments.look-at-hosts');
  const [findings, setFindings] = useState<readonly HostKeyFinding[]>([]);
  const [compared, setCompared] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);

  /** What every host shows, asked for anew when other hosts were written; null when that did not work. */
  async function shownBy(addresses: readonly string[]): Promise<readonly HostKeyFinding[] | null> {
    const isAsked =
      findings.length === addresses.length &&
      findings.every(({ address }, index) => address === addresses[index]);
    // One that could not be used may have been repaired meanwhile.
    if (isAsked && findings.every(({ state }) => state !== 'refused')) return findings;
    const reply = await look.run({ addresses: [...addresses] });
    if (!reply?.ok) return null;
    setFindings(reply.value);
    return reply.value;
  }

  async function keysOf(addresses: readonly string[]): Promise<(string | null)[] | null> {
    const keys = await shownBy(addresses);
    if (keys === null) return null;
    const left = keys.filter(({ address, state }) => state === 'new' && !compared.has(address));
    if (keys.some(({ state }) => state === 'refused')) {
      setProblem(`One of the hosts cannot be used. ${nothingDone}: repair it, or take it out of the list.`);
      return null;
    }
    if (left.length > 0) {
      setProblem(
        left.length === 1
          ? `Compare the fingerprint of the host below, and tick it. ${nothingDone} yet.`
          : `Compare the fingerprints of the ${left.length} hosts below, and tick them. ${nothingDone} yet.`,
      );
      return null;
    }
    setProblem(null);
    return keys.map(({ state, fingerprint }) => (state === 'new' ? fingerprint : null));
  }

  return {
    keysOf,
    findings,
    compared,
    problem,
    asking: look.pending,
    error: look.error,
    onCompared: (address: string, isCompared: boolean) => {
      const others = [...compared].filter((one) => one !== address);
      setCompared(new Set(isCompared ? [...others, address] : others));
    },
    /** The list is another now: what was shown before counts no longer. */
    forget: () => {
      setFindings([]);
      setProblem(null);
    },
  };
}
