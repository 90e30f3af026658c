import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { FolderSource } from '#electron/services/verification/folder-source.ts';
import { Report } from '#shared/model/report.ts';
import type { CreatedReport } from '#shared/model/report-making.ts';
import type { SignerView } from '#shared/model/signer.ts';
import { commandsOf, runCommands } from '#test/support/bundle/auditor-commands.ts';
import { type BundleFiles, sumsOf } from '#test/support/bundle/make-bundle.ts';
import { PythonVerifier, verdictOf } from '#test/support/bundle/python-verifier.ts';
import { damageEach } from '#test/support/bundle/tampering.ts';
import { writeFolder } from '#test/support/bundle/write-bundle.ts';
import { RekeyWorld, strong } from '../command/rekey-command.ts';

const long = process.env.REKEY_TEST_LONG === '1';

/**
 * Reports that `rekey report create` makes, in the eyes of everything that knows nothing of what made them: the
 * commands of VERIFY.md, verify.py, and the verifier on every damaged file.
 */
describe('a report of the command', { timeout: 600_000 }, () => {
  let world: RekeyWorld;
  let other: RekeyWorld;
  let python: PythonVerifier;
  let first: CreatedReport;
  let last: CreatedReport;
  let fingerprint: string;

  const today = new Date().toISOString().slice(0, 10);
  const create = async (out: string, ...args: string[]) => {
    const days = ['--from', today, '--to', today, '--time-zone', 'UTC'];
    const { code, document } = await world.json<CreatedReport>('report create', [
      ...days,
      '--out',
      out,
      ...args,
    ]);
    expect(code).toBe(0);
    return document;
  };
  const done = async (in_: RekeyWorld, ...args: string[]) => {
    const { code, stderr } = await in_.call(args);
    expect(code, stderr).toBe(0);
  };

  beforeAll(async () => {
    world = new RekeyWorld();
    other = new RekeyWorld();
    python = new PythonVerifier();
    const values = { JWT_SECRET_KEY: strong.jwt, WEBHOOK_SIGNING_KEY: strong.webhook };
    await world.add('production', values, { args: ['--verify', 'true'] });
    await done(world, 'rotate', 'production', 'JWT_SECRET_KEY', '--emergency', '--reason', 'leaked', '--yes');
    first = await create('first');
    await other.add('laptop', values);
    await done(other, 'signer', 'export', '--out', 'keys');
    await done(other, 'events', 'export', '--out', 'log');
    await done(world, 'events', 'import', other.path('log'), '--name', 'laptop');
    await done(world, 'signer', 'rollover', '--reason', 'cryptoperiod', '--yes');
    await done(world, 'events', 'move', '--to', world.path('moved'), '--reason', 'another disk');
    await done(
      world,
      'rotate',
      'production',
      'WEBHOOK_SIGNING_KEY',
      '--emergency',
      '--reason',
      'leaked',
      '--yes',
    );
    await create('between');
    last = await create('last', '--zip');
    const shown = await world.json<SignerView>('signer show', []);
    fingerprint = shown.document.keys?.report.fingerprint as string;
  }, 600_000);
  afterAll(() => {
    python.close();
    world.remove();
    other.remove();
  });

  it('is confirmed by every command of its VERIFY.md, to the letter', () => {
    for (const [bundle, known] of [
      [
        first.bundle,
        Report.parse(JSON.parse(readFileSync(join(first.bundle, 'report.json'), 'utf8'))).signer.report_key,
      ],
      [last.bundle, fingerprint],
    ] as const) {
      const commands = commandsOf(readFileSync(join(bundle, 'VERIFY.md'), 'utf8'));
      const outputs = runCommands(bundle, commands, { FINGERPRINT: known });
      expect(outputs).toEqual(commands.map(({ output }) => output));
    }
  });

  it('has the parts that it is about, and verifies as folder and as zip', async () => {
    const report = Report.parse(JSON.parse(readFileSync(join(last.bundle, 'report.json'), 'utf8')));
    expect(report.logs.map(({ id }) => id)).toEqual(['own', 'earlier-1', 'imported-1']);
    expect(report.signer.rollovers).toBe(1);
    expect(report.sample.size).toBeGreaterThan(0);
    expect(report.previous_report).not.toBeNull();
    const supplied = { fingerprints: [fingerprint], cas: [] };
    for (const path of [last.bundle, last.zip as string]) {
      const result = checkBundle(path, { supplied });
      expect(result.checks.filter(({ ok }) => ok !== true).map(({ id }) => id)).toEqual(['append-only']);
      expect(verdictOf(await python.verify(path, { trust: fingerprint }))).toEqual(verdictOf(result));
      const { code } = await other.call(['report', 'verify', path, '--trust', fingerprint]);
      expect(code).toBe(0);
      expect((await other.call(['report', 'verify', path])).code).toBe(1);
    }
  });

  it('goes back to the checkpoint of the report before it, and not to one of a log before', async () => {
    const [between] = readdirSync(world.path('between'));
    for (const [bundle, holds] of [
      [world.path('between', between as string), true],
      [last.bundle, true],
      [first.bundle, false],
    ] as const) {
      const checkpoint = readFileSync(join(bundle, 'log/checkpoint'));
      const result = checkBundle(last.bundle, { checkpoint });
      expect(result.append_only).toBe(holds);
      expect(verdictOf(await python.verify(last.bundle, { checkpoint }))).toEqual(verdictOf(result));
    }
  });

  it('is not intact when any file is damaged in any way, and both verifiers say the same', async () => {
    const [between] = readdirSync(world.path('between'));
    const files = filesOf(last.bundle);
    const other = filesOf(world.path('between', between as string));
    const folder = world.path('damaged');
    for (const damage of damageEach({ bundle: { files }, other: { files: other } })) {
      // Each way takes as long as the others; all of them are for `npm run test:long`.
      if (!long && damage.how !== 'one bit flipped') continue;
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const result = checkBundle(writeFolder(damage.files, folder));
      expect(result.intact, damage.what).toBe(false);
      expect(verdictOf(await python.verify(folder)), damage.what).toEqual(verdictOf(result));
    }
  });

  it('is found out when events are dropped and all hashes made anew, or when bytes are appended to the PDF', async () => {
    const path = 'log/events.jsonl';
    const files = filesOf(last.bundle);
    const events = (files.get(path) as Buffer).toString('utf8').trimEnd().split('\n');
    const dropped = new Map(files).set(
      path,
      Buffer.from(
        events
          .slice(0, -1)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    );
    dropped.set('SHA256SUMS', sumsOf(dropped));
    const appended = new Map(files).set(
      'report.pdf',
      Buffer.concat([files.get('report.pdf') as Buffer, Buffer.from('%')]),
    );
    for (const [damaged, failing] of [
      [dropped, 'signature'],
      [appended, 'sums'],
    ] as const) {
      const folder = world.path(failing);
      mkdirSync(folder);
      const result = checkBundle(writeFolder(damaged, folder), {
        supplied: { fingerprints: [fingerprint], cas: [] },
      });
      expect(result.checks.find(({ ok }) => ok === false)?.id).toBe(failing);
      expect(verdictOf(await python.verify(folder, { trust: fingerprint }))).toEqual(verdictOf(result));
      expect((await other.call(['report', 'verify', folder, '--trust', fingerprint])).code).toBe(1);
    }
  });
});

function filesOf(bundle: string): BundleFiles {
  return new Map(new FolderSource(bundle).paths.map((path) => [path, readFileSync(join(bundle, path))]));
}
