import { Plus } from 'lucide-react';
import { useFieldArray, useForm } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import { z, zodResolver } from '#renderer/ui/form/schemas.ts';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { Contact } from '#shared/model/settings.ts';
import styles from './settings.module.css';

const ContactsForm = z.object({
  contacts: z
    .array(
      z.object({
        role: z.string().trim().min(1, 'What do they do?').max(80, 'At most 80 characters.'),
        name: z.string().trim().min(1, 'Who is it?').max(120, 'At most 120 characters.'),
        reach: z.string().trim().min(1, 'How are they reached?').max(200, 'At most 200 characters.'),
      }),
    )
    .max(50, 'At most 50 contacts.'),
});

/** Whom to call at night. */
export function Contacts({ contacts }: { contacts: readonly Contact[] }) {
  const { run, pending, error } = useCall('settings.set-contacts');
  const { register, control, handleSubmit, formState } = useForm<{ contacts: Contact[] }>({
    resolver: zodResolver(ContactsForm),
    defaultValues: { contacts: [...contacts] },
  });
  const { fields, append, remove } = useFieldArray({ control, name: 'contacts' });
  const problems = formState.errors.contacts;
  return (
    <form
      noValidate
      className={styles.stack}
      onSubmit={handleSubmit(async (form) => {
        const reply = await run(form);
        if (reply?.ok) notify({ title: 'Contacts saved' });
      })}
    >
      {fields.length === 0 && <p className={styles.soft}>Nobody is listed.</p>}
      {fields.map((field, index) => (
        <div key={field.id} className={styles.contact}>
          <TextField
            label="Role"
            placeholder="Security on call"
            {...register(`contacts.${index}.role`)}
            error={problems?.[index]?.role?.message}
          />
          <TextField
            label="Name"
            {...register(`contacts.${index}.name`)}
            error={problems?.[index]?.name?.message}
          />
          <TextField
            label="How to reach them"
            placeholder="+49 30 1234567, #security"
            {...register(`contacts.${index}.reach`)}
            error={problems?.[index]?.reach?.message}
          />
          <Button variant="quiet" aria-label={`Remove contact ${index + 1}`} onClick={() => remove(index)}>
            Remove
          </Button>
        </div>
      ))}
      {error && <ErrorNotice error={error} />}
      <div className={styles.buttons}>
        <Button
          icon={<Plus size={15} aria-hidden="true" />}
          onClick={() => append({ role: '', name: '', reach: '' })}
        >
          Add a contact
        </Button>
        <Button type="submit" variant="primary" busy={pending} disabled={!formState.isDirty}>
          Save the contacts
        </Button>
      </div>
    </form>
  );
}
