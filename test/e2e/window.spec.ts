import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures/rekey-app.ts';

test('the window opens on the app’s own page and is shown', async ({ rekey }) => {
  expect(rekey.page.url()).toBe('app://rekey/');
  await expect(rekey.page).toHaveTitle(/Rekey/);
  await expect
    .poll(() => rekey.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible()))
    .toBe(true);
});

test('a runtime that is not for production says so for as long as the window is open', async ({ rekey }) => {
  const resources = await rekey.app.evaluate(() => process.resourcesPath);
  const isDevelopment = existsSync(join(resources, 'development-runtime.json'));
  await expect(rekey.page.locator('#root')).not.toBeEmpty();
  const notice = rekey.page.getByText('Development runtime: not for production secrets.');
  await expect(notice).toHaveCount(isDevelopment ? 1 : 0);
});

test('a second start on the same data folder shows the first window instead', async ({ rekey, launch }) => {
  await rekey.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  await expect(launch()).rejects.toThrow();
  await expect
    .poll(() =>
      rekey.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isVisible())),
    )
    .toEqual([true]);
});

test('the window comes back where it was', async ({ launch }) => {
  const first = await launch();
  await first.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 120, y: 90, width: 1010, height: 707 }),
  );
  await first.close();
  const second = await launch();
  const bounds = await second.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getBounds(),
  );
  expect(bounds).toMatchObject({ width: 1010, height: 707 });
});

test('renderers run inside Chromium’s sandbox', async ({ rekey }) => {
  const pid = await rekey.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // 2: system calls are filtered by seccomp-bpf.
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain('--no-sandbox');
});

test('a page that dies is opened again', async ({ rekey }) => {
  const pid = await rekey.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  await expect(rekey.page.locator('#root')).not.toBeEmpty();
  await rekey.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
  // Between the two pages there is no process (0); a script sent to the dying page would never answer.
  const contentsPid = () =>
    rekey.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      return contents === undefined || contents.isLoading() ? 0 : contents.getOSProcessId();
    });
  await expect.poll(async () => ![0, pid].includes(await contentsPid())).toBe(true);
  await expect
    .poll(() =>
      rekey.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
          'document.querySelector("#root").childElementCount > 0',
        ),
      ),
    )
    .toBe(true);
});
