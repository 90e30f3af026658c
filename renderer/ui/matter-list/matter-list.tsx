import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './matter-list.module.css';

/** How pressing a matter is; `quiet`: it is, and wants nobody now; `done`: it is no more. */
export type MatterTone = 'danger' | 'warning' | 'info' | 'quiet' | 'done';

const icons: Record<MatterTone, LucideIcon> = {
  danger: CircleAlert,
  warning: TriangleAlert,
  info: Info,
  quiet: TriangleAlert,
  done: CircleCheck,
};

/** What wants a person, one under the other. `label`: what they are, where no heading over them says it. */
export function MatterList({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <ul className={styles.list} aria-label={label}>
      {children}
    </ul>
  );
}

/** One matter: what is so, in short lines under its title, where, and what can be done. */
export function Matter({
  tone,
  title,
  lines,
  mark,
  actions,
}: {
  tone: MatterTone;
  title: ReactNode;
  lines: readonly ReactNode[];
  mark: ReactNode;
  actions: ReactNode;
}) {
  const Icon = icons[tone];
  return (
    <li className={classNames(styles.matter, tone !== 'quiet' && tone !== 'done' && styles[tone])}>
      <Icon size={17} aria-hidden="true" className={styles.icon} />
      <div>
        <p className={styles.title}>{title}</p>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one matter have no other name.
          <p key={index} className={styles.line}>
            {line}
          </p>
        ))}
      </div>
      {mark ?? <span />}
      <div className={styles.actions}>{actions}</div>
    </li>
  );
}
