import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PlainPrompter } from '#electron/cli/terminal/plain-prompter.ts';
import type { TerminalStreams } from '#electron/cli/terminal/prompter.ts';
import { runMenu } from '#electron/cli/terminal/run-menu.ts';
import { GuidedFixture, plainValues } from './guided-fixture.ts';

let fixture: GuidedFixture;
beforeAll(async () => {
  fixture = new GuidedFixture();
  await fixture.createVault();
}, 60_000);
afterAll(() => fixture.close());

async function startRun(name: string): Promise<string> {
  const environmentId = await fixture.plain(name);
  const { run } = await fixture.services.guided.start({
    runbook: 'planned',
    environmentId,
    keys: ['JWT_SECRET_KEY'],
    reason: 'A test',
    dryRun: false,
    drill: false,
  });
  return run.run_id;
}

/**
 * Opens the menu once over a plain terminal's streams, and answers what it asks: a menu by the label of an entry,
 * anything else by the text. Returns what was on the screen, and whether the person leaves the run.
 */
async function menu(runId: string, ...answers: string[]): Promise<{ screen: string; leaves: boolean }> {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = '';
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    screen += chunk;
    shown += chunk;
    if (!shown.endsWith(': ')) return;
    const answer = answers.shift() ?? '';
    const entry = shown.split('\n').find((line) => line.replace(/^ *\d+\) /, '').startsWith(answer));
    const number = answer === '' ? null : /^ *(\d+)\) /.exec(entry ?? '')?.[1];
    shown = '';
    input.write(`${number ?? answer}\n`);
  });
  const prompter = new PlainPrompter({ input, output } as unknown as TerminalStreams);
  const leaves = await runMenu(prompter, fixture.services, await fixture.services.guided.detail(runId));
  expect(answers).toEqual([]);
  return { screen, leaves };
}

const runOf = (runId: string) => fixture.services.runs.get(runId);

describe('the menu of a run in the terminal', () => {
  it('shows the steps, and changes nothing by that', async () => {
    const runId = await startRun('steps');
    const size = fixture.services.log.size();
    const { screen, leaves } = await menu(runId, 'Show all steps');
    expect(screen).toContain('Choose the time window');
    expect([leaves, fixture.services.log.size()]).toEqual([false, size]);
  });

  it('keeps a note, redacted', async () => {
    const runId = await startRun('note');
    await menu(runId, 'Add a note', `Grace has ${plainValues.WEBHOOK_SIGNING_KEY} on paper`);
    expect(runOf(runId).notes).toMatchObject([
      { by: 'ada@example.org', text: 'Grace has [redacted] on paper' },
    ]);
  });

  it('hands over to a person with an address, with where it stands; the run is left then', async () => {
    const runId = await startRun('hand over');
    const { screen, leaves } = await menu(
      runId,
      'Hand over',
      'grace',
      'grace@example.org',
      'The window is not fixed yet.',
    );
    expect(screen).toContain('! Write an address such as ada@example.org.');
    expect(screen).toContain(`rekey run resume ${runId}`);
    expect([leaves, runOf(runId).operator]).toEqual([true, 'grace@example.org']);
    expect(runOf(runId).notes.at(-1)?.text).toBe('The window is not fixed yet.');
    const back = await menu(runId, 'Take the run over', 'Grace is asleep.');
    expect([back.leaves, runOf(runId).operator]).toEqual([false, 'ada@example.org']);
  });

  it('exports the timeline into the folder where the person is', async () => {
    const runId = await startRun('export');
    const file = resolve(`run-${runId.slice(0, 8)}.md`);
    onTestFinished(() => rmSync(file, { force: true }));
    const { screen } = await menu(runId, 'Export the timeline');
    expect(screen).toContain(`Written: ${file}`);
    expect(readFileSync(file, 'utf8')).toMatch(/^# Planned rotation: JWT\\_SECRET\\_KEY\n/);
  });

  it('shows evidence as it was stored, and not what somebody made of it', async () => {
    const runId = await startRun('evidence');
    const { guided, folder } = fixture.services;
    expect((await menu(runId, 'Show the evidence')).screen).toContain(
      'There is no evidence in this run yet.',
    );
    await guided.act(runId, 'window', {
      act: 'add-evidence',
      kind: 'output',
      label: 'uptime',
      text: `up 3 days ${plainValues.JWT_SECRET_KEY}`,
    });
    const shown = (await menu(runId, 'Show the evidence', 'window: uptime')).screen;
    expect(shown).toContain('up 3 days [redacted]');
    const [evidence] = runOf(runId).steps.find(({ id }) => id === 'window')?.evidence ?? [];
    expect(shown).toContain(`SHA-256 ${evidence?.sha256}`);
    writeFileSync(join(folder.runs, runId, 'evidence', `${evidence?.sha256}.txt`), 'up 300 days');
    const changed = (await menu(runId, 'Show the evidence', 'window: uptime')).screen;
    expect(changed).not.toContain('up 300 days');
    expect(changed).toMatch(/! The stored evidence was changed/);
  });

  it('gives a run up with a reason', async () => {
    const runId = await startRun('abort');
    await menu(runId, 'Abort', '', 'Not tonight');
    expect(runOf(runId).state).toBe('aborted');
  });
});
