import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './table.module.css';

/** A real table in a frame that scrolls sideways when it must, by keyboard too. */
export function Table({
  label,
  children,
  dense = false,
}: {
  label: string;
  children: ReactNode;
  dense?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <table className={classNames(styles.table, dense && styles.dense)} aria-label={label}>
        {children}
      </table>
    </section>
  );
}

interface CellAlign {
  align?: 'end' | 'center';
}

export function HeadCell({
  align,
  className,
  ...rest
}: Omit<ThHTMLAttributes<HTMLTableCellElement>, 'align'> & CellAlign) {
  return <th scope="col" {...rest} className={classNames(align && styles[align], className)} />;
}

export function Cell({
  align,
  className,
  ...rest
}: Omit<TdHTMLAttributes<HTMLTableCellElement>, 'align'> & CellAlign) {
  return <td {...rest} className={classNames(align && styles[align], className)} />;
}
