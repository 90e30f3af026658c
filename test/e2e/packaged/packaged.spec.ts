import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, packagedExecutable, test } from './packaged-app.ts';

test('the packaged app opens its window with the bridge and the strict policy', async ({ page, profile }) => {
  await page.waitForLoadState();
  expect(page.url()).toBe('app://rekey/');
  await expect(page).toHaveTitle(/Rekey/);
  await expect(page.locator('#root')).not.toBeEmpty();
  const found = await page.evaluate(() => ({
    bridge: Object.keys((globalThis as unknown as { rekey: object }).rekey).sort(),
    node: 'require' in globalThis || 'process' in globalThis,
  }));
  expect(found).toEqual({ bridge: ['call', 'on', 'pathOf'], node: false });
  expect(statSync(profile.dataFolder).mode & 0o077).toBe(0);
});

test('the packaged app reaches the real keyring, its log, its runbooks and its practice service', async ({
  page,
}) => {
  await page.waitForLoadState();
  const replies = await page.evaluate(async () => {
    type Reply = { ok: boolean; value?: unknown; error?: { code: string; message: string } };
    const { call } = (globalThis as unknown as { rekey: { call: (...args: unknown[]) => Promise<Reply> } })
      .rekey;
    return {
      keychain: await call('keychain.probe'),
      operator: await call('settings.set-operator', { name: 'Packaged Test', email: 'packaged@example.org' }),
      runbooks: await call('runbooks.list'),
      practice: await call('practice.start'),
      verified: await call('events.verify'),
    };
  });
  expect(replies.keychain).toMatchObject({ ok: true, value: { backend: 'os', state: 'durable' } });
  expect(replies.operator).toMatchObject({ ok: true });
  expect(replies.runbooks).toMatchObject({ ok: true });
  const runbooks = (replies.runbooks.value as { id: string }[]).map(({ id }) => id);
  expect(runbooks).toEqual(
    expect.arrayContaining(['emergency', 'planned', 'breach', 'recovery', 'troubleshooting']),
  );
  expect(replies.practice).toMatchObject({ ok: true });
  expect(replies.verified).toMatchObject({ ok: true, value: { intact: true } });
});

test('the packaged app signs a report that it, and Python alone, verify', async ({ page, profile }) => {
  test.setTimeout(120_000);
  await page.waitForLoadState();
  const made = await page.evaluate(async (out) => {
    type Reply = { ok: boolean; value?: unknown; error?: { code: string; message: string } };
    const { call } = (globalThis as unknown as { rekey: { call: (...args: unknown[]) => Promise<Reply> } })
      .rekey;
    await call('settings.set-operator', { name: 'Packaged Test', email: 'packaged@example.org' });
    const request = { from: '2026-01-05', to: '2026-01-11' };
    const created = await call('reports.create', { request, zip: true, out });
    const { zip } = (created.value ?? {}) as { zip?: string };
    const verified = await call('verification.verify', { path: zip, trust: null, checkpointPath: null });
    return { created, verified, shown: await call('signer.show') };
  }, profile.workFolder);
  expect(made.created).toMatchObject({ ok: true, value: { verified: true } });
  expect(made.verified).toMatchObject({ ok: true, value: { intact: true, signer: 'known' } });
  const { signer } = made.shown.value as { signer: { keys: { report: { fingerprint: string } } } };
  const { bundle } = made.created.value as { bundle: string };
  const { status, stdout } = spawnSync(
    'python3',
    [join(bundle, 'verify.py'), '--trust', signer.keys.report.fingerprint],
    { encoding: 'utf8' },
  );
  expect(status, stdout).toBe(0);
});

test('every fuse reads back as production wants it', async () => {
  const wire = await getCurrentFuseWire(packagedExecutable());
  const states = Object.fromEntries(
    Object.entries(wire)
      .filter(([name]) => name !== 'version')
      .map(([name, state]) => [FuseV1Options[Number(name)], FuseState[Number(state)]]),
  );
  expect(states).toMatchObject({
    RunAsNode: 'DISABLE',
    EnableCookieEncryption: 'DISABLE',
    EnableNodeOptionsEnvironmentVariable: 'DISABLE',
    EnableNodeCliInspectArguments: 'DISABLE',
    EnableEmbeddedAsarIntegrityValidation: 'ENABLE',
    OnlyLoadAppFromAsar: 'ENABLE',
    LoadBrowserProcessSpecificV8Snapshot: 'DISABLE',
    GrantFileProtocolExtraPrivileges: 'DISABLE',
  });
  expect(Object.values(states)).not.toContain('INHERIT');
});

test('the packaged app cannot be used as a Node, nor be told to load foreign code', async ({ profile }) => {
  const script = join(profile.workFolder, 'foreign.cjs');
  const run = (args: string[], environment: Record<string, string>) =>
    spawnSync(packagedExecutable(), [...args, '--data-dir', '/dev/null/data'], {
      env: { ...profile.environment, ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    });
  // It is the app that starts, and says that its data folder cannot be used; a Node would print the sum.
  const asNode = run(['-p', '40+2'], { ELECTRON_RUN_AS_NODE: '1' });
  expect(asNode.stdout).not.toContain('42');
  expect(asNode.stderr).toContain('Rekey could not start');
  const withOptions = run([], { NODE_OPTIONS: `--require ${script}` });
  expect(withOptions.stderr).not.toContain('foreign.cjs');
  expect(withOptions.stderr).toContain('Rekey could not start');
  const inspected = run(['--inspect=0'], {});
  expect(inspected.stderr).not.toContain('Debugger listening');
});

test('the package holds what runs, and nothing else', async () => {
  const resources = join(dirname(packagedExecutable()), 'resources');
  expect(existsSync(join(resources, 'app'))).toBe(false);
  expect(existsSync(join(resources, 'default_app.asar'))).toBe(false);
  expect(existsSync(join(resources, 'app-update.yml'))).toBe(false);
  const natives = readdirSync(join(resources, 'app.asar.unpacked'), { recursive: true, encoding: 'utf8' });
  expect(natives.some((name) => name.endsWith('.node'))).toBe(true);
  // The archive's header is a table of its files.
  const header = readFileSync(join(resources, 'app.asar')).subarray(0, 200_000).toString('latin1');
  for (const name of ['bootstrap.js', 'preload.cjs', 'index.html']) expect(header).toContain(`"${name}"`);
  for (const name of ['"test"', '"scripts"', '"docs"', '.env"', '"react"'])
    expect(header).not.toContain(name);
});
