import { type ReactNode, type TdHTMLAttributes, type ThHTMLAttributes, useRef } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './table.module.css';
import { useOverflow } from './use-overflow.ts';

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
  const frame = useRef<HTMLDivElement>(null);
  const overflows = useOverflow(frame);
  return (
    <div ref={frame} className={styles.frame} tabIndex={overflows ? 0 : undefined}>
      <table className={classNames(styles.table, dense && styles.dense)} aria-label={label}>
        {children}
      </table>
    </div>
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
