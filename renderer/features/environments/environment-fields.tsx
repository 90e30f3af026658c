import type { FieldErrors, UseFormRegister } from 'react-hook-form';
import { Checkbox, Select, TextField } from '#renderer/ui/field/field.tsx';
import { commandFields } from './command-fields.ts';
import styles from './environment-fields.module.css';
import type { EnvironmentForm } from './environment-form.ts';

interface Fields {
  register: UseFormRegister<EnvironmentForm>;
  errors: FieldErrors<EnvironmentForm>;
}

export const parserOptions = [
  { value: 'python-dotenv', label: 'python-dotenv' },
  { value: 'dotenv', label: 'dotenv (Node.js)' },
  { value: 'systemd', label: 'systemd EnvironmentFile' },
  { value: 'docker', label: 'docker --env-file' },
] as const;

const stageOptions = [
  { value: 'production', label: 'Production' },
  { value: 'staging', label: 'Staging' },
  { value: 'development', label: 'Development' },
] as const;

export function NameAndStage({ register, errors }: Fields) {
  return (
    <div className={styles.pair}>
      <TextField
        label="Name"
        hint="As you say it aloud at night: “shop production”."
        {...register('name')}
        error={errors.name && 'Give it a name of at most 80 characters.'}
      />
      <Select
        label="Stage"
        hint="Decides which keys are required and how strict the rules are."
        options={stageOptions}
        {...register('stage')}
        error={errors.stage?.message}
      />
    </div>
  );
}

export function HealthFields({ register, errors }: Fields) {
  return (
    <div className={styles.pair}>
      <TextField
        label="Health address"
        optional
        mono
        placeholder="http://127.0.0.1:8080/health"
        hint="Asked before and after. It may report the fingerprints that the service uses."
        {...register('healthUrl')}
        error={errors.healthUrl && 'Write an address that begins with http:// or https://.'}
      />
      <TextField
        label="Time-out"
        hint="Such as 5s."
        {...register('healthTimeout')}
        error={errors.healthTimeout && 'Write a whole number and a unit, such as 5s or 1m.'}
      />
    </div>
  );
}

export function CommandFields({ register, errors }: Fields) {
  return (
    <div className={styles.commands}>
      <p className={styles.note}>
        Each is a program with its arguments, started without a shell. Quotes group words; a JSON array works
        too. No command gets a value as an argument or in its environment.
      </p>
      {commandFields.map(({ kind, label, hint }) => (
        <fieldset key={kind} className={styles.command} aria-label={label}>
          <TextField
            label={label}
            optional
            mono
            hint={hint}
            {...register(`commands.${kind}.line`)}
            error={errors.commands?.[kind]?.line?.message}
          />
          <TextField
            label="Time-out"
            optional="silent"
            placeholder={kind === 'reencrypt' ? 'none' : '60s'}
            {...register(`commands.${kind}.timeout`)}
            error={errors.commands?.[kind]?.timeout && 'Such as 90s.'}
          />
          <Checkbox label="In a shell" {...register(`commands.${kind}.shell`)} />
        </fieldset>
      ))}
    </div>
  );
}
