import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lock: enough to tell later, on the same machine, whether that process still lives. */
export interface ProcessIdentity {
  readonly host: string;
  /** Changes with every boot. Empty where the system does not tell (macOS, Windows). */
  readonly bootId: string;
  readonly pid: number;
  /**
   * When the process started, in the system's own clock ticks, and the process-id namespace it lives in: a process id
   * alone is given again to others. Empty where the system does not tell.
   */
  readonly processStart: string;
}

/**
 * - `alive`: the process runs (or a process of that id does, where start times cannot be read).
 * - `dead`: same machine, same boot, and the process is gone.
 * - `earlier-boot`: the same machine, which has been restarted since: gone too.
 * - `elsewhere`: another machine or another container; nothing can be known about it from here.
 */
export type ProcessFate = 'alive' | 'dead' | 'earlier-boot' | 'elsewhere';

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return {
    host: hostname(),
    bootId: bootId(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
  };
}

/** What became of the process that `other` names, as far as `own` can know. */
export function processFate(other: ProcessIdentity, own: ProcessIdentity): ProcessFate {
  if (other.host !== own.host) return 'elsewhere';
  if (other.bootId !== own.bootId) return 'earlier-boot';
  if (namespaceOf(other.processStart) !== namespaceOf(own.processStart)) return 'elsewhere';
  if (other.pid === own.pid && other.processStart === own.processStart) return 'alive';
  const start = processStart(other.pid);
  if (start === null) return 'dead';
  // Where either start time is unknown, a process of that id counts as the same one: never break a live lock.
  return start === '' || other.processStart === '' || start === other.processStart ? 'alive' : 'dead';
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * `START:NAMESPACE`, null when the process is gone or only waits to be reaped, '' where the system does not tell.
 * Start time is field 22 of /proc/PID/stat (proc(5)); the second field is the command's name in parentheses and may
 * hold anything, so fields are counted from the last parenthesis.
 */
function processStart(pid: number): string | null {
  if (process.platform !== 'linux') return processExists(pid) ? '' : null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${fields[19]}:${pidNamespace()}`;
  } catch {
    // Hidden from this user (proc mounted with hidepid), or gone.
    return processExists(pid) ? '' : null;
  }
}

/** The namespace in which this process, and every process id that it can look up, lives. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Empty where it is unknown, which equals another unknown. */
function namespaceOf(processStart: string): string {
  if (processStart === '') return '';
  return processStart.slice(processStart.indexOf(':') + 1);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
