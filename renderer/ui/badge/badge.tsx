import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './badge.module.css';
import type { Tone } from './tone.ts';

export interface BadgeProps {
  tone?: Tone;
  icon?: LucideIcon;
  /** `plain`: icon and word without a background, for dense tables. `solid`: must not be overlooked. */
  look?: 'soft' | 'plain' | 'solid';
  title?: string;
  children: ReactNode;
}

/** A short word with an icon. The word carries the meaning. */
export function Badge({ tone = 'neutral', icon: Icon, look = 'soft', title, children }: BadgeProps) {
  return (
    <span className={classNames(styles.badge, styles[tone], styles[look])} title={title}>
      {Icon && <Icon size={13} strokeWidth={2.25} aria-hidden="true" />}
      <span className={styles.word}>{children}</span>
    </span>
  );
}
