import type { EventType, LogEvent } from '#shared/model/event.ts';

export const eventTypeWords: Readonly<Record<EventType, string>> = {
  key_rotation: 'Rotation',
  run: 'Run',
  step: 'Step',
  key: 'Key',
  environment: 'Environment',
  validation: 'Validation',
  health_check: 'Health check',
  keychain: 'Keychain',
  recovery: 'Recovery',
  practice: 'Practice',
  alert: 'Alert',
  task: 'Task',
  report: 'Report',
  exception: 'Accepted risk',
  settings: 'Settings',
  access: 'Access',
  log: 'Log',
};

/** `Rotation: activate, intended`. The log's own words, made readable. */
export function eventWords(event: Pick<LogEvent, 'event_type' | 'action'>): string {
  const action = event.action.replace(/-(intended|done|failed)$/, ', $1').replaceAll(/[-_]/g, ' ');
  return `${eventTypeWords[event.event_type]}: ${action}`;
}
