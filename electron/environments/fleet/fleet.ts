import type { Environment } from '../environment.ts';

/** One host of a fleet: a whole environment by itself, with its own file, state and lock. */
export interface FleetHost {
  /** As the configuration names it. */
  readonly name: string;
  readonly environment: Environment;
}

/** The hosts behind one environment, for whoever changes them one after the other. */
export interface Fleet {
  /** In the order of the waves; without those that were left out. */
  readonly hosts: readonly FleetHost[];
  readonly waves: readonly (readonly FleetHost[])[];
  /** How many hosts are worked on at the same time. */
  readonly atOnce: number;
  /** Commands run on each host, rather than once for all of them from here. */
  readonly commandsOnHosts: boolean;
  /** The health of each host is asked, rather than one URL for all. */
  readonly healthOfHosts: boolean;
  /** The same fleet without these hosts. */
  without(names: readonly string[]): Environment;
}
