import { useForm } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Checkbox, Select, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { zodResolver } from '#renderer/ui/form/schemas.ts';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import type { SshConnector } from '#shared/model/environment.ts';
import { ComparedHosts } from '../compared-hosts.tsx';
import styles from '../environment-fields.module.css';
import { useComparedHosts } from '../use-compared-hosts.ts';
import { HostsForm, hostsFormOf, hostsPatchOf } from './hosts-form.ts';

const placesOfWork = [
  { value: 'on-host', label: 'On each host' },
  { value: 'here', label: 'Once, from this machine' },
] as const;

/** Which hosts hold the keys, and in which waves a change goes to them. */
export function HostsConfiguration({
  environmentId,
  connector,
  onChanged,
}: {
  environmentId: string;
  connector: SshConnector;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const update = useCall('environments.update');
  const compared = useComparedHosts('Nothing was changed');
  const before = hostsFormOf(connector);
  const { register, handleSubmit, formState, reset } = useForm<HostsForm>({
    resolver: zodResolver(HostsForm),
    defaultValues: before,
  });
  const { errors, isDirty } = formState;

  async function submit(form: HostsForm) {
    const ssh = hostsPatchOf(form);
    // Hosts that stay are known; asking all of them again would only hold up a change of the waves.
    const isMoved = form.hosts.trim() !== before.hosts;
    const keys = isMoved ? await compared.keysOf((ssh.hosts ?? []).map(({ address }) => address)) : [];
    if (keys === null) return;
    const reply = await update.run({ environmentId, patch: { ssh }, compared: keys });
    if (!reply?.ok) return;
    notify({ title: 'Hosts saved' });
    onChanged(reply.value);
  }

  return (
    <form noValidate className={styles.form} onSubmit={handleSubmit(submit)}>
      <Section
        title="Hosts"
        hint="A rotation goes to them in waves. A host that fails ends its wave; the run then waits for you."
      >
        <TextArea
          label="Hosts"
          mono
          rows={Math.min(10, Math.max(3, connector.hosts.length + 1))}
          hint="One a line: [USER@]HOST[:PORT] and the absolute path of the file there. The first ones are the first wave."
          {...register('hosts')}
          error={errors.hosts?.message}
        />
        <div className={styles.thirds}>
          <TextField
            label="First wave"
            inputMode="numeric"
            hint="Hosts that are changed and looked at before any other."
            {...register('first')}
            error={errors.first?.message}
          />
          <TextField
            label="Each further wave"
            optional="silent"
            inputMode="numeric"
            placeholder="all the rest"
            hint="Empty: all the rest in one."
            {...register('rest')}
            error={errors.rest?.message}
          />
          <TextField
            label="At once"
            inputMode="numeric"
            hint="How many are worked on at the same time."
            {...register('atOnce')}
            error={errors.atOnce?.message}
          />
        </div>
        <div className={styles.halves}>
          <Select label="Commands run" options={placesOfWork} {...register('commandsRun')} />
          <Select label="Health is asked" options={placesOfWork} {...register('healthFrom')} />
        </div>
        <TextField
          label="Key file"
          optional
          mono
          hint="A private key of this machine, beside those that ssh_config and your agent offer."
          {...register('identity')}
          error={errors.identity?.message}
        />
        <Checkbox
          label="The file needs root: use sudo there"
          hint="Starts the SFTP server of the host under sudo. Nothing is installed there."
          {...register('sudo')}
        />
      </Section>
      <ComparedHosts hosts={compared} />
      {update.error && <ErrorNotice error={update.error} />}
      <div className={styles.buttons}>
        <Button type="submit" variant="primary" busy={update.pending || compared.asking} disabled={!isDirty}>
          Save the hosts
        </Button>
        {isDirty && (
          <Button
            onClick={() => {
              reset();
              compared.forget();
            }}
          >
            Undo the changes
          </Button>
        )}
      </div>
    </form>
  );
}
