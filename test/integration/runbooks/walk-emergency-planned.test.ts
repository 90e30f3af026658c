import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuidedFixture, plainValues } from './guided-fixture.ts';
import { type Coverage, walk } from './walker.ts';

const allKeys = [
  'TOKEN_ENCRYPTION_KEY',
  'JWT_SECRET_KEY',
  'WEBHOOK_SIGNING_KEY',
  'ENCRYPTION_KEY',
  'API_SIGNING_KEY',
];
const slotsValues = ['one', 'previous', 'next+previous'] as const;

describe('the practice environment', () => {
  let fixture: GuidedFixture;
  let environmentId: string;
  const coverage: Coverage = new Set();

  beforeAll(async () => {
    fixture = new GuidedFixture();
    await fixture.createVault();
    environmentId = await fixture.practice();
  }, 60_000);
  afterAll(() => fixture.close());

  it('walks the emergency of one key to a proven end, as a drill', async () => {
    const before = fixture.values(environmentId);
    const { detail } = await walk(fixture, {
      runbook: 'emergency',
      environmentId,
      keys: ['WEBHOOK_SIGNING_KEY'],
      drill: true,
      prefer: ['exposure/exposed', 'anything-else/only-this'],
      coverage,
    });
    expect(detail.run.state).toBe('completed');
    expect(detail.run.drill).toBe(true);
    expect(detail.run.rotations.map(({ state, adoption }) => [state, adoption])).toEqual([
      ['closed', 'proven'],
    ]);
    expect(fixture.values(environmentId).WEBHOOK_SIGNING_KEY).not.toBe(before.WEBHOOK_SIGNING_KEY);
  }, 120_000);

  it('walks the emergency of all keys at once', async () => {
    const { detail } = await walk(fixture, {
      runbook: 'emergency',
      environmentId,
      keys: allKeys,
      prefer: ['exposure/suspected', 'anything-else/only-this'],
      coverage,
    });
    expect(detail.run.state).toBe('completed');
    expect(new Set(detail.run.rotations.map(({ state }) => state))).toEqual(new Set(['closed']));
    expect(detail.run.rotations).toHaveLength(5);
  }, 180_000);

  it('walks the planned rotation of all keys at once', async () => {
    const { detail } = await walk(fixture, {
      runbook: 'planned',
      environmentId,
      keys: allKeys,
      never: ['freeze/frozen'],
      coverage,
    });
    expect(detail.run.state).toBe('completed');
    const ends = detail.run.rotations.map(({ state, adoption }) => `${state} ${adoption}`);
    expect(ends).toEqual(Array(5).fill('closed proven'));
  }, 180_000);
});

describe('a plain file without any command', () => {
  let fixture: GuidedFixture;

  beforeAll(async () => {
    fixture = new GuidedFixture();
    await fixture.createVault();
  }, 60_000);
  afterAll(() => fixture.close());

  it('takes every branch of both runbooks', async () => {
    const coverage: Coverage = new Set();
    const environmentId = await fixture.plain('branches');
    const branches = ['emergency', 'planned'].flatMap((id) =>
      fixture.services.runbooks
        .load(id)
        .runbook.steps.flatMap((step) => step.branches.map((branch) => `${id}/${step.id}/${branch.id}`)),
    );
    for (const missing of branches) {
      if (coverage.has(missing)) continue;
      const [runbook = '', step, branch] = missing.split('/');
      const { detail } = await walk(fixture, {
        runbook,
        environmentId,
        keys: step === 'database-access' ? ['TOKEN_ENCRYPTION_KEY'] : ['WEBHOOK_SIGNING_KEY'],
        prefer: [`${step}/${branch}`, ...(step === 'host-verdict' ? ['attacker/unknown'] : [])],
        never: ['freeze/frozen', 'exposure/expired', 'anything-else/everything'].filter(
          (one) => one !== `${step}/${branch}`,
        ),
        coverage,
      });
      expect([missing, detail.run.state]).toEqual([missing, 'completed']);
      expect(detail.next_runbook?.id ?? null).toBe(
        missing.endsWith('expired') ? 'planned' : missing.endsWith('everything') ? 'breach' : null,
      );
    }
    expect(branches.filter((branch) => !coverage.has(branch))).toEqual([]);
  }, 600_000);

  for (const slots of slotsValues) {
    for (const runbook of ['emergency', 'planned']) {
      it(`walks ${runbook} with slots ${slots}, messages and data, on a person's word`, async () => {
        const environmentId = await fixture.plain(`${runbook}-${slots.replace('+', '-')}`, {
          keys: {
            JWT_SECRET_KEY: { slots, soak: '1h' },
            TOKEN_ENCRYPTION_KEY: { slots },
          },
        });
        const { detail } = await walk(fixture, {
          runbook,
          environmentId,
          keys: ['JWT_SECRET_KEY', 'TOKEN_ENCRYPTION_KEY'],
          never: ['freeze/frozen', 'exposure/expired', 'anything-else/everything'],
          coverage: new Set(),
        });
        expect(detail.run.rotations.map(({ state, adoption }) => [state, adoption])).toEqual([
          ['closed', 'attested'],
          ['closed', 'attested'],
        ]);
        expect(detail.run.state).toMatch(/^completed/);
        const values = fixture.values(environmentId);
        expect(values.JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
        expect(values.TOKEN_ENCRYPTION_KEY).toHaveLength(32);
        expect(values.WEBHOOK_SIGNING_KEY).toBe(plainValues.WEBHOOK_SIGNING_KEY);
        expect(Object.keys(values).filter((name) => /_(PREVIOUS|NEXT)$/.test(name))).toEqual([]);
      }, 120_000);
    }
  }
});
