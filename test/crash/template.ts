import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import type { TcpProxy } from '#test/support/tcp-proxy.ts';
import type { Scenario } from './scenarios.ts';

/**
 * Where a process is killed: at the `at`-th durable effect here; or over SSH, when the `at`-th piece of the conversation
 * comes, which then does not arrive (`request`: at the host, `answer`: here).
 */
export interface KillPoint {
  at: number;
  when: 'before' | 'after' | 'half' | 'request' | 'answer';
}

/** A prepared scenario: its folder is copied for every kill. */
export interface Template {
  scenario: Scenario;
  root: string;
  /** Null where the keychain's first use is part of the scenario. */
  remembered: CredentialStore | null;
  /** Values when the scenario begins, by variable. */
  before: ReadonlyMap<string, string>;
}

export interface CrashTools {
  /** The bundled scenario process. */
  bundle: string;
  /** keychain-process.ts, bundled. */
  keychainBundle: string;
  /** Under which templates and copies are made. */
  folder: string;
  /** What stands before the host, where there is one. */
  proxy?: TcpProxy;
}
