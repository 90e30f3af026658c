import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeServices, type Services } from '#electron/services/compose.ts';
import { layFoundation } from '#electron/services/foundation.ts';
import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
import { bundlePaths } from '#electron/services/reports/bundle-files.ts';
import { BundleMaker, type MakeRequest } from '#electron/services/reports/bundle-maker.ts';
import { ReportRegistry } from '#electron/services/reports/report-registry.ts';
import { ReportService, type ReportServiceOptions } from '#electron/services/reports/report-service.ts';
import { writeStoredZip } from '#electron/services/reports/stored-zip.ts';
import { removeStaleWork, WorkingFolder } from '#electron/services/reports/working-folder.ts';
import { BundleVerifier } from '#electron/services/verification/bundle-verifier.ts';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { reportPeriod } from '#shared/logic/report/period.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { Report } from '#shared/model/report.ts';
import { ReportRequest, type ReportStage } from '#shared/model/report-making.ts';
import { repository, strong } from '../command/rekey-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const identity = ownIdentity();
const day = new Date().toISOString().slice(0, 10);
const request = ReportRequest.parse({ from: day, to: day, timeZone: 'UTC' });

let root: string;
let services: Services;
let reports: ReportService;

beforeAll(async () => {
  root = temporaryFolder();
  const passphrase = join(root, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
  const foundation = layFoundation({
    folder: dataFolder(join(root, 'data')),
    environment: {
      REKEY_OPERATOR: 'ada@example.org',
      REKEY_KEYCHAIN: 'vault',
      REKEY_PASSPHRASE_FILE: passphrase,
    },
  });
  services = composeServices(foundation, { launcher: nodeServiceLauncher('detached') });
  for (const name of ['api', 'web']) {
    const path = join(root, `${name}.env`);
    writeFileSync(path, `JWT_SECRET_KEY=${strong.jwt}${name}\nAPI_SIGNING_KEY=${strong.other}${name}\n`, {
      mode: 0o600,
    });
    await services.environments.add({ name, stage: 'staging', path, parser: 'dotenv' });
  }
  reports = serviceWith({});
});
afterAll(() => services.close());

// The built threads: loading them from source would take most of the time.
const verifierWorker = join(repository, 'dist', 'command', 'workers', 'bundle-verify.js');
const reportWorker = join(repository, 'dist', 'command', 'workers', 'report.js');

/** The service as it is composed, with some parts replaced by others. */
function serviceWith(changed: Partial<ReportServiceOptions>): ReportService {
  const { clock, log, environments, status, signer, checkpoints, folder } = services;
  const verifier = new BundleVerifier(verifierWorker);
  return new ReportService({
    clock,
    log,
    identity,
    environments,
    status,
    keys: signer,
    checkpoints,
    maker: new BundleMaker({ keys: signer, checkpoints, verifier, worker: reportWorker }),
    registry: new ReportRegistry({ log, cacheFile: join(root, 'reports.json') }),
    importedLogs: () => [],
    operator: () => ({ user_id: 'ada@example.org', source: 'declared' }),
    appVersion: '0.1.0',
    folder: folder.reports,
    scratch: folder.cache,
    worker: reportWorker,
    ...changed,
  });
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
const reportIn = (bundle: string): Report => JSON.parse(readFileSync(join(bundle, 'report.json'), 'utf8'));

describe('a preview', () => {
  test('says what the report will say, and leaves nothing behind', async () => {
    const before = services.log.size();
    const seen: string[] = [];
    const preview = await reports.preview(request, { onProgress: ({ stage }) => seen.push(stage) });
    expect(services.log.size()).toBe(before);
    expect(existsSync(services.folder.reports)).toBe(false);
    expect(readdirSync(services.folder.cache).filter((name) => name.startsWith('.rekey-report'))).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(['observe', 'fold']));

    const { bundle } = await reports.create(request);
    const report = reportIn(bundle);
    expect(preview.verdict).toEqual(report.verdict);
    const words = (findings: Report['findings']) =>
      findings.map(({ code, key, detail }) => [code, key, detail]);
    expect(words(preview.findings)).toEqual(words(report.findings));
    expect(preview.population.reconciliation).toEqual(report.population.reconciliation);
    expect(preview.metrics).toEqual(report.metrics);
    expect(preview.generated.build_sha256).toBe(report.generated.build_sha256);
  });

  test('can be stopped', async () => {
    const controller = new AbortController();
    const work = reports.preview(request, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(await failureOf(work)).toMatchObject({ message: 'enough' });
  });
});

describe('a bundle', () => {
  /** Makes a bundle in a folder of its own from the log as it is. */
  async function made(folder: string, more: Partial<MakeRequest> = {}): Promise<string> {
    const begun = services.log
      .query({ type: 'report', limit: 100 })
      .events.find(({ action }) => action === 'begun');
    if (!begun) throw new Error('no report was begun');
    const checkpoint = await services.checkpoints.at(created);
    const work = WorkingFolder.make(join(root, folder), identity);
    const maker = new BundleMaker({
      keys: services.signer,
      checkpoints: services.checkpoints,
      verifier: new BundleVerifier(verifierWorker),
      worker: reportWorker,
    });
    await maker.make({
      work,
      name: 'bundle',
      zip: true,
      question: { period: reportPeriod(request), environments: null, reportId: begun.id },
      logs: { own: services.log.snapshot(), size: created, name: identity.host, imported: [] },
      author: {
        at: begun.timestamp,
        by: begun.user_id,
        by_source: begun.user_id_source,
        host: begun.host,
        app_version: begun.app_version,
      },
      checkpoint,
      paper: 'A4',
      onProgress: () => {},
      signal: undefined,
      ...more,
    });
    return work.path;
  }
  let created = 0;

  test('is the same to the last byte when it is made again from the same log, time and keys', async () => {
    const { bundle } = await reports.create(request);
    created = reportIn(bundle).logs[0]?.size ?? 0;
    // What happens later changes nothing.
    services.log.append({ event_type: 'access', action: 'viewed' });
    const [one, other] = [await made('one'), await made('other')];
    for (const path of bundlePaths(join(one, 'bundle'))) {
      const bytes = readFileSync(join(one, 'bundle', path));
      expect([path, bytes.equals(readFileSync(join(other, 'bundle', path)))]).toEqual([path, true]);
      // And the one that was handed out: signatures included, since nothing in them is left to chance.
      expect([path, bytes.equals(readFileSync(join(bundle, path)))]).toEqual([path, true]);
    }
    expect(readFileSync(join(one, 'bundle.zip')).equals(readFileSync(join(other, 'bundle.zip')))).toBe(true);
  });

  test('of which a damaged copy counts as intact is not handed out', async () => {
    const blind = new BundleMaker({
      keys: services.signer,
      checkpoints: services.checkpoints,
      verifier: {
        verify: async () => ({ intact: true, signer: 'known', append_only: true, checks: [] }),
      },
      worker: reportWorker,
    });
    const failure = await failureOf(
      serviceWith({ maker: blind }).create(request, { out: join(root, 'blind') }),
    );
    expect(isRekeyError(failure, 'internal')).toBe(true);
    expect((failure as Error).message).toContain('damaged copy');
    expect(readdirSync(join(root, 'blind'))).toEqual([]);
  });

  test('that does not verify is not handed out, and says which check failed', async () => {
    const strict = new BundleMaker({
      keys: services.signer,
      checkpoints: services.checkpoints,
      verifier: {
        verify: async () => ({
          intact: false,
          signer: 'known',
          append_only: true,
          checks: [{ id: 'pdf', ok: false, reason: 'the PDF is not signed' }],
        }),
      },
      worker: reportWorker,
    });
    const failure = await failureOf(
      serviceWith({ maker: strict }).create(request, { out: join(root, 'strict') }),
    );
    expect((failure as Error).message).toContain('the PDF is not signed');
    expect(readdirSync(join(root, 'strict'))).toEqual([]);
    const [last] = services.log.query({ type: 'report', limit: 1 }).events;
    expect(last).toMatchObject({ action: 'failed', data: { stage: 'sign', code: 'internal' } });
  });

  test('whose making could not be recorded is taken away again', async () => {
    const out = join(root, 'unrecorded');
    const log = services.log;
    const append: typeof log.append = (draft) => {
      if (draft.action !== 'created') return log.append(draft);
      throw new Error('the disk is gone');
    };
    const deaf = new Proxy(log, {
      get: (target, name) => {
        const value = name === 'append' ? append : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const service = serviceWith({ log: deaf });
    expect(await failureOf(service.create(request, { out, zip: true }))).toMatchObject({
      message: 'the disk is gone',
    });
    expect(readdirSync(out)).toEqual([]);
  });
});

describe('cancelling', () => {
  test.each<ReportStage>([
    'check',
    'observe',
    'checkpoint',
    'fold',
    'pdf',
    'evidence',
    'sign',
    'verify',
    'tamper',
    'zip',
  ])('at the stage "%s" leaves nothing behind, and the log says so', async (wanted) => {
    const out = join(root, `cancelled-${wanted}`);
    const controller = new AbortController();
    const before = services.log.size();
    const work = reports.create(request, {
      out,
      zip: true,
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === wanted) controller.abort(new Error('never mind'));
      },
    });
    expect(await failureOf(work)).toMatchObject({ message: 'never mind' });
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
    const [last] = services.log.query({ type: 'report', limit: 1 }).events;
    // Before it was begun there is nothing to tell.
    if (wanted === 'check') expect(services.log.size()).toBe(before);
    else expect(last).toMatchObject({ action: 'cancelled', data: { code: null, message: null } });
  });
});

describe('working folders', () => {
  test('of a process that is gone are removed, those of others are not', () => {
    const target = join(root, 'work');
    const mine = WorkingFolder.make(target, identity);
    const dead = WorkingFolder.make(target, { ...identity, pid: 4_194_303, processStart: '1:1' });
    const abroad = WorkingFolder.make(target, { ...identity, host: 'another-machine' });
    const unowned = join(target, '.rekey-report-0123456789abcdef');
    mkdirSync(unowned);
    const other = join(target, '.rekey-report-of-mine');
    mkdirSync(other);
    const now = new Date();
    const gone = removeStaleWork(target, { ...identity, processStart: identity.processStart }, now);
    expect(gone.includes(mine.path)).toBe(false);
    expect(gone.includes(abroad.path)).toBe(false);
    expect(existsSync(other)).toBe(true);
    // One without an owner may be in the making; a minute later it is not.
    expect(existsSync(unowned)).toBe(true);
    const old = new Date(now.getTime() - 120_000);
    utimesSync(unowned, old, old);
    expect(removeStaleWork(target, identity, now)).toContain(unowned);
    expect([mine, abroad].every(({ path }) => existsSync(path))).toBe(true);
    // A process id of another namespace is somebody else's; of this one, it is dead.
    const namespace = identity.processStart.slice(identity.processStart.indexOf(':'));
    const gonePid = WorkingFolder.make(target, {
      ...identity,
      pid: 4_194_303,
      processStart: `1${namespace}`,
    });
    expect(removeStaleWork(target, identity, now)).toContain(gonePid.path);
    expect(existsSync(dead.path)).toBe(true);
  });
});

describe('a zip', () => {
  test('holds the same bytes for other programs, and is what the verifier takes', async () => {
    const { bundle } = await reports.create(request);
    const zip = join(root, 'packed.zip');
    writeStoredZip(zip, bundle, 'packed', bundlePaths(bundle));
    expect(checkBundle(zip).intact).toBe(true);
    const list = spawnSync('python3', ['-m', 'zipfile', '-t', zip], { encoding: 'utf8' });
    expect([list.status, list.stdout]).toEqual([0, 'Done testing\n']);
    expect(spawnSync('unzip', ['-q', zip, '-d', join(root, 'unpacked')]).status).toBe(0);
    for (const path of bundlePaths(bundle)) {
      expect(
        readFileSync(join(root, 'unpacked', 'packed', path)).equals(readFileSync(join(bundle, path))),
      ).toBe(true);
    }
  });
});
