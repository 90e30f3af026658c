import { useForm } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import { Operator, zodResolver } from '#renderer/ui/form/schemas.ts';
import styles from './welcome-form.module.css';

/** Name and e-mail of whoever acts. */
export function OperatorForm({
  operator,
  label,
  onSaved,
}: {
  operator: Operator | null;
  label: string;
  onSaved: () => void;
}) {
  const { run, pending, error } = useCall('settings.set-operator');
  const { register, handleSubmit, formState } = useForm<Operator>({
    resolver: zodResolver(Operator),
    defaultValues: operator ?? { name: '', email: '' },
  });
  const { errors } = formState;
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={handleSubmit(async (value) => {
        const reply = await run(value);
        if (reply?.ok) onSaved();
      })}
    >
      <TextField
        label="Name"
        autoComplete="name"
        {...register('name')}
        error={errors.name && 'Give your name.'}
      />
      <TextField
        label="E-mail"
        type="email"
        autoComplete="email"
        {...register('email')}
        error={errors.email && 'Give an e-mail address, such as kim@example.com.'}
      />
      {error && <ErrorNotice error={error} />}
      <div>
        <Button type="submit" variant="primary" busy={pending}>
          {label}
        </Button>
      </div>
    </form>
  );
}
