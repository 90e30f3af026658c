import { FolderOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select, TextField } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import type { EnvironmentPreview } from '#shared/ipc/contract.ts';
import type { AddForm } from './add-form.ts';
import styles from './environment-fields.module.css';
import { parserOptions } from './environment-fields.tsx';
import { PreviewBox } from './preview-box.tsx';

/** The file of this machine, and what it holds. */
export function FilePart({ form }: { form: UseFormReturn<AddForm> }) {
  const pick = useCall('environments.pick-file');
  const preview = useCall('environments.preview');
  const [found, setFound] = useState<EnvironmentPreview | null>(null);
  const { register, setValue, getValues, watch, formState } = form;
  const path = watch('path').trim();
  const parser = watch('parser');
  const { run: runPreview } = preview;

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
    <div className={styles.stack}>
      <div className={styles.file}>
        <TextField
          label="File"
          mono
          placeholder="/srv/shop/.env"
          {...register('path')}
          error={formState.errors.path && 'Choose the file, or type its path.'}
        />
        <Button
          icon={<FolderOpen size={15} aria-hidden="true" />}
          busy={pick.pending}
          onClick={() => void choose()}
        >
          Choose a file…
        </Button>
      </div>
      <ParserField form={form} />
      {pick.error && <ErrorNotice error={pick.error} />}
      {preview.error && path !== '' && <ErrorNotice error={preview.error} />}
      {preview.pending && found === null && <Loading label="Reading the file" lines={2} />}
      {found && <PreviewBox preview={found} />}
    </div>
  );
}

export function ParserField({ form }: { form: UseFormReturn<AddForm> }) {
  return (
    <Select
      label="Read by"
      hint="How the service itself reads the file. The same line can mean different values to different readers."
      options={parserOptions}
      {...form.register('parser')}
    />
  );
}

/** A first idea of a name: the folder that holds the file. */
function nameFor(path: string): string {
  const parts = path.split(/[\\/]/).filter(Boolean);
  const file = parts.at(-1) ?? '';
  const suffix = /^\.env\.(.+)$/.exec(file)?.[1];
  return [parts.at(-2), suffix].filter(Boolean).join(' ').slice(0, 80);
}
