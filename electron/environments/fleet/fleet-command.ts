import type { CommandKind } from '#shared/model/environment.ts';
import type { CommandResult } from '../environment.ts';

/** How much of the outputs of all hosts together is kept, characters; the hosts share it. */
const largestOutput = 16_000;

/** What a command did on several hosts, as one result: as bad as the worst of them, with each host's output. */
export function mergedCommand(
  kind: CommandKind,
  results: readonly { host: string; result: CommandResult }[],
): CommandResult {
  const failed = results.filter(({ result }) => result.outcome !== 'ok');
  const shown = failed.length > 0 ? failed : results;
  const share = Math.floor(largestOutput / Math.max(1, shown.length));
  const [worst] = shown;
  if (!worst) throw new RangeError('A command without a host has no result');
  const names = failed.map(({ host }) => host).join(', ');
  return {
    kind,
    outcome: worst.result.outcome,
    exitCode: worst.result.exitCode,
    signal: worst.result.signal,
    durationMs: Math.max(...results.map(({ result }) => result.durationMs)),
    output: shown.map(({ host, result }) => linesOf(host, result.output.slice(-share))).join(''),
    truncated: results.some(({ result }) => result.truncated || result.output.length > share),
    report: results.length === 1 ? worst.result.report : null,
    reason: failed.length === 0 ? null : `On ${names}: ${worst.result.reason ?? 'it failed.'}`,
  };
}

function linesOf(host: string, output: string): string {
  const text = output.trimEnd();
  return text === ''
    ? ''
    : `${text
        .split('\n')
        .map((line) => `${host}: ${line}`)
        .join('\n')}\n`;
}
