import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './banner.module.css';

const icons = {
  danger: CircleAlert,
  warning: TriangleAlert,
  success: CircleCheck,
  info: Info,
  neutral: Info,
  drill: Info,
} as const;

export interface BannerProps {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** `alert` for what has just gone wrong, `status` for progress, none for what stands there anyway. */
  role?: 'alert' | 'status' | undefined;
  /** A thin line across the window instead of a box. */
  thin?: boolean;
}

/** A message that stays until its cause is gone. */
export function Banner({ tone, title, children, actions, role, thin = false }: BannerProps) {
  const Icon = icons[tone];
  return (
    <div className={classNames(styles.banner, styles[tone], thin && styles.thin)} role={role}>
      <Icon size={thin ? 15 : 18} aria-hidden="true" className={styles.icon} />
      <div className={styles.body}>
        {title && <p className={styles.title}>{title}</p>}
        {children && <div className={styles.text}>{children}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
