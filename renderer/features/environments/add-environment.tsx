import { useForm } from 'react-hook-form';
import { hashOf, navigate } from '#renderer/state/route.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { RadioGroup } from '#renderer/ui/field/field.tsx';
import { zodResolver } from '#renderer/ui/form/schemas.ts';
import { Page } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import { AddForm, credentialsOf, emptyAddForm, locationsOf } from './add-form.ts';
import { ComparedHosts } from './compared-hosts.tsx';
import styles from './environment-fields.module.css';
import { CommandFields, HealthFields, NameAndStage } from './environment-fields.tsx';
import { patchOf } from './environment-form.ts';
import { FilePart } from './file-part.tsx';
import { HostsPart } from './hosts-part.tsx';
import { useComparedHosts } from './use-compared-hosts.ts';

const places = [
  { value: 'file', label: 'In a file on this machine' },
  {
    value: 'hosts',
    label: 'On hosts that are reached over SSH',
    hint: 'One, or a fleet that holds the same keys.',
  },
] as const;

/** Say where the keys are, see what is there, name it. Nothing is written into a file with keys. */
export default function AddEnvironment() {
  const add = useCall('environments.add');
  const compared = useComparedHosts('Nothing was added');
  const form = useForm<AddForm>({ resolver: zodResolver(AddForm), defaultValues: emptyAddForm() });
  const { register, handleSubmit, setValue, watch, formState } = form;
  const fields = { register, errors: formState.errors };
  const where = watch('where');
  useReady('add-environment', true);

  async function placeOf(values: AddForm) {
    if (values.where === 'file') return { path: values.path };
    const hosts = locationsOf(values.hosts);
    const keys = await compared.keysOf(hosts.map(({ address }) => address));
    if (keys === null) return null;
    return {
      ssh: {
        hosts,
        identity: values.identity === '' ? null : values.identity,
        sudo: values.sudo,
        compared: keys,
        credentials: credentialsOf(values),
      },
    };
  }

  async function submit(values: AddForm) {
    const place = await placeOf(values);
    if (place === null) return;
    const { path: _path, parser: _parser, name: _name, stage: _stage, ...patch } = patchOf(values, null);
    const { stage, parser } = values;
    const reply = await add.run({ name: values.name.trim(), stage, parser, ...place, patch });
    if (!reply?.ok) return;
    await loadEnvironments();
    notify({ title: `Added ${reply.value.config.name}` });
    navigate({ screen: 'environment', id: reply.value.config.id, tab: 'keys' });
  }

  return (
    <Page
      title="Add an environment"
      above={<a href={hashOf({ screen: 'environments' })}>Environments</a>}
      subtitle="Rekey reads the keys and leaves them as they are. Only a rotation that you start changes them."
    >
      <form noValidate className={styles.form} onSubmit={handleSubmit(submit)}>
        <RadioGroup
          legend="Where the keys are"
          name="where"
          options={places}
          value={where}
          onChange={(value) => setValue('where', value === 'hosts' ? 'hosts' : 'file')}
        />
        {where === 'file' ? <FilePart form={form} /> : <HostsPart form={form} />}
        <NameAndStage {...fields} />
        <HealthFields {...fields} />
        <details className={styles.details}>
          <summary>Commands (optional, can be added later)</summary>
          <CommandFields {...fields} />
        </details>
        {where === 'hosts' && <ComparedHosts hosts={compared} />}
        {add.error && <ErrorNotice error={add.error} />}
        <div className={styles.buttons}>
          <Button type="submit" variant="primary" busy={add.pending || compared.asking}>
            {where === 'hosts' && compared.findings.length === 0
              ? 'Ask the hosts for their keys'
              : 'Add this environment'}
          </Button>
          <Button onClick={() => navigate({ screen: 'environments' })}>Cancel</Button>
        </div>
      </form>
    </Page>
  );
}
