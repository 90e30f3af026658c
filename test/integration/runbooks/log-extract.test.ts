import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEvent } from '#shared/model/event.ts';
import { GuidedFixture } from './guided-fixture.ts';

const runbook = `id: extract
title: Extract
summary: Saves the extract of the log.
owner: Security
version: '1.0'
next_review: 2027-01-01
mode: planned
keys: none
phases:
  - { id: one, title: One }
steps:
  - id: extract
    title: Save the extract
    kind: automatic
    phase: one
    why: It is evidence.
    instructions: Save the extract of the log.
    action: log.extract
`;

let fixture: GuidedFixture;
beforeAll(async () => {
  fixture = new GuidedFixture();
  await fixture.createVault();
  writeFileSync(join(fixture.services.runbooks.customFolder(), 'extract.yaml'), runbook);
});
afterAll(() => fixture.close());

async function extract(environmentId: string) {
  const { guided, folder } = fixture.services;
  const started = await guided.start({
    runbook: 'extract',
    environmentId,
    keys: [],
    reason: 'An audit',
    dryRun: false,
    drill: false,
  });
  const { run } = await guided.act(started.run.run_id, 'extract', { act: 'run-action' });
  const read = (name: string) => readFileSync(join(folder.runs, run.run_id, name), 'utf8');
  const lines = read('extract.jsonl')
    .split('\n')
    .filter((line) => line !== '');
  return {
    run,
    events: lines.map((line) => JSON.parse(line) as LogEvent),
    about: JSON.parse(read('extract-about.json')),
    result: run.steps.find(({ id }) => id === 'extract')?.result.join('\n'),
  };
}

describe('the extract of the log', () => {
  it('goes back to before the log was moved, and says which lines are from where', async () => {
    const { services } = fixture;
    const ours = await fixture.plain('ours');
    await fixture.plain('theirs');
    await services.environments.markCompromised(ours, 'JWT_SECRET_KEY', 'seen in a chat');
    const before = [...services.log.scan()].filter(({ environment }) => environment?.id === ours);
    const first = services.log.health().folder;
    await services.moveLog(join(fixture.folder, 'second'), 'the disk is full');
    await services.environments.clearCompromised(ours, 'JWT_SECRET_KEY', 'it was another key');

    const { run, events, about, result } = await extract(ours);
    expect(before.length).toBeGreaterThan(1);
    expect(events.slice(0, before.length)).toEqual(before);
    expect(events[before.length]).toMatchObject({
      environment: { id: ours },
      action: 'clear-compromised-intended',
    });
    expect(events.every(({ environment, run_id }) => environment?.id === ours || run_id === run.run_id)).toBe(
      true,
    );
    expect(about).toMatchObject({
      events: events.length,
      earlier_logs: [{ folder: first, events: before.length }],
      unreadable_log: null,
    });
    expect(result).toContain(`${before.length} of them are from the earlier log in ${first}`);

    renameSync(first, `${first}-away`);
    const without = await extract(ours);
    expect(without.events[0]).toMatchObject({ action: 'clear-compromised-intended' });
    expect(without.about).toMatchObject({ earlier_logs: [], unreadable_log: first });
    expect(without.result).toContain(`The earlier log in ${first} cannot be read`);
    renameSync(`${first}-away`, first);
  });
});
