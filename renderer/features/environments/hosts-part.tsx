import type { UseFormReturn } from 'react-hook-form';
import { Checkbox, SecretField, Select, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import type { AddForm } from './add-form.ts';
import styles from './environment-fields.module.css';
import { ParserField } from './file-part.tsx';

const askOptions = [
  { value: 'nothing', label: 'Nothing: an agent or a key without passphrase' },
  { value: 'ssh-passphrase', label: 'The passphrase of the key' },
  { value: 'ssh-password', label: 'A password' },
] as const;

/** Where the hosts are, and how they are logged in to. */
export function HostsPart({ form }: { form: UseFormReturn<AddForm> }) {
  const { register, watch, formState } = form;
  const { errors } = formState;
  const asks = watch('asks');
  const sudo = watch('sudo');
  return (
    <div className={styles.stack}>
      <TextArea
        label="Hosts"
        mono
        rows={5}
        placeholder={'deploy@web-1/srv/shop/.env\ndeploy@web-2/srv/shop/.env'}
        hint="One a line: [USER@]HOST[:PORT] and the absolute path of the file there. HOST may be an alias of your ssh_config. All of them should hold the same keys."
        {...register('hosts')}
        error={errors.hosts?.message}
      />
      <ParserField form={form} />
      <TextField
        label="Key file"
        optional
        mono
        placeholder="~/.ssh/id_ed25519"
        hint="A private key of this machine, beside those that ssh_config and your agent offer."
        {...register('identity')}
        error={errors.identity?.message}
      />
      <Select
        label="ssh asks for"
        hint="What you type goes into the keychain of this machine, and nowhere else."
        options={askOptions}
        {...register('asks')}
      />
      {asks !== 'nothing' && (
        <SecretField
          label={asks === 'ssh-password' ? 'Password' : 'Passphrase'}
          {...register('secret')}
          error={errors.secret?.message}
        />
      )}
      <Checkbox
        label="The file needs root: use sudo there"
        hint="Starts the SFTP server of the host under sudo. Nothing is installed there."
        {...register('sudo')}
      />
      {sudo && (
        <SecretField
          label="sudo password"
          optional
          hint="Leave it empty where sudo needs none."
          {...register('sudoPassword')}
          error={errors.sudoPassword?.message}
        />
      )}
    </div>
  );
}
