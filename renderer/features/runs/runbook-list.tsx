import { Copy, FolderOpen, Play } from 'lucide-react';
import { openOverlay } from '#renderer/state/overlay.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { LocalDate, RelativeTime } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import { Tooltip } from '#renderer/ui/tooltip/tooltip.tsx';
import type { RunbookListing } from '#shared/model/runbook.ts';
import styles from './runbook-list.module.css';

/** Built-in and own runbooks, with what is wrong with those that cannot be run. */
export function RunbookList({
  runbooks,
  onChanged,
}: {
  runbooks: readonly RunbookListing[];
  onChanged: () => void;
}) {
  const copy = useCall('runbooks.copy');
  const folder = useCall('runbooks.open-folder');
  async function copyOne(runbook: RunbookListing) {
    const reply = await copy.run({ id: runbook.id });
    if (!reply?.ok) return;
    notify({ title: `Copied “${runbook.title}”`, description: `Edit ${reply.value.file} in any editor.` });
    onChanged();
  }
  return (
    <>
      {copy.error && <ErrorNotice error={copy.error} />}
      {folder.error && <ErrorNotice error={folder.error} />}
      <ul className={styles.list}>
        {runbooks.map((runbook) => (
          <li key={`${runbook.source}/${runbook.file}`} className={styles.runbook}>
            <div>
              <h3 className={styles.title}>
                {runbook.title}
                {runbook.source === 'custom' && <Badge tone="neutral">Your own</Badge>}
                {runbook.review_overdue && <Badge tone="warning">Review overdue</Badge>}
                {runbook.drill_overdue && <Badge tone="warning">Drill overdue</Badge>}
                {runbook.errors.length > 0 && <Badge tone="danger">Cannot be run</Badge>}
              </h3>
              <p className={styles.summary}>{runbook.summary}</p>
              <p className={styles.facts}>
                {runbook.version && <span>Version {runbook.version}</span>}
                {runbook.owner && <span>{runbook.owner}</span>}
                {runbook.next_review && (
                  <span>
                    Next review <LocalDate at={runbook.next_review} />
                  </span>
                )}
                {runbook.drill_cadence && (
                  <span>
                    Drill every {cadenceWords(runbook.drill_cadence)};{' '}
                    {runbook.last_drill ? (
                      <>
                        last <RelativeTime at={runbook.last_drill} />
                      </>
                    ) : (
                      'none yet'
                    )}
                  </span>
                )}
              </p>
              {runbook.errors.length > 0 && (
                <div className={styles.problems}>
                  <Banner tone="danger" title={`${runbook.file} has ${count(runbook.errors.length)}.`}>
                    <ul className={styles.errors}>
                      {runbook.errors.map((error) => (
                        <li key={`${error.line}/${error.field}/${error.message}`}>
                          {error.line !== null && `Line ${error.line}, `}
                          <code>{error.field}</code>: {error.message}
                        </li>
                      ))}
                    </ul>
                  </Banner>
                </div>
              )}
            </div>
            <div className={styles.actions}>
              <Button
                size="small"
                disabled={runbook.errors.length > 0}
                aria-label={`Start ${runbook.title}`}
                icon={<Play size={14} aria-hidden="true" />}
                onClick={() => openOverlay({ kind: 'start-run', defaults: { runbook: runbook.id } })}
              >
                Start
              </Button>
              {runbook.drill_cadence && runbook.errors.length === 0 && (
                <Button
                  size="small"
                  variant="quiet"
                  aria-label={`Drill ${runbook.title}`}
                  onClick={() =>
                    openOverlay({ kind: 'start-run', defaults: { runbook: runbook.id, drill: true } })
                  }
                >
                  Drill
                </Button>
              )}
              <Tooltip text="Copy to edit it">
                <Button
                  size="small"
                  variant="quiet"
                  aria-label={`Copy ${runbook.title} to edit it`}
                  icon={<Copy size={14} aria-hidden="true" />}
                  busy={copy.pending}
                  onClick={() => void copyOne(runbook)}
                />
              </Tooltip>
            </div>
          </li>
        ))}
      </ul>
      <div>
        <Button
          size="small"
          icon={<FolderOpen size={14} aria-hidden="true" />}
          busy={folder.pending}
          onClick={() => void folder.run()}
        >
          Show the folder of your own runbooks
        </Button>
      </div>
    </>
  );
}

function count(errors: number): string {
  return errors === 1 ? 'an error' : `${errors} errors`;
}

const unitWords: Readonly<Record<string, string>> = { d: 'days', h: 'hours', m: 'minutes', s: 'seconds' };

/** `90 days` for `90d`. */
function cadenceWords(cadence: string): string {
  const match = /^(\d+)([dhms])$/.exec(cadence);
  return match ? `${match[1]} ${unitWords[match[2] ?? '']}` : cadence;
}
