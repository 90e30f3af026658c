import { useForm } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Checkbox, Select, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { zodResolver } from '#renderer/ui/form/schemas.ts';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import type { KeyRule } from '#shared/model/key.ts';
import { protectsWords } from '../keys/rule-words.ts';
import { automaticHint } from './automatic-hint.ts';
import styles from './key-rule-dialog.module.css';
import { KeyRuleForm, overrideOf, ruleFormOf } from './key-rule-form.ts';

/** The rule of one key in one environment; with `rule` null, a key of its own. */
export function KeyRuleDialog({
  detail,
  rule,
  onClose,
  onChanged,
}: {
  detail: EnvironmentDetail;
  rule: KeyRule | null;
  onClose: () => void;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const { run, pending, error } = useCall('environments.update');
  const { register, handleSubmit, watch, setValue, formState } = useForm<KeyRuleForm>({
    resolver: zodResolver(KeyRuleForm),
    defaultValues: ruleFormOf(rule),
  });
  const { errors } = formState;
  const exact = watch('exact');
  const slots = watch('slots');
  const changedHere = rule !== null && detail.config.keys[rule.name] !== undefined;

  async function save(patch: Parameters<typeof run>[0]['patch'], said: string) {
    const reply = await run({ environmentId: detail.config.id, patch });
    if (!reply?.ok) return;
    notify({ title: said });
    onChanged(reply.value);
    onClose();
  }

  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      size="large"
      title={rule === null ? 'Add a key' : `Rules of ${rule.name}`}
      description={`In ${detail.config.name} only.`}
      footer={
        <>
          {changedHere && (
            <Button
              variant="danger-outline"
              disabled={pending}
              onClick={() =>
                void save({ keys: { [rule.name]: null } }, `${rule.name} follows the catalog again`)
              }
            >
              Forget the changes made here
            </Button>
          )}
          <Button onClick={onClose} disabled={pending}>
            Cancel
          </Button>
          <Button type="submit" form="key-rule" variant="primary" busy={pending}>
            Save
          </Button>
        </>
      }
    >
      <form
        id="key-rule"
        noValidate
        className={styles.form}
        onSubmit={handleSubmit((form) => {
          const before = rule === null ? {} : (detail.config.keys[rule.name] ?? {});
          return save(
            { keys: { [form.name]: { ...before, ...overrideOf(form, rule) } } },
            rule === null ? `Added ${form.name}` : `Saved the rules of ${form.name}`,
          );
        })}
      >
        {rule === null && (
          <TextField
            label="Variable"
            mono
            hint="As it stands in the file, such as PARTNER_API_KEY."
            {...register('name', {
              onChange: (event) => {
                const name = String(event.target.value);
                setValue('previous', name === '' ? '' : `${name}_PREVIOUS`);
                setValue('next', name === '' ? '' : `${name}_NEXT`);
              },
            })}
            error={errors.name?.message}
          />
        )}
        <TextField label="Purpose" optional {...register('purpose')} error={errors.purpose?.message} />
        <div className={styles.pair}>
          <Select
            label="Protects"
            hint="Whether what it protects can be made again."
            options={[
              { value: 'messages', label: protectsWords.messages },
              { value: 'data', label: protectsWords.data },
            ]}
            {...register('protects')}
          />
          <Select
            label="The service reads"
            hint="An overlap that the service does not read is an outage."
            options={[
              { value: 'one', label: 'Only this variable' },
              { value: 'previous', label: 'This and the previous value' },
              { value: 'next+previous', label: 'This, the next and the previous value' },
            ]}
            {...register('slots')}
          />
        </div>
        {slots !== 'one' && (
          <div className={styles.pair}>
            <TextField
              label="Variable of the previous value"
              mono
              {...register('previous')}
              error={errors.previous?.message}
            />
            <TextField
              label="Variable of the next value"
              mono
              {...register('next')}
              error={errors.next?.message}
            />
          </div>
        )}
        <div className={styles.three}>
          <TextField
            label="Rotate every (days)"
            type="number"
            {...register('cryptoperiodDays', { valueAsNumber: true })}
            error={errors.cryptoperiodDays?.message}
          />
          <TextField
            label="Warn before (days)"
            type="number"
            {...register('warningDays', { valueAsNumber: true })}
            error={errors.warningDays?.message}
          />
          <TextField
            label="Soak"
            hint="At least as long as the longest life of what it signs."
            {...register('soak')}
            error={errors.soak && 'Such as 24h or 7d.'}
          />
        </div>
        <div className={styles.three}>
          <Select
            label="Format"
            options={['text', 'hex', 'base64', 'base64url', 'fernet'].map((value) => ({
              value,
              label: value,
            }))}
            {...register('format')}
          />
          <TextField
            label={exact ? 'Length (characters)' : 'Shortest (characters)'}
            type="number"
            {...register('minimum', { valueAsNumber: true })}
            error={errors.minimum?.message}
          />
          <TextField
            label="Generated (characters)"
            type="number"
            disabled={exact}
            {...register('generated', { valueAsNumber: true })}
            error={errors.generated?.message}
          />
        </div>
        <Checkbox label="Exactly this length" {...register('exact')} />
        <Select
          label="New values come from"
          options={[
            { value: 'generated', label: 'Rekey: generated here' },
            { value: 'supplied', label: 'A third party: typed in when asked' },
          ]}
          {...register('issuer')}
        />
        <Checkbox label="Required in production" {...register('requiredInProduction')} />
        <Checkbox label="Protects stored account data (payment cards)" {...register('protectsAccountData')} />
        <Checkbox
          label="Rotate it by itself when it is due"
          hint={automaticHint({ issuer: watch('issuer'), protects: watch('protects'), slots })}
          {...register('automatic')}
        />
        <div className={styles.pair}>
          <TextField
            label="Policy source"
            optional
            {...register('policySource')}
            error={errors.policySource?.message}
          />
          <TextField label="Owner" optional {...register('owner')} error={errors.owner?.message} />
        </div>
        <TextArea
          label="Dependents"
          optional
          rows={2}
          hint="Who must know when it changes; one a line."
          {...register('dependents')}
          error={errors.dependents?.message}
        />
        {error && <ErrorNotice error={error} />}
      </form>
    </Dialog>
  );
}
