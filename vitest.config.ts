import { defineConfig } from 'vitest/config';

const long = process.env.REKEY_TEST_LONG === '1';
const minutes = (n: number) => n * 60_000;

export default defineConfig({
  test: {
    // Two workers: more would fight over two cores, and the timings of locks and processes with them.
    maxWorkers: 2,
    // A test that cannot fail, or was left focused, is no test.
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
          restoreMocks: true,
        },
      },
      {
        test: {
          // Real files, processes, keyrings, services.
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: [
            'test/integration/command/build-command.ts',
            'test/integration/support/shared-keyring.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // Kills at every durable effect; exhaustive only in `npm run test:long`.
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          testTimeout: long ? minutes(120) : minutes(6),
          hookTimeout: minutes(2),
        },
      },
    ],
  },
});
