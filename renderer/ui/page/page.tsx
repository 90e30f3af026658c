import { type ReactNode, useEffect, useRef } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './page.module.css';

export interface PageProps {
  title: ReactNode;
  /** A line above the title: where this belongs. */
  above?: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** `full` gives the content the whole height and lets it scroll by itself. */
  fit?: 'scroll' | 'full';
}

/** A screen: its heading, which takes the focus when the screen opens, and its content. */
export function Page({ title, above, subtitle, actions, children, fit = 'scroll' }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // A screen that replaces another takes the focus; a screen that opens under a dialog leaves it there.
    if (document.activeElement === document.body || document.activeElement?.closest('main, nav')) {
      heading.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <div className={classNames(styles.page, fit === 'full' && styles.full)}>
      <header className={styles.header}>
        <div className={styles.titles}>
          {above && <div className={styles.above}>{above}</div>}
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {subtitle && <div className={styles.subtitle}>{subtitle}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={styles.content}>{children}</div>
    </div>
  );
}

/** A part of a screen under its own heading. */
export function Section({
  title,
  hint,
  actions,
  children,
  level = 2,
}: {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  level?: 2 | 3;
}) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <div>
          <Heading>{title}</Heading>
          {hint && <p className={styles.hint}>{hint}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}
