import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventLine, parseEventLine, sequenceOf } from '#electron/services/events/event-line.ts';
import { LogEvent } from '#shared/model/event.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const hostile = fc.oneof(
  text,
  fc.constantFrom(',"seq":7,', '","seq":7,"x":"', '\\",\\"seq\\":7', '{"seq":1}'),
);

const anyEvent = fc.record({
  timestamp: fc.constant('2026-11-23T08:30:00.000Z'),
  event_type: fc.constantFrom('step' as const, 'key_rotation' as const),
  key_type: fc.option(hostile),
  action: hostile,
  reason: fc.option(hostile),
  user_id: hostile,
  compliance_status: fc.constantFrom('compliant' as const, null),
  next_rotation_due: fc.option(hostile),
  seq: fc.nat(),
  id: fc.constant('017f22e2-79b0-77ff-bfff-ffffffffffff'),
  environment: fc.option(
    fc.record({ id: hostile, name: hostile, stage: fc.constant('production' as const) }),
  ),
  run_id: fc.option(hostile),
  rotation_id: fc.option(hostile),
  drill: fc.option(fc.boolean()),
  user_id_source: fc.constant('declared' as const),
  host: hostile,
  os_user: hostile,
  app_version: hostile,
  data: fc.option(fc.dictionary(hostile, fc.jsonValue({ maxDepth: 3 }))),
});

describe('a line of the log', () => {
  it('is one line, carries every field in order, and is read back as it was', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const line = eventLine(event);
        expect(line.includes(0x0a)).toBe(false);
        const parsed = JSON.parse(line.toString('utf8'));
        expect(Object.keys(parsed)).toEqual(Object.keys(LogEvent.shape));
        expect(parseEventLine(line.toString('utf8'))).toEqual(JSON.parse(JSON.stringify(event)));
      }),
    );
  });

  it('tells its sequence number without parsing, whatever its texts contain', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const line = eventLine(event);
        expect(sequenceOf(line, 0, line.length)).toBe(event.seq);
        const embedded = Buffer.concat([Buffer.from('x\n'), line, Buffer.from('\n,"seq":99,')]);
        expect(sequenceOf(embedded, 2, 2 + line.length)).toBe(event.seq);
      }),
      { numRuns: 500 },
    );
  });

  it('tells no sequence number where there is none', () => {
    for (const line of [
      '',
      '{}',
      '{"a":1,"seq":',
      '{"a":1,"seq":x,"b":2}',
      '{"a":1,"seq":-1,"b":2}',
      '{"a":1,"seq":12',
    ]) {
      expect(sequenceOf(Buffer.from(line), 0, line.length)).toBe(-1);
    }
  });

  it('takes nothing for an event that is none', () => {
    for (const line of [
      '',
      'null',
      '[]',
      '{"seq":1}',
      '{"seq":1.5,"event_type":"x","action":"y","timestamp":"z"}',
    ]) {
      expect(parseEventLine(line)).toBeNull();
    }
  });
});
