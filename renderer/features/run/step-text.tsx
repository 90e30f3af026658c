import { Terminal } from 'lucide-react';
import { useMirror } from '#renderer/state/store.ts';
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
  const platform = useMirror((mirror) => platforms[mirror.app?.platform ?? ''] ?? null);
  const fits = (command: StepCommand) =>
    platform === null || command.platform === 'any' || command.platform === platform;
  const here = step.commands.filter(fits);
  const elsewhere = step.commands.filter((command) => !fits(command));
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
      {here.map((command) => (
        <Command key={`${command.platform}/${command.line}`} command={command} />
      ))}
      {elsewhere.length > 0 && (
        <details className={styles.equivalent} open={here.length === 0}>
          <summary>
            <Terminal size={14} aria-hidden="true" /> Commands for other systems
          </summary>
          <div className={styles.aside}>
            {elsewhere.map((command) => (
              <Command key={`${command.platform}/${command.line}`} command={command} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}

type StepCommand = RunStepDetail['commands'][number];

/** As runbooks call what Node calls `process.platform`. */
const platforms: Readonly<Record<string, StepCommand['platform']>> = {
  linux: 'linux',
  darwin: 'macos',
  win32: 'windows',
};

function Command({ command }: { command: StepCommand }) {
  return (
    <div className={styles.command}>
      <p className={styles.label}>
        {command.label ?? 'Run this'}
        {command.platform !== 'any' && <Badge tone="neutral">{command.platform}</Badge>}
      </p>
      <CodeBlock code={command.line} label={command.label ?? 'Command'} copyLabel="Copy the command" />
    </div>
  );
}
