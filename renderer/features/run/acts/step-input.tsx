import { TextArea, TextField } from '#renderer/ui/field/field.tsx';
import type { RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './acts.module.css';

/** One field of an `input` step. */
export function StepInput({
  input,
  keys,
  value,
  error,
  onChange,
}: {
  input: RunStepDetail['inputs'][number];
  keys: readonly string[];
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  const common = { label: input.label, hint: input.hint, optional: !input.required, error };
  switch (input.kind) {
    case 'multiline':
      return <TextArea {...common} value={value} onChange={(event) => onChange(event.target.value)} />;
    case 'date':
      return (
        <TextField {...common} type="date" value={value} onChange={(event) => onChange(event.target.value)} />
      );
    case 'datetime':
      return (
        <TextField
          {...common}
          type="datetime-local"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'keys': {
      const chosen = new Set(value.split(/[\s,]+/).filter(Boolean));
      return (
        <fieldset className={styles.keys}>
          <legend>{input.label}</legend>
          {keys.map((key) => (
            <label key={key}>
              <input
                type="checkbox"
                checked={chosen.has(key)}
                onChange={(event) => {
                  if (event.target.checked) chosen.add(key);
                  else chosen.delete(key);
                  onChange([...chosen].join(', '));
                }}
              />
              <code>{key}</code>
            </label>
          ))}
          {error && <p className={styles.error}>{error}</p>}
        </fieldset>
      );
    }
    default:
      return (
        <TextField
          {...common}
          placeholder={input.kind === 'duration' ? '24h' : undefined}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
