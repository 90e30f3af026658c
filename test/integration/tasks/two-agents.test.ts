import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ExecuteRotationsResult } from '#shared/model/task.ts';
import { foldersIn } from '#test/crash/consumer-environment.ts';
import { RekeyWorld } from '../command/rekey-command.ts';
import { always } from './automatic-world.ts';
import { oldEnvironment, stateIn } from './old-environment.ts';

const rounds = process.env.REKEY_TEST_LONG === '1' ? 100 : 2;
/** Of the later one, milliseconds: it comes while the other starts, plans, seals, writes, restarts, or ends. */
const latest = 1_500;

const keys = {
  API_SIGNING_KEY: { protects: 'messages', slots: 'previous', soak: '0s', automatic: true },
  JWT_SECRET_KEY: { protects: 'messages', slots: 'one', automatic: true },
  WEBHOOK_SIGNING_KEY: { protects: 'messages', slots: 'next+previous', soak: '1h', automatic: true },
} as const;

/** How many times each key was rotated, by the state that all share, and by the log of each. */
async function counted(root: string, agents: readonly RekeyWorld[]) {
  const state = stateIn(root);
  const activations = await Promise.all(
    agents.map(async (agent) => {
      const { document } = await agent.json<{ events: { action: string; key_type: string }[] }>('events', [
        '--type',
        'key_rotation',
        '--limit',
        '500',
      ]);
      return document.events.filter(({ action }) => action === 'activate-done').map((one) => one.key_type);
    }),
  );
  return {
    versions: Object.values(state.keys).map(({ version }) => version),
    activations: activations.flat().sort(),
  };
}

it(
  `two agents with data folders of their own never rotate a key twice: ${rounds} races`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rekey-race-'));
    try {
      for (let round = 0; round < rounds; round += 1) {
        const root = join(folder, String(round));
        oldEnvironment(root, { keys, windows: [always] });
        const agents = [new RekeyWorld(), new RekeyWorld()] as const;
        for (const agent of agents) {
          mkdirSync(agent.data, { mode: 0o700 });
          copyFileSync(
            join(foldersIn(root).data, 'environments.json'),
            join(agent.data, 'environments.json'),
          );
        }
        const answers = await Promise.all(
          agents.map(async (agent, index) => {
            if (index === 1) await wait((latest * round) / rounds);
            return agent.json<ExecuteRotationsResult>('task execute-rotations', []);
          }),
        );
        const where = `round ${round}: ${JSON.stringify(answers.map(({ document }) => document))}`;
        for (const { code } of answers) expect(code, where).toBe(0);
        const { versions, activations } = await counted(root, agents);
        expect(activations, where).toEqual(Object.keys(keys).sort());
        expect(versions, where).toEqual([1, 1, 1]);
        // Whoever lost has nothing open, and halts nothing.
        const again = await Promise.all(
          agents.map((agent) => agent.json<ExecuteRotationsResult>('task execute-rotations', [])),
        );
        for (const { document } of again) expect(document, where).toMatchObject({ runs: [], left: [] });
        for (const agent of agents) agent.remove();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  rounds * 30_000,
);
