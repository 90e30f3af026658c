import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { hashOf } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { CodeBlock, CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import dialogStyles from '#renderer/ui/dialog/dialog.module.css';
import { localDateTimeSeconds, utcTime } from '#renderer/ui/time/format-time.ts';
import type { ListedEvent, LogEvent } from '#shared/model/event.ts';
import styles from './event-detail.module.css';
import { eventWords } from './event-words.ts';

/** A drawer with every field of one event. */
export function EventDetail({ event, onClose }: { event: ListedEvent | null; onClose: () => void }) {
  return (
    <Base.Root open={event !== null} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={dialogStyles.backdrop} />
        <Base.Popup data-modal className={styles.drawer}>
          {event && (
            <>
              <header className={styles.head}>
                <div>
                  <Base.Title className={styles.title}>{eventWords(event)}</Base.Title>
                  <Base.Description className={styles.soft}>Event {event.seq}</Base.Description>
                </div>
                <Button
                  size="small"
                  variant="quiet"
                  aria-label="Close"
                  icon={<X size={16} aria-hidden="true" />}
                  onClick={onClose}
                />
              </header>
              <dl className={styles.facts}>
                {facts(event).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
                <div>
                  <dt>Identifier</dt>
                  <dd className={styles.id}>
                    <code>{event.id}</code>
                    <CopyButton text={event.id} label="Copy the identifier" />
                  </dd>
                </div>
              </dl>
              {event.run_id && (
                <p>
                  <a href={hashOf({ screen: 'run', id: event.run_id })}>Open its run</a>
                </p>
              )}
              <h3>As it is stored</h3>
              <CodeBlock
                code={JSON.stringify(asStored(event), null, 2)}
                label="The event as JSON"
                copyLabel="Copy the event"
                wrap
                tall
              />
            </>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function asStored({ earlier_log: _, ...event }: ListedEvent): LogEvent {
  return event;
}

function facts(event: ListedEvent): [string, string][] {
  const rows: [string, string | null | undefined][] = [
    ['When', `${localDateTimeSeconds(event.timestamp)} (${utcTime(event.timestamp)})`],
    ['Environment', event.environment && `${event.environment.name} (${event.environment.stage})`],
    ['Key', event.key_type],
    ['Reason', event.reason],
    [
      'Who',
      `${event.user_id} (${event.user_id_source === 'declared' ? 'as declared by the operator' : 'system'})`,
    ],
    ['Machine', `${event.host}, as ${event.os_user}, Rekey ${event.app_version}`],
    ['Compliance', event.compliance_status?.replace('_', ' ')],
    ['Next due', event.next_rotation_due && localDateTimeSeconds(event.next_rotation_due)],
    ['Drill', event.drill ? 'Yes' : null],
    ['Earlier log', event.earlier_log],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, value] as [string, string]] : []));
}
