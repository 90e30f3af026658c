import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { call } from '#renderer/state/call.ts';
import { navigate } from '#renderer/state/route.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select, TextField } from '#renderer/ui/field/field.tsx';
import { zodResolver } from '#renderer/ui/form/schemas.ts';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import styles from '../environment-fields.module.css';
import { CommandFields, HealthFields, NameAndStage, parserOptions } from '../environment-fields.tsx';
import { EnvironmentForm, formOf, patchOf } from '../environment-form.ts';
import { HostsConfiguration } from './hosts-configuration.tsx';
import { KeyRules } from './key-rules.tsx';
import { RotationWindows } from './rotation-windows.tsx';

/** How the environment is reached and what its keys are allowed to be. */
export function ConfigurationTab({
  detail,
  onChanged,
}: {
  detail: EnvironmentDetail;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const { config } = detail;
  const { run, pending, error } = useCall('environments.update');
  const [removing, setRemoving] = useState(false);
  const { register, handleSubmit, formState, reset } = useForm<EnvironmentForm>({
    resolver: zodResolver(EnvironmentForm),
    defaultValues: formOf(config),
  });
  const fields = { register, errors: formState.errors };
  const invalid = formState.isSubmitted && !formState.isValid;
  return (
    <div className={styles.form}>
      <form
        noValidate
        className={styles.form}
        onSubmit={handleSubmit(async (form) => {
          const reply = await run({ environmentId: config.id, patch: patchOf(form, config) });
          if (!reply?.ok) return;
          notify({ title: 'Configuration saved' });
          onChanged(reply.value);
        })}
      >
        <Section title="Where it is">
          <NameAndStage {...fields} />
          <div className={styles.pair}>
            {config.connector.kind === 'dotenv-file' && (
              <TextField
                label="File"
                mono
                {...register('path')}
                error={formState.errors.path && 'Type the path of the file.'}
              />
            )}
            <Select label="Read by" options={parserOptions} {...register('parser')} />
          </div>
        </Section>
        <Section title="Health">
          <HealthFields {...fields} />
        </Section>
        <Section title="Commands">
          <CommandFields {...fields} />
        </Section>
        {error && <ErrorNotice error={error} />}
        <div className={styles.sticky}>
          <Button type="submit" variant="primary" busy={pending} disabled={!formState.isDirty}>
            Save the configuration
          </Button>
          {formState.isDirty && <Button onClick={() => reset()}>Undo the changes</Button>}
          {invalid && <p role="alert">Some fields need another look.</p>}
        </div>
      </form>
      {config.connector.kind === 'ssh' && (
        <HostsConfiguration environmentId={config.id} connector={config.connector} onChanged={onChanged} />
      )}
      <KeyRules detail={detail} onChanged={onChanged} />
      <RotationWindows detail={detail} onChanged={onChanged} />
      {!config.practice && (
        <Section
          title="Remove this environment"
          hint="Rekey forgets it. The file, its keys and the events stay as they are."
        >
          <div>
            <Button variant="danger-outline" onClick={() => setRemoving(true)}>
              Remove this environment…
            </Button>
          </div>
        </Section>
      )}
      <ConfirmDialog
        open={removing}
        onClose={() => setRemoving(false)}
        title={`Remove ${config.name}?`}
        confirmLabel="Remove it"
        danger
        typeToConfirm={config.name}
        onConfirm={async ({ typed }) => {
          const reply = await call('environments.remove', { environmentId: config.id, typedName: typed });
          if (!reply.ok) return reply.error;
          await loadEnvironments();
          notify({ title: `Removed ${config.name}` });
          navigate({ screen: 'environments' });
          return null;
        }}
      >
        <p>
          {placeInWords(config.connector)} is not touched. What Rekey knows about it here is forgotten; its
          events stay in the log.
        </p>
      </ConfirmDialog>
    </div>
  );
}
