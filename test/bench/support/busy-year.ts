import type { EnvironmentReference } from '#shared/model/environment.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { SimulatedHistory } from '#test/support/simulated-history.ts';

const dayMs = 86_400_000;
/** Of a hundred events so many are a rotation's; the rest are checks, as a place that is watched has them. */
const rotationShare = 0.3;

/**
 * A year of environments whose keys are rotated again and again, driven by the product's own machine, with checks in
 * between: `count` events at least, in order, ending a day before `now`.
 */
export function* busyYear(
  references: readonly EnvironmentReference[],
  now: number,
  count: number,
): Generator<LogEvent> {
  let events: LogEvent[] = [];
  const start = now - 366 * dayMs;
  const history = new SimulatedHistory(new Date(start).toISOString(), {
    emit: (event) => events.push(event),
  });
  const names = keyCatalog.map(({ name }) => name);
  const activatedAt = new Date(start - 30 * dayMs).toISOString();
  const environments = references.map(({ id, name, stage }) =>
    history.addEnvironment(name, names, { id, stage, activatedAt }),
  );
  const step = Math.floor((364 * dayMs) / count);
  let rotated = 0;
  for (let turn = 0; history.size < count; turn += 1) {
    const environment = environments[turn % environments.length];
    if (environment === undefined) return;
    const before = history.size;
    if (rotated <= history.size * rotationShare) {
      const key = names[Math.floor(turn / environments.length) % names.length] ?? '';
      history.rotate({ environment, key, adoption: turn % 5 === 0 ? 'attested' : 'proven' }, step);
      rotated += history.size - before;
    } else {
      history.advance(step).append({
        event_type: turn % 2 === 0 ? 'validation' : 'health_check',
        action: 'checked',
        environment: environment.reference,
        data: {
          reachable: true,
          healthy: true,
          http_status: 200,
          duration_ms: turn % 40,
          keys: 5,
          problems: 0,
        },
      });
    }
    yield* events;
    events = [];
  }
}
