import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { Tooltip } from '#renderer/ui/tooltip/tooltip.tsx';
import styles from './code-block.module.css';
import { copyText } from './copy-text.ts';

/** Copies text that is no secret: commands, fingerprints, identifiers, paths. Says whether it worked. */
export function CopyButton({ text, label, small = true }: { text: string; label: string; small?: boolean }) {
  const [outcome, setOutcome] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = setTimeout(() => setOutcome('idle'), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <>
      <Tooltip text={label}>
        <Button
          variant="quiet"
          size={small ? 'small' : 'medium'}
          aria-label={label}
          icon={
            outcome === 'copied' ? (
              <Check size={14} aria-hidden="true" />
            ) : (
              <Copy size={14} aria-hidden="true" />
            )
          }
          onClick={() => setOutcome(copyText(text) ? 'copied' : 'failed')}
        />
      </Tooltip>
      <span role="status" className="visually-hidden">
        {outcome === 'copied' && 'Copied'}
        {outcome === 'failed' && 'Copying failed. Select the text and copy it by hand.'}
      </span>
    </>
  );
}

/** A command or an output, scrollable by keyboard, with a button that copies it. */
export function CodeBlock({
  code,
  label,
  copyLabel,
  wrap = false,
  tall = false,
}: {
  code: string;
  label: string;
  /** Without it there is nothing worth copying. */
  copyLabel?: string;
  wrap?: boolean;
  tall?: boolean;
}) {
  return (
    <div className={styles.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section aria-label={label} tabIndex={0} className={classNames(styles.scroll, tall && styles.tall)}>
        <pre className={classNames(styles.pre, wrap && styles.wrap)}>
          <code>{code}</code>
        </pre>
      </section>
      {copyLabel && (
        <div className={styles.copy}>
          <CopyButton text={code} label={copyLabel} />
        </div>
      )}
    </div>
  );
}
