import { Badge } from '#renderer/ui/badge/badge.tsx';
import { CodeBlock } from '#renderer/ui/code-block/code-block.tsx';
import { Markdown } from '#renderer/ui/markdown/markdown.tsx';
import type { RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './current-step.module.css';
import { Lines } from './lines.tsx';

/** What the runbook says at a step: instructions, what to see to first, what to ask and expect, commands to copy. */
export function StepText({
  step,
  asks,
}: {
  step: RunStepDetail;
  /** The primary act asks the step's question and is called what is expected, so neither is said here. */
  asks: boolean;
}) {
  return (
    <>
      <Markdown text={step.instructions} />
      {step.preconditions.length > 0 && (
        <div className={styles.box}>
          <h3>Before you go on</h3>
          <Lines lines={step.preconditions} />
        </div>
      )}
      {step.challenge && !asks && (
        <p className={styles.challenge}>
          <strong>Question:</strong> {step.challenge}
        </p>
      )}
      {step.expected && !(asks && step.challenge) && (
        <p className={styles.challenge}>
          <strong>Expected:</strong> {step.expected}
        </p>
      )}
      {step.commands.map((command) => (
        <div key={`${command.platform}/${command.line}`} className={styles.command}>
          <p className={styles.label}>
            {command.label ?? 'Run this'}
            {command.platform !== 'any' && <Badge tone="neutral">{command.platform}</Badge>}
          </p>
          <CodeBlock code={command.line} label={command.label ?? 'Command'} copyLabel="Copy the command" />
        </div>
      ))}
    </>
  );
}
