import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './button.module.css';

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'> {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger' | 'danger-outline';
  size?: 'small' | 'medium' | 'large';
  icon?: ReactNode;
  /** Working: keeps its focus and its words, and ignores clicks. */
  busy?: boolean;
  type?: 'button' | 'submit';
  ref?: Ref<HTMLButtonElement>;
}

/** The one button. `busy` and `disabled` keep it focusable, so that the keyboard does not lose its place. */
export function Button({
  variant = 'secondary',
  size = 'medium',
  icon,
  busy = false,
  disabled = false,
  type = 'button',
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const inert = busy || disabled;
  return (
    <button
      {...rest}
      type={inert && type === 'submit' ? 'button' : type}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      className={classNames(
        styles.button,
        styles[variant],
        styles[size],
        !children && styles.iconOnly,
        className,
      )}
      onClick={inert ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <LoaderCircle className={styles.spin} size={15} aria-hidden="true" /> : icon}
      {children}
    </button>
  );
}
