import { z } from 'zod';
import { LogHealth } from '../model/event.ts';
import { KeychainProbe } from '../model/keychain.ts';
import { RunSummary } from '../model/run.ts';
import { Settings } from '../model/settings.ts';
import { SignerStatus } from '../model/signer.ts';
import { EnvironmentStatus } from '../model/status.ts';

/** A call from the window: what goes in, what comes out, and how large the input may be. */
export interface ChannelContract {
  in: z.ZodType;
  out: z.ZodType;
  /** Bytes of JSON. Default 64 KiB. */
  maximumBytes?: number;
}

export const defaultMaximumBytes = 65_536;

/** The input of a call that takes nothing. */
export const none = z.undefined();

/** What the shell of the window shows; main is the truth, this is its mirror. */
export const AppState = z.object({
  version: z.string(),
  runtime: z.enum(['release', 'development']),
  platform: z.string(),
  dataFolder: z.string(),
  settings: Settings,
  keychain: KeychainProbe.nullable(),
  log: LogHealth,
  practice: z.object({ environmentId: z.string().nullable(), running: z.boolean() }),
  /** How the signing keys stand against their cryptoperiod. */
  signer: SignerStatus,
  /** True until there is an operator and a usable keychain. */
  welcome: z.boolean(),
});
export type AppState = z.infer<typeof AppState>;

/**
 * What the page asks for before it shows anything: the part of the contract that is loaded at every start. The rest
 * (contract.ts) is made of the schemas of everything that Rekey can do, and comes while the page is looked at.
 */
export const firstContract = {
  'app.state': { in: none, out: AppState },
  'environments.status': { in: none, out: z.array(EnvironmentStatus) },
  'runs.list': { in: none, out: z.array(RunSummary) },
} as const satisfies Record<string, ChannelContract>;

export type FirstChannel = keyof typeof firstContract;
