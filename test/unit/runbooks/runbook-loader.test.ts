import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resourceFile } from '#electron/installation.ts';
import { loadRunbook, maximumRunbookBytes } from '#electron/services/runbooks/runbook-loader.ts';
import { smallRunbook } from './runbook-text.ts';

const builtIn = resourceFile(import.meta.dirname, 'runbooks');

function errorsOf(text: string): string[] {
  const loaded = loadRunbook(text);
  return loaded.ok ? [] : loaded.errors.map(({ line, field, message }) => `${line}:${field}: ${message}`);
}

function changed(from: string, to: string): string {
  expect(smallRunbook).toContain(from);
  return smallRunbook.replace(from, to);
}

function lineOf(text: string, part: string): number {
  return text.split('\n').findIndex((line) => line.includes(part)) + 1;
}

describe('a runbook file', () => {
  it('is read when it is right', () => {
    const loaded = loadRunbook(smallRunbook);
    expect(loaded.ok && loaded.runbook.steps.map(({ id }) => id)).toEqual(['ask', 'act', 'finish']);
  });

  const mistakes: [name: string, from: string, to: string, part: string, field: string, message: RegExp][] = [
    [
      'an unknown field',
      'owner: Security',
      'owner: Security\nowners: x',
      'owners:',
      'owners',
      /no such field/,
    ],
    ['a missing field', 'owner: Security\n', '', 'id: small', 'owner', /expected string/i],
    ['an unknown kind', 'kind: automatic', 'kind: magic', 'kind: magic', 'steps[1].kind', /expected one of/i],
    [
      'an unknown action',
      'action: rotation.plan',
      'action: shell.run',
      'shell.run',
      'steps[1].action',
      /expected one of/i,
    ],
    [
      'an unknown goto',
      'goto: act',
      'goto: nowhere',
      'nowhere',
      'steps[0].branches[0].goto',
      /no step "nowhere"/,
    ],
    [
      'a step that no way leads to',
      'goto: act }',
      'goto: finish }',
      '- id: act',
      'steps[1].id',
      /no way leads to/,
    ],
    [
      'missing branches',
      /* removed below */ 'kind: info',
      'kind: decision',
      '- id: finish',
      'steps[2].branches',
      /two branches/,
    ],
    [
      'an unknown phase',
      'phase: one\n    why: It is over',
      'phase: two\n    why: It is over',
      'phase: two',
      'steps[2].phase',
      /no phase "two"/,
    ],
    ['an id used twice', 'id: finish', 'id: act', 'id: act', 'steps[2].id', /used twice/],
    [
      'an action without keys',
      'keys: choose',
      'keys: none',
      'action: rotation.plan',
      'steps[1].action',
      /takes none/,
    ],
    [
      'an unknown placeholder',
      '{{key}}',
      '{{secret}}',
      '{{secret}}',
      'steps[1].instructions',
      /no placeholder "secret"/,
    ],
    [
      'an argument that the action does not take',
      'action: rotation.plan',
      'action: rotation.plan\n    with: { force: true }',
      'with:',
      'steps[1].with.force',
      /takes no "force"/,
    ],
    [
      'effects in a step that only informs',
      'kind: info',
      'kind: info\n    action: rotation.activate',
      'action: rotation.activate',
      'steps[2].action',
      /has effects/,
    ],
    [
      'a condition on no decision',
      'kind: info',
      'kind: info\n    when: { choice: { act: yes-please } }',
      'choice:',
      'steps[2].when.choice.act',
      /not a decision/,
    ],
    [
      'a condition on no branch',
      'kind: info',
      'kind: info\n    when: { choice: { ask: perhaps } }',
      'choice:',
      'steps[2].when.choice.ask',
      /no branch of "ask"/,
    ],
    [
      'a way round in a circle',
      'instructions: Done.',
      'instructions: Done.\n    goto: act',
      '- id: act',
      'steps[1].id',
      /no way leads from/,
    ],
    ['a review date that is none', '2027-01-01', '2027-13-01', '2027-13-01', 'next_review', /date/i],
  ];
  for (const [name, from, to, part, field, message] of mistakes) {
    it(`says line and field of ${name}`, () => {
      const text = changed(from, to);
      const errors = errorsOf(text);
      const found = errors.find((error) => error.includes(`:${field}: `));
      expect(found, errors.join('\n')).toMatch(message);
      const expected =
        name === 'an id used twice'
          ? text.split('\n').findLastIndex((one) => one.includes(part)) + 1
          : lineOf(text, part);
      expect(Number(found?.split(':')[0])).toBe(expected);
    });
  }

  it('tells the line of what is no YAML', () => {
    const errors = errorsOf(`${smallRunbook}  - id: [broken\n`);
    expect(errors[0]).toMatch(/^\d+:file: /);
    expect(Number(errors[0]?.split(':')[0])).toBeGreaterThan(30);
  });

  it('refuses what is too large, and aliases that explode', () => {
    expect(errorsOf('x'.repeat(maximumRunbookBytes + 1))[0]).toContain('larger than');
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 8 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(',')}]`),
    ];
    expect(errorsOf(bomb.join('\n')).length).toBeGreaterThan(0);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...' \n:-{}[]&*!|>\'"%@`#,?abc01') })),
        (text) => {
          const loaded = loadRunbook(text);
          expect(loaded.ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws for a built-in one with a line lost', () => {
    const text = readFileSync(join(builtIn, 'planned.yaml'), 'utf8');
    const lines = text.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), (lost) => {
        const loaded = loadRunbook(lines.toSpliced(lost, 1).join('\n'));
        if (!loaded.ok) expect(loaded.errors.length).toBeGreaterThan(0);
        else expect(loaded.runbook.id).toBe('planned');
      }),
      { numRuns: 60 },
    );
  });
});

describe('a runbook about this installation', () => {
  const text = readFileSync(join(builtIn, 'signing-keys.yaml'), 'utf8');
  const errorsOf = (changed: string) => {
    const loaded = loadRunbook(changed);
    return loaded.ok ? [] : loaded.errors.map(({ message }) => message);
  };

  it('takes no keys, no action and no placeholder of an environment, and asks nothing of one', () => {
    expect(errorsOf(text)).toEqual([]);
    expect(errorsOf(text.replace('keys: none', 'keys: all'))).toContainEqual(
      expect.stringContaining('works on no keys of an environment'),
    );
    expect(errorsOf(text.replace('action: signer.export', 'action: environment.status'))).toEqual([
      expect.stringContaining('is for runbooks about an environment'),
    ]);
    expect(errorsOf(text.replace('Your auditors know', 'At {{path}} they know'))).toEqual([
      'there is no placeholder "path"',
    ]);
    expect(errorsOf(text.replace('choice: { why: due }', 'configured: [health]'))).toEqual([
      expect.stringContaining('there is no environment to ask'),
    ]);
  });

  it('its actions are refused in runbooks about an environment', () => {
    const errors = errorsOf(text.replace('subject: installation', 'subject: environment'));
    expect(errors).toContainEqual(expect.stringContaining('is for runbooks about this installation'));
  });
});

describe('a runbook about a host', () => {
  const text = readFileSync(join(builtIn, 'host-catch-up.yaml'), 'utf8');
  const errorsOf = (changed: string) => {
    const loaded = loadRunbook(changed);
    return loaded.ok ? [] : loaded.errors.map(({ message }) => message);
  };

  it('takes no keys, and may ask the environment', () => {
    expect(errorsOf(text)).toEqual([]);
    expect(errorsOf(text.replace('keys: none', 'keys: choose'))).toContainEqual(
      expect.stringContaining('a runbook about a host works on no keys'),
    );
    expect(errorsOf(text.replace('action: host.verify', 'action: environment.verify'))).toEqual([]);
    expect(errorsOf(text.replace('action: host.restart', 'action: rotation.activate'))).toEqual([
      expect.stringContaining('needs keys'),
    ]);
  });

  it('its actions and its placeholder are refused in runbooks about an environment', () => {
    const errors = errorsOf(text.replace('subject: host', 'subject: environment'));
    expect(errors).toContainEqual(expect.stringContaining('is for runbooks about a host'));
    expect(errors).toContainEqual('there is no placeholder "host"');
  });
});

describe('the built-in runbooks', () => {
  const files = readdirSync(builtIn);

  it('are seven', () => {
    expect(files.sort()).toEqual([
      'breach.yaml',
      'emergency.yaml',
      'host-catch-up.yaml',
      'planned.yaml',
      'recovery.yaml',
      'signing-keys.yaml',
      'troubleshooting.yaml',
    ]);
  });

  for (const file of files) {
    it(`${file} has no error, and says the consequence of every branch`, () => {
      const loaded = loadRunbook(readFileSync(join(builtIn, file), 'utf8'));
      expect(loaded.ok ? [] : loaded.errors).toEqual([]);
      if (!loaded.ok) return;
      expect(loaded.runbook.id).toBe(file.replace('.yaml', ''));
      const silent = loaded.runbook.steps.flatMap((step) =>
        step.branches.filter(({ consequence }) => !consequence).map(({ id }) => `${step.id}/${id}`),
      );
      expect(silent).toEqual([]);
      expect(loaded.runbook.steps.filter(({ kind }) => kind === 'approval')).toEqual([]);
      expect(
        loaded.runbook.steps.filter(({ instructions }) => instructions.length < 40).map(({ id }) => id),
      ).toEqual([]);
    });
  }
});
