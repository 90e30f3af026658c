import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertChange, type AlertScope, alertChanges, keyKinds } from '#shared/logic/alert-changes.ts';
import { type AlertRecord, emptyAlertRecord, foldAlert } from '#shared/logic/alert-fold.ts';
import { type Alert, type AlertCondition, alertKinds } from '#shared/model/alert.ts';
import type { LogEvent } from '#shared/model/event.ts';

const environment = { id: 'e1', name: 'Shop', stage: 'production' } as const;
const overdue = (keys: string[], severity: AlertCondition['severity'] = 'warning'): AlertCondition => ({
  id: 'overdue/e1',
  kind: 'overdue',
  severity,
  environment,
  keys,
  run_id: null,
  title: `Overdue: ${keys.join()}`,
  detail: '',
});
const everything: AlertScope = { read: new Set(['e1', 'e2']), kinds: new Set(alertKinds) };
const nothingRead: AlertScope = { read: new Set(), kinds: new Set(alertKinds) };

/** A log of alerts that the test writes as the watch does. */
class Log {
  readonly record: AlertRecord = emptyAlertRecord();
  #count = 0;

  get open(): Alert[] {
    return Object.values(this.record.alerts).filter(({ resolved_at }) => resolved_at === null);
  }

  append(action: string, data: object, more: Partial<LogEvent> = {}): void {
    this.#count += 1;
    foldAlert(this.record, {
      id: `event-${this.#count}`,
      event_type: 'alert',
      action,
      data,
      reason: null,
      user_id: 'system',
      environment,
      run_id: null,
      timestamp: new Date(Date.UTC(2026, 10, 27, 0, 0, this.#count)).toISOString(),
      ...more,
    } as LogEvent);
  }

  look(conditions: AlertCondition[], scope = everything, now = '2026-11-27T12:00:00.000Z'): string[] {
    const changes = alertChanges(this.open, conditions, scope, now);
    for (const change of changes) this.#write(change);
    return changes.map(({ action }) => action);
  }

  #write(change: AlertChange): void {
    if ('condition' in change) {
      const { environment: about, run_id, ...data } = change.condition;
      this.append(change.action, { ...data, worse: change.worse }, { environment: about, run_id });
    } else this.append(change.action, { id: change.alert.id });
  }
}

describe('an alert', () => {
  it('is raised once, and resolved when it is so no longer', () => {
    const log = new Log();
    expect(log.look([overdue(['A'])])).toEqual(['raised']);
    expect(log.look([overdue(['A'])])).toEqual([]);
    expect(log.open).toMatchObject([{ id: 'overdue/e1', notice: { news: 'raised' } }]);
    expect(log.look([])).toEqual(['resolved']);
    expect(log.record.alerts['overdue/e1']).toMatchObject({ notice: { news: 'resolved' } });
    expect(log.look([overdue(['A'])])).toEqual(['raised']);
  });

  it('stays while nobody could look', () => {
    const log = new Log();
    log.look([overdue(['A'])]);
    expect(log.look([], nothingRead)).toEqual([]);
    expect(log.look([], { read: new Set(['e2']), kinds: new Set(alertKinds) })).toEqual([]);
    expect(log.open).toHaveLength(1);
  });

  it('is told again only when it gets worse', () => {
    const log = new Log();
    log.look([overdue(['A', 'B'])]);
    const told = log.open[0]?.notice?.id;
    expect(log.look([overdue(['A'])])).toEqual(['updated']);
    expect(log.open[0]).toMatchObject({ keys: ['A'], notice: { id: told, news: 'raised' } });
    expect(log.look([overdue(['A', 'C'])])).toEqual(['updated']);
    expect(log.open[0]).toMatchObject({ notice: { news: 'updated' } });
    expect(log.look([overdue(['A', 'C'], 'critical')])).toEqual(['updated']);
  });
});

describe('an alert that is put off', () => {
  const until = '2026-11-27T13:00:00.000Z';
  const snoozed = () => {
    const log = new Log();
    log.look([overdue(['A'])]);
    log.append(
      'snoozed',
      { id: 'overdue/e1', until },
      { reason: 'After the sale.', user_id: 'ada@example.org' },
    );
    return log;
  };

  it('is quiet until then, and comes back if it is still so', () => {
    const log = snoozed();
    expect(log.open[0]).toMatchObject({ snoozed: { until, by: 'ada@example.org' }, notice: null });
    expect(log.look([overdue(['A'])], everything, '2026-11-27T12:59:59.999Z')).toEqual([]);
    expect(log.look([overdue(['A'])], everything, until)).toEqual(['returned']);
    expect(log.open[0]).toMatchObject({ snoozed: null, notice: { news: 'returned' } });
  });

  it('comes back also where nobody can look then', () => {
    expect(snoozed().look([], nothingRead, until)).toEqual(['returned']);
  });

  it('comes back earlier when it gets worse, and not when it gets better', () => {
    const log = snoozed();
    expect(log.look([overdue(['A', 'B'])])).toEqual(['updated']);
    expect(log.open[0]).toMatchObject({ snoozed: null, notice: { news: 'updated' } });
    const better = snoozed();
    better.look([{ ...overdue(['A']), run_id: 'r1' }]);
    expect(better.open[0]?.snoozed).not.toBeNull();
  });

  it('is resolved without a word', () => {
    const log = snoozed();
    expect(log.look([])).toEqual(['resolved']);
    expect(log.record.alerts['overdue/e1']).toMatchObject({ notice: null, snoozed: null });
  });
});

describe('what channels were told', () => {
  it('is kept by channel and alert; a failure is kept until something is delivered', () => {
    const log = new Log();
    log.look([overdue(['A'])]);
    log.append('delivery-failed', { channel: 'c1', message: 'HTTP 500' });
    log.append('delivery-failed', { channel: 'c1', message: 'HTTP 502' });
    expect(log.record.channels.c1).toMatchObject({
      failing: { since: '2026-11-27T00:00:02.000Z', message: 'HTTP 502' },
    });
    log.append('delivered', { channel: 'c1', id: 'overdue/e1', notice: 'event-1' });
    expect(log.record.channels.c1?.failing).toBeNull();
    expect(log.record.delivered).toEqual({ c1: { 'overdue/e1': 'event-1' } });
  });

  it('of alerts that are long over is forgotten', () => {
    const log = new Log();
    for (let number = 0; number < 250; number += 1) {
      log.look([{ ...overdue(['A']), id: `overdue/${number}` }]);
      log.append('delivered', { channel: 'c1', id: `overdue/${number}`, notice: 'n' });
    }
    log.look([]);
    expect(Object.keys(log.record.alerts)).toHaveLength(200);
    expect(Object.keys(log.record.delivered.c1 ?? {})).toHaveLength(200);
  });
});

it('property: whatever comes and goes, open alerts are what was last seen, and a second look changes nothing', () => {
  const kinds = fc.constantFrom(...alertKinds);
  const condition = fc.record({
    kind: kinds,
    of: fc.constantFrom('e1', 'e2'),
    severity: fc.constantFrom('warning' as const, 'critical' as const),
    keys: fc.uniqueArray(fc.constantFrom('A', 'B', 'C'), { minLength: 1 }),
  });
  const look = fc.uniqueArray(condition, { selector: ({ kind, of }) => `${kind}/${of}`, maxLength: 6 });
  const made = ({
    kind,
    of,
    severity,
    keys,
  }: {
    kind: Alert['kind'];
    of: string;
    severity: Alert['severity'];
    keys: string[];
  }) => ({
    ...overdue(keys, severity),
    id: `${kind}/${of}`,
    kind,
    environment: { ...environment, id: of },
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 8 }), (looks) => {
      const log = new Log();
      for (const conditions of looks) {
        const now = conditions.map(made);
        log.look(now);
        expect(log.look(now)).toEqual([]);
        expect(log.open.map(({ id }) => id).sort()).toEqual(now.map(({ id }) => id).sort());
      }
    }),
  );
});

it('only keys need a look at their environment', () => {
  expect(alertKinds.filter((kind) => keyKinds.includes(kind))).toEqual([
    'overdue',
    'validation',
    'compromised',
    'drift',
  ]);
});
