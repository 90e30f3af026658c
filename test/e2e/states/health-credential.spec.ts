import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '../fixtures/rekey-app.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 240_000 });

test('a health address that wants a credential: none, a wrong one, the right one', async ({
  launch,
  profile,
}) => {
  const token = 'health-token-of-this-test';
  const server = createServer((request, response) => {
    const allowed = request.headers.authorization === `Bearer ${token}`;
    response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(allowed ? '{"status":"ok"}' : '{"error":"who are you"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    patch: { health: { url, timeout: '5s', credential: false } },
  });
  await open(page, `#/environments/${own.id}/connection`);
  const main = page.getByRole('main');
  const health = main.getByRole('row', { name: /Ask the service for its health/ });
  const testIt = main.getByRole('button', { name: /^Test (the connection|again)$/ });
  await testIt.click();
  await expect(health).toContainText('It asks for a credential (HTTP 401).');
  await lookAt(app, page, 'health-none');

  await main.getByLabel('Token').fill('a-wrong-token');
  await main.getByRole('button', { name: 'Store it' }).click();
  await expect(main).toContainText('One is stored.');
  await testIt.click();
  await expect(health).toContainText(/refused the credential/i);
  await expect(main.getByRole('row', { name: /Find the health credential/ })).toContainText('OK');
  await checkScreen(app, page, 'health-wrong');

  await main.getByLabel('Replace it with').fill(token);
  await main.getByRole('button', { name: 'Store it' }).click();
  await expect(main.getByLabel('Replace it with')).toHaveValue('');
  await testIt.click();
  await expect(health).toContainText('The service is healthy');
  await lookAt(app, page, 'health-right');

  await main.getByRole('button', { name: 'Remove it' }).click();
  await expect(main).toContainText('None is stored');
  // Nothing listens any more.
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await testIt.click();
  await expect(health).toContainText('nothing listens there');
});
