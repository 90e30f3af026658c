import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';

/** Where everything of the practice environment lies. */
export interface PracticeFiles {
  readonly folder: string;
  readonly environment: string;
  readonly state: string;
  readonly lock: string;
  readonly records: string;
  readonly service: string;
  readonly start: string;
  /** Why the service ended when it should not have. */
  readonly failure: string;
}

export function practiceFiles(folder: string): PracticeFiles {
  const environment = join(folder, '.env');
  return {
    folder,
    environment,
    state: `${environment}.rekey.json`,
    lock: `${environment}.rekey.lock`,
    records: join(folder, 'records.json'),
    service: join(folder, 'service.json'),
    start: join(folder, 'start.lock'),
    failure: join(folder, 'service-failure.txt'),
  };
}

/**
 * `service.json`, readable by its owner only: how to reach the service that is running, and the token that its
 * control endpoints ask for. Left behind by a killed service, so it is a hint until the service answered.
 */
export interface ServiceAddress {
  pid: number;
  /** Where the application listens, also while it is stopped; 0 when it never did. */
  port: number;
  controlPort: number;
  /** 32 random bytes in base64url. */
  token: string;
}

/** Null when there is none, or none that can be read. */
export function readServiceAddress(file: string): ServiceAddress | null {
  try {
    const { pid, port, controlPort, token } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      unknown
    >;
    if (
      !(isPort(port) || port === 0) ||
      !isPort(controlPort) ||
      !Number.isSafeInteger(pid) ||
      typeof token !== 'string'
    )
      return null;
    return { pid: pid as number, port, controlPort, token };
  } catch {
    return null;
  }
}

/** Replaces the file in one step. */
export function writeServiceAddress(file: string, address: ServiceAddress): void {
  writeFileAtomic(file, `${JSON.stringify(address)}\n`, { mode: 0o600 });
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}
