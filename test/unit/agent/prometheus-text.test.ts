import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prometheusText } from '#shared/logic/prometheus-text.ts';

it('writes what the format asks for, and leaves out what has no sample', () => {
  expect(
    prometheusText([
      { name: 'a_total', help: 'One\nline \\ only.', type: 'counter', samples: [{ value: 3 }] },
      { name: 'nothing', help: 'Nothing.', type: 'gauge', samples: [] },
      {
        name: 'b_seconds',
        help: 'How long.',
        type: 'histogram',
        samples: [
          {
            labels: { of: 'x' },
            buckets: [
              { le: 1, count: 1 },
              { le: 5, count: 2 },
            ],
            sum: 9.5,
            count: 3,
          },
        ],
      },
    ]),
  ).toBe(
    [
      '# HELP a_total One\\nline \\\\ only.',
      '# TYPE a_total counter',
      'a_total 3',
      '# HELP b_seconds How long.',
      '# TYPE b_seconds histogram',
      'b_seconds_bucket{of="x",le="1"} 1',
      'b_seconds_bucket{of="x",le="5"} 2',
      'b_seconds_bucket{of="x",le="+Inf"} 3',
      'b_seconds_sum{of="x"} 9.5',
      'b_seconds_count{of="x"} 3',
      '',
    ].join('\n'),
  );
});

/** As Prometheus reads a label: a backslash stands before what is meant literally. */
function read(line: string): { labels: Record<string, string>; value: number } {
  const labels: Record<string, string> = {};
  let rest = line.slice(line.indexOf('{') + 1);
  while (!rest.startsWith('}')) {
    const [, name = '', text = ''] = /^,?([a-z]+)="((?:[^"\\\n]|\\[\\n"])*)"/.exec(rest) ?? [];
    expect(name).not.toBe('');
    rest = rest.slice(rest.indexOf(`${name}="`) + name.length + 2 + text.length + 1);
    labels[name] = text.replaceAll(/\\(.)/g, (_all, sign: string) => (sign === 'n' ? '\n' : sign));
  }
  return { labels, value: Number(rest.slice(2).replace('Inf', 'Infinity')) };
}

it('property: any label and number is read as it was meant, in one line', () => {
  const labels = fc.record({ a: fc.string({ unit: 'binary' }), b: fc.string() });
  fc.assert(
    fc.property(labels, fc.double(), (given, value) => {
      const text = prometheusText([
        { name: 'm', help: '', type: 'gauge', samples: [{ labels: given, value }] },
      ]);
      const lines = text.split('\n');
      expect(lines).toHaveLength(4);
      const found = read(lines[2] ?? '');
      expect(found.labels).toEqual(given);
      expect(found.value === value || (Number.isNaN(found.value) && Number.isNaN(value))).toBe(true);
    }),
  );
});
