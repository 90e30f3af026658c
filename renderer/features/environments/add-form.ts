import { z } from '#renderer/ui/form/schemas.ts';
import { parseSshLocation, type SshLocation } from '#shared/logic/ssh-address.ts';
import type { SshCredential } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { EnvironmentForm, emptyEnvironmentForm } from './environment-form.ts';

/** The form of an environment that is to be added: a file of this machine, or hosts. */
export const AddForm = EnvironmentForm.extend({
  where: z.enum(['file', 'hosts']),
  path: z.string().trim().max(4096),
  /** One host a line. */
  hosts: z.string().max(500 * 400),
  identity: z.string().trim().max(4096),
  sudo: z.boolean(),
  /** What ssh asks for, beside what the agent and ssh_config offer. */
  asks: z.enum(['nothing', 'ssh-password', 'ssh-passphrase']),
  secret: z.string().max(8192),
  sudoPassword: z.string().max(8192),
}).superRefine((form, context) => {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (form.where === 'file') {
    if (form.path === '') refuse('path', 'Choose the file, or type its path.');
    return;
  }
  const problem = hostsProblem(form.hosts);
  if (problem !== null) refuse('hosts', problem);
  if (form.asks !== 'nothing' && form.secret === '')
    refuse('secret', 'Type it, or choose that ssh asks for nothing.');
});
export type AddForm = z.infer<typeof AddForm>;

export function emptyAddForm(): AddForm {
  return {
    ...emptyEnvironmentForm(),
    where: 'file',
    hosts: '',
    identity: '',
    sudo: false,
    asks: 'nothing',
    secret: '',
    sudoPassword: '',
  };
}

/** What is wrong with a list of hosts; null when nothing is. */
export function hostsProblem(text: string): string | null {
  try {
    const hosts = locationsOf(text);
    if (hosts.length === 0) return 'Write at least one host.';
    const twice = hosts.find(
      ({ address }, index) => hosts.findIndex((one) => one.address === address) < index,
    );
    return twice ? `${twice.address} stands there twice.` : null;
  } catch (error) {
    if (isRekeyError(error)) return error.message;
    throw error;
  }
}

/** The hosts of a text, one a line. Throws `invalid-input` for a line that is none. */
export function locationsOf(text: string): SshLocation[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseSshLocation);
}

export function credentialsOf(form: AddForm): { kind: SshCredential; value: string }[] {
  return [
    ...(form.asks === 'nothing' ? [] : [{ kind: form.asks, value: form.secret }]),
    ...(form.sudo && form.sudoPassword !== '' ? [{ kind: 'sudo' as const, value: form.sudoPassword }] : []),
  ];
}
