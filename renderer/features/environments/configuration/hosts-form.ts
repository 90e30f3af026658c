import { z } from '#renderer/ui/form/schemas.ts';
import type { EnvironmentPatch, SshConnector } from '#shared/model/environment.ts';
import { hostsProblem, locationsOf } from '../add-form.ts';

const hostNumber = (most: number) =>
  z
    .string()
    .trim()
    .refine(
      (text) => /^[1-9]\d{0,2}$/.test(text) && Number(text) <= most,
      `Write a whole number from 1 to ${most}.`,
    );

/** The hosts of an environment and how a change is rolled out to them, as text fields hold it. */
export const HostsForm = z.object({
  hosts: z
    .string()
    .max(500 * 400)
    .superRefine((text, context) => {
      const problem = hostsProblem(text);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    }),
  identity: z.string().trim().max(4096),
  sudo: z.boolean(),
  first: hostNumber(500),
  rest: z.union([z.literal(''), hostNumber(500)]),
  atOnce: hostNumber(100),
  commandsRun: z.enum(['on-host', 'here']),
  healthFrom: z.enum(['on-host', 'here']),
});
export type HostsForm = z.infer<typeof HostsForm>;

export function hostsFormOf(connector: SshConnector): HostsForm {
  const { hosts, identity, sudo, waves, atOnce, commandsRun, healthFrom } = connector;
  return {
    hosts: hosts.map(({ address, path }) => `${address}${path}`).join('\n'),
    identity: identity ?? '',
    sudo,
    first: String(waves.first),
    rest: waves.rest === null ? '' : String(waves.rest),
    atOnce: String(atOnce),
    commandsRun,
    healthFrom,
  };
}

/** What of the form main is told. */
export function hostsPatchOf(form: HostsForm): NonNullable<EnvironmentPatch['ssh']> {
  return {
    hosts: locationsOf(form.hosts),
    identity: form.identity === '' ? null : form.identity,
    sudo: form.sudo,
    waves: { first: Number(form.first), rest: form.rest === '' ? null : Number(form.rest) },
    atOnce: Number(form.atOnce),
    commandsRun: form.commandsRun,
    healthFrom: form.healthFrom,
  };
}
