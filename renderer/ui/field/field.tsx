import { Eye, EyeOff } from 'lucide-react';
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
  useState,
} from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './field.module.css';

interface Described {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  /** Says "optional" beside the label, unless `silent`; everything else is required. */
  optional?: boolean | 'silent';
  /** The label is read out but not shown, where the place says it already. */
  labelHidden?: boolean;
  className?: string | undefined;
}

interface Wiring {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

function FieldFrame({
  label,
  hint,
  error,
  optional = false,
  labelHidden = false,
  className,
  children,
}: Described & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [error ? errorId : null, hint ? hintId : null].filter(Boolean).join(' ');
  return (
    <div className={classNames(styles.field, className)}>
      <label htmlFor={id} className={classNames(styles.label, labelHidden && 'visually-hidden')}>
        {label}
        {optional === true && <span className={styles.optional}> (optional)</span>}
      </label>
      {children({
        id,
        'aria-describedby': describedBy || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {hint && (
        <div id={hintId} className={styles.hint}>
          {hint}
        </div>
      )}
      <p id={errorId} className={styles.error} aria-live="polite">
        {error}
      </p>
    </div>
  );
}

type Native<T> = Omit<T, 'className' | 'id' | 'children'>;

export function TextField({
  mono = false,
  ref,
  ...props
}: Described &
  Native<InputHTMLAttributes<HTMLInputElement>> & { mono?: boolean; ref?: Ref<HTMLInputElement> }) {
  const { label, hint, error, optional, labelHidden, className, ...rest } = props;
  return (
    <FieldFrame {...described({ label, hint, error, optional, labelHidden, className })}>
      {(wiring) => (
        <input
          autoComplete="off"
          spellCheck={false}
          {...rest}
          {...wiring}
          ref={ref}
          required={!optional}
          className={classNames(styles.control, mono && styles.mono)}
        />
      )}
    </FieldFrame>
  );
}

/** For passphrases, tokens and values: never echoed unless the person asks for it. */
export function SecretField({
  ref,
  ...props
}: Described & Native<InputHTMLAttributes<HTMLInputElement>> & { ref?: Ref<HTMLInputElement> }) {
  const { label, hint, error, optional, labelHidden, className, ...rest } = props;
  const [shown, setShown] = useState(false);
  return (
    <FieldFrame {...described({ label, hint, error, optional, labelHidden, className })}>
      {(wiring) => (
        <span className={styles.secret}>
          <input
            {...rest}
            {...wiring}
            ref={ref}
            type={shown ? 'text' : 'password'}
            autoComplete="off"
            spellCheck={false}
            required={!optional}
            className={classNames(styles.control, styles.mono)}
          />
          <Button
            variant="quiet"
            size="small"
            className={styles.reveal ?? ''}
            aria-label={shown ? 'Hide what is typed' : 'Show what is typed'}
            aria-pressed={shown}
            icon={shown ? <EyeOff size={15} aria-hidden="true" /> : <Eye size={15} aria-hidden="true" />}
            onClick={() => setShown(!shown)}
          />
        </span>
      )}
    </FieldFrame>
  );
}

export function TextArea({
  mono = false,
  ref,
  ...props
}: Described &
  Native<TextareaHTMLAttributes<HTMLTextAreaElement>> & { mono?: boolean; ref?: Ref<HTMLTextAreaElement> }) {
  const { label, hint, error, optional, labelHidden, className, ...rest } = props;
  return (
    <FieldFrame {...described({ label, hint, error, optional, labelHidden, className })}>
      {(wiring) => (
        <textarea
          rows={3}
          spellCheck={false}
          {...rest}
          {...wiring}
          ref={ref}
          required={!optional}
          className={classNames(styles.control, styles.area, mono && styles.mono)}
        />
      )}
    </FieldFrame>
  );
}

export interface SelectOption {
  value: string;
  label: string;
  disabled?: boolean;
}

/** The platform's own list: known to every keyboard and screen reader. */
export function Select({
  options,
  ref,
  ...props
}: Described &
  Native<SelectHTMLAttributes<HTMLSelectElement>> & {
    options: readonly SelectOption[];
    ref?: Ref<HTMLSelectElement>;
  }) {
  const { label, hint, error, optional, labelHidden, className, ...rest } = props;
  return (
    <FieldFrame {...described({ label, hint, error, optional, labelHidden, className })}>
      {(wiring) => (
        <select {...rest} {...wiring} ref={ref} className={classNames(styles.control, styles.select)}>
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}

export function Checkbox({
  label,
  hint,
  ref,
  ...rest
}: { label: ReactNode; hint?: ReactNode; ref?: Ref<HTMLInputElement> } & Native<
  InputHTMLAttributes<HTMLInputElement>
>) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <input {...rest} ref={ref} id={id} type="checkbox" aria-describedby={hint ? `${id}-hint` : undefined} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <div id={`${id}-hint`} className={styles.hint}>
            {hint}
          </div>
        )}
      </div>
    </div>
  );
}

export interface RadioOption {
  value: string;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
}

/** A question with a few answers, each with what it means. */
export function RadioGroup({
  legend,
  legendHidden = false,
  name,
  options,
  value,
  onChange,
  error,
}: {
  legend: string;
  legendHidden?: boolean;
  name: string;
  options: readonly RadioOption[];
  value: string | null;
  onChange: (value: string) => void;
  error?: string | undefined;
}) {
  const id = useId();
  return (
    <fieldset className={styles.group} aria-describedby={error ? `${id}-error` : undefined}>
      <legend className={classNames(styles.label, legendHidden && 'visually-hidden')}>{legend}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={classNames(styles.card, value === option.value && styles.chosen)}
        >
          <input
            type="radio"
            name={`${id}-${name}`}
            value={option.value}
            checked={value === option.value}
            disabled={option.disabled}
            onChange={() => onChange(option.value)}
          />
          <span>
            <span className={styles.cardLabel}>{option.label}</span>
            {option.hint && <span className={styles.hint}>{option.hint}</span>}
          </span>
        </label>
      ))}
      <p id={`${id}-error`} className={styles.error} aria-live="polite">
        {error}
      </p>
    </fieldset>
  );
}

/** Leaves out what was not given, as exact optional properties demand. */
function described(given: { [K in keyof Described]: Described[K] | undefined }): Described {
  const shown = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...shown, label: given.label };
}
