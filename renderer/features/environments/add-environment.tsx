import { FolderOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { hashOf, navigate } from '#renderer/state/route.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select, TextField } from '#renderer/ui/field/field.tsx';
import { zodResolver } from '#renderer/ui/form/schemas.ts';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentPreview } from '#shared/ipc/contract.ts';
import styles from './environment-fields.module.css';
import { CommandFields, HealthFields, NameAndStage, parserOptions } from './environment-fields.tsx';
import { EnvironmentForm, emptyEnvironmentForm, patchOf } from './environment-form.ts';
import { PreviewBox } from './preview-box.tsx';

/** Pick a file, see what it holds, name it. Nothing is written into the file. */
export default function AddEnvironment() {
  const pick = useCall('environments.pick-file');
  const preview = useCall('environments.preview');
  const add = useCall('environments.add');
  const [found, setFound] = useState<EnvironmentPreview | null>(null);
  const { register, handleSubmit, setValue, getValues, watch, formState } = useForm<EnvironmentForm>({
    resolver: zodResolver(EnvironmentForm),
    defaultValues: emptyEnvironmentForm(),
  });
  const { errors } = formState;
  const fields = { register, errors };
  const path = watch('path').trim();
  const parser = watch('parser');
  const { run: runPreview } = preview;
  useReady('add-environment', true);

  // The preview follows what was typed, after a moment of rest.
  useEffect(() => {
    setFound(null);
    if (path === '') return;
    let stale = false;
    const timer = setTimeout(async () => {
      const reply = await runPreview({ path, parser });
      if (!stale && reply?.ok) setFound(reply.value);
    }, 350);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [path, parser, runPreview]);

  async function choose() {
    const reply = await pick.run();
    if (!reply?.ok || reply.value === null) return;
    setValue('path', reply.value.path, { shouldValidate: true });
    if (getValues('name') === '') setValue('name', nameFor(reply.value.path));
  }

  return (
    <Page
      title="Add an environment"
      above={<a href={hashOf({ screen: 'environments' })}>Environments</a>}
      subtitle="Rekey reads the file and leaves it as it is. Only a rotation that you start changes it."
    >
      <form
        noValidate
        className={styles.form}
        onSubmit={handleSubmit(async (form) => {
          const { path: at, parser: reads, name, stage, ...patch } = patchOf(form, null);
          const reply = await add.run({
            name: name ?? form.name,
            stage: stage ?? form.stage,
            path: at ?? form.path,
            parser: reads ?? form.parser,
            patch,
          });
          if (!reply?.ok) return;
          await loadEnvironments();
          notify({ title: `Added ${reply.value.config.name}` });
          navigate({ screen: 'environment', id: reply.value.config.id, tab: 'keys' });
        })}
      >
        <div className={styles.stack}>
          <div className={styles.file}>
            <TextField
              label="File"
              mono
              placeholder="/srv/shop/.env"
              {...register('path')}
              error={errors.path && 'Choose the file, or type its path.'}
            />
            <Button
              icon={<FolderOpen size={15} aria-hidden="true" />}
              busy={pick.pending}
              onClick={() => void choose()}
            >
              Choose a file…
            </Button>
          </div>
          <Select
            label="Read by"
            hint="How the service itself reads the file. The same line can mean different values to different readers."
            options={parserOptions}
            {...register('parser')}
          />
          {pick.error && <ErrorNotice error={pick.error} />}
          {preview.error && path !== '' && <ErrorNotice error={preview.error} />}
          {preview.pending && found === null && <Loading label="Reading the file" lines={2} />}
          {found && <PreviewBox preview={found} />}
        </div>
        <NameAndStage {...fields} />
        <HealthFields {...fields} />
        <details className={styles.details}>
          <summary>Commands (optional, can be added later)</summary>
          <CommandFields {...fields} />
        </details>
        {add.error && <ErrorNotice error={add.error} />}
        <div className={styles.buttons}>
          <Button type="submit" variant="primary" busy={add.pending}>
            Add this environment
          </Button>
          <Button onClick={() => navigate({ screen: 'environments' })}>Cancel</Button>
        </div>
      </form>
    </Page>
  );
}

/** A first idea of a name: the folder that holds the file. */
function nameFor(path: string): string {
  const parts = path.split(/[\\/]/).filter(Boolean);
  const file = parts.at(-1) ?? '';
  const suffix = /^\.env\.(.+)$/.exec(file)?.[1];
  return [parts.at(-2), suffix].filter(Boolean).join(' ').slice(0, 80);
}
