import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { connectEnvironment } from '#electron/environments/connect.ts';
import { nothingRecorded, StatusService } from '#electron/services/status/status-service.ts';
import { VerdictCache } from '#electron/services/status/verdict-cache.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import { PracticeFixture } from './practice-fixture.ts';

const fixture = new PracticeFixture();

afterEach(async () => {
  await fixture.practice.stop();
  await fixture.dispose();
});

it('a new practice environment has one key of each kind that there is something to learn from', async () => {
  const { environmentId } = await fixture.practice.start();
  const status = new StatusService({
    clock: systemClock,
    environments: fixture.environments,
    connect: (config) =>
      connectEnvironment(config, { clock: systemClock, builtins: fixture.practice.commands }),
    verdicts: new VerdictCache(join(fixture.folder, 'verdicts.json'), valueChecker(loadZxcvbnPatterns)),
    recorded: () => nothingRecorded,
  });
  const { reachable, keys, findings } = await status.environment(environmentId);
  expect(reachable).toBe(true);
  expect(findings).toEqual([]);
  expect(keys.map(({ key, status, protects, slots }) => [key, status, protects, slots])).toEqual([
    ['TOKEN_ENCRYPTION_KEY', 'overdue', 'data', 'previous'],
    ['JWT_SECRET_KEY', 'due-soon', 'messages', 'next+previous'],
    ['WEBHOOK_SIGNING_KEY', 'invalid', 'messages', 'one'],
    ['ENCRYPTION_KEY', 'unrecorded', 'data', 'one'],
    ['API_SIGNING_KEY', 'ok', 'messages', 'previous'],
  ]);
});
