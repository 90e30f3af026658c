import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunbookStep } from '#shared/model/runbook.ts';
import { GuidedFixture, plainValues } from './guided-fixture.ts';
import { type Coverage, walk } from './walker.ts';

/** Branches that end a run by handing over to another runbook. */
const handOvers = [
  'direction/other',
  'validation-missing/lost',
  'validation-next/planned',
  'validation-next/emergency',
];

describe('breach, recovery and troubleshooting', () => {
  let fixture: GuidedFixture;

  beforeAll(async () => {
    fixture = new GuidedFixture();
    await fixture.createVault();
  }, 60_000);
  afterAll(() => fixture.close());

  it('rotates every key of the practice environment in one breach run', async () => {
    const environmentId = await fixture.practice();
    const { detail } = await walk(fixture, {
      runbook: 'breach',
      environmentId,
      drill: true,
      coverage: new Set(),
    });
    expect(detail.run.state).toBe('completed');
    expect(detail.run.rotations.map(({ state, adoption }) => `${state} ${adoption}`)).toEqual(
      Array(5).fill('closed proven'),
    );
    // Signing keys before encryption keys.
    expect(detail.run.rotations.map(({ plan }) => plan.protects)).toEqual([
      'messages',
      'messages',
      'messages',
      'data',
      'data',
    ]);
  }, 300_000);

  it('takes every branch of the breach runbook on a plain file', async () => {
    const environmentId = await fixture.plain('breach');
    await coverAll(fixture, 'breach', environmentId);
    expect(fixture.values(environmentId).JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
  }, 600_000);

  it('rolls an unfinished rotation back in the recovery runbook', async () => {
    const environmentId = await fixture.plain('recovery', {
      keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '1h' } },
    });
    const { services } = fixture;
    const rotated = await services.direct.rotate({
      environmentId,
      keys: ['JWT_SECRET_KEY'],
      mode: 'planned',
      reason: 'Before the outage',
      force: true,
      drill: false,
    });
    expect(fixture.values(environmentId).JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
    const { detail } = await walk(fixture, {
      runbook: 'recovery',
      environmentId,
      prefer: ['direction/back', 'guard/clean', 'works/works-now'],
      coverage: new Set(),
    });
    expect(detail.run.state).toBe('completed');
    expect(fixture.values(environmentId).JWT_SECRET_KEY).toBe(plainValues.JWT_SECRET_KEY);
    expect(services.runs.get(rotated.run_id).state).toBe('rolled-back');
  }, 300_000);

  it('takes every branch of the recovery runbook', async () => {
    await coverAll(fixture, 'recovery', await fixture.plain('recovery-branches'));
  }, 600_000);

  it('takes every branch of the three decision trees', async () => {
    const health = { url: 'http://127.0.0.1:9/health', credential: false, timeout: '1s' };
    const broken = await fixture.plain('unreachable', { health });
    await coverAll(fixture, 'troubleshooting', await fixture.plain('troubleshooting'), {
      'connection-verdict': broken,
    });
  }, 600_000);

  it('makes a dry run of every runbook without touching anything', async () => {
    const environmentId = await fixture.plain('dry');
    const before = fixture.values(environmentId);
    for (const { id, subject } of fixture.services.runbooks.list()) {
      // Runs about the installation itself have no environment; test/integration/signer walks that one.
      if (subject !== 'environment') continue;
      const { detail } = await walk(fixture, {
        runbook: id,
        environmentId,
        keys: ['JWT_SECRET_KEY', 'TOKEN_ENCRYPTION_KEY'],
        dryRun: true,
        never: [...handOvers, 'freeze/frozen', 'exposure/expired', 'anything-else/everything'],
        coverage: new Set(),
      });
      expect([id, detail.run.state, detail.run.dry_run]).toEqual([id, 'completed', true]);
      expect(detail.run.rotations).toEqual([]);
    }
    expect(fixture.values(environmentId)).toEqual(before);
  }, 300_000);
});

/** `elsewhere`: the environment on which the branches of a step can be reached at all. */
async function coverAll(
  fixture: GuidedFixture,
  runbook: string,
  environmentId: string,
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { steps } = fixture.services.runbooks.load(runbook).runbook;
  const branches = steps.flatMap((step) => step.branches.map(({ id }) => `${step.id}/${id}`));
  const coverage: Coverage = new Set();
  for (const missing of branches) {
    if (coverage.has(`${runbook}/${missing}`)) continue;
    const [step = ''] = missing.split('/');
    const { detail, acts } = await walk(fixture, {
      runbook,
      environmentId: elsewhere[step] ?? environmentId,
      prefer: [missing, ...waysTo(steps, step)],
      never: handOvers.filter((one) => one !== missing),
      coverage,
    });
    expect([missing, detail.run.state]).toEqual([missing, expect.stringMatching(/^completed/)]);
    expect(acts.length).toBeGreaterThan(3);
  }
  expect(branches.filter((branch) => !coverage.has(`${runbook}/${branch}`))).toEqual([]);
}

/** The branches to choose from the start to a step, by the shortest way. */
function waysTo(steps: readonly RunbookStep[], target: string): string[] {
  const open: { index: number; chosen: string[] }[] = [{ index: 0, chosen: [] }];
  const seen = new Set<number>();
  for (let at = open.shift(); at; at = open.shift()) {
    const { index, chosen } = at;
    const step = steps[index];
    if (!step || seen.has(index)) continue;
    seen.add(index);
    if (step.id === target) return chosen;
    const position = (id: string | undefined) =>
      id === undefined ? index + 1 : steps.findIndex((one) => one.id === id);
    if (step.kind !== 'decision') open.push({ index: position(step.goto), chosen });
    for (const branch of step.branches) {
      if (branch.runbook) continue;
      const way = [...chosen, `${step.id}/${branch.id}`];
      open.push({ index: position(branch.goto ?? step.goto), chosen: way });
    }
    if (typeof step.on_failure === 'object') open.push({ index: position(step.on_failure.goto), chosen });
  }
  return [];
}
