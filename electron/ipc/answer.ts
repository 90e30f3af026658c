import type { z } from 'zod';
import type { Reply } from '#shared/ipc/api.ts';
import type { Channel, ChannelOutput, contract } from '#shared/ipc/contract.ts';
import { type ChannelContract, defaultMaximumBytes, type FirstChannel } from '#shared/ipc/first-contract.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { isPlainAndWithin } from './measure-input.ts';
import { refused } from './refusal.ts';

export type Handler<C extends Channel> = (
  input: z.output<(typeof contract)[C]['in']>,
) => Promise<ChannelOutput<C>> | ChannelOutput<C>;

/** One handler for each channel of the contract. */
export type Handlers = { readonly [C in Channel]: Handler<C> };

/** Those that are there before everything else is. */
export type FirstHandlers = Pick<Handlers, FirstChannel>;

/** Receives what the window must not see: a defect, with its stack, for the log file. */
export type ReportDefect = (channel: Channel, error: unknown) => void;

/**
 * Answers one call from a trusted sender: size cap, schema of the input, handler, schema of the output. Never throws:
 * an error that a user can meet becomes its report; anything else is a defect, reported without message and stack.
 * @param rule - what the contract says of the channel
 */
export async function answer<C extends Channel>(
  channel: C,
  rule: ChannelContract,
  handler: Handler<C>,
  input: unknown,
  reportDefect: ReportDefect,
): Promise<Reply<ChannelOutput<C>>> {
  const maximumBytes = rule.maximumBytes ?? defaultMaximumBytes;
  if (!isPlainAndWithin(input, maximumBytes)) {
    return refused(`The input is not plain data of at most ${maximumBytes} bytes.`);
  }
  try {
    const parsed = rule.in.safeParse(input);
    if (!parsed.success) return refused(describeIssues(parsed.error));
    const value = await handler(parsed.data as z.output<(typeof contract)[C]['in']>);
    // Parsing also removes whatever the contract does not name: nothing slips out beside it.
    const output = rule.out.safeParse(value);
    if (output.success) return { ok: true, value: output.data as ChannelOutput<C> };
    reportDefect(channel, new Error(`The answer breaks the contract: ${describeIssues(output.error)}`));
    return { ok: false, error: defect };
  } catch (error) {
    if (isRekeyError(error)) return { ok: false, error: error.report() };
    reportDefect(channel, error);
    return { ok: false, error: defect };
  }
}

const defect: ErrorReport = {
  code: 'internal',
  message: 'Something went wrong inside Rekey.',
  unchanged: 'What was under way is in the event log; a run shows its state when it is opened again.',
  remedy: 'Try again. If it happens again, restart Rekey: open runs continue at the same step.',
};

/** Places and rules, never the values: those may be secrets. */
function describeIssues(error: z.ZodError): string {
  const issues = error.issues
    .slice(0, 5)
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `${place(issue.path)}: has fields that do not belong here`
        : `${place(issue.path)}: ${issue.message}`,
    );
  return issues.join('; ');
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the input' : path.map(String).join('.');
}
