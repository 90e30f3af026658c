import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './fixtures/rekey-app.ts';

/** A server on loopback that counts who reaches it. */
async function listener(): Promise<{ url: string; hits: () => number; server: Server }> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, hits: () => count, server };
}

test('the page has no Node, and only the bridge', async ({ rekey }) => {
  const found = await rekey.page.evaluate(() => ({
    globals: ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in globalThis,
    ),
    bridge: Object.keys((globalThis as unknown as { rekey: object }).rekey).sort(),
  }));
  expect(found).toEqual({ globals: [], bridge: ['call', 'on', 'pathOf'] });
});

test('the bridge knows only the channels of the contract', async ({ rekey }) => {
  const outcomes = await rekey.page.evaluate(async () => {
    const { call, on } = (
      globalThis as unknown as { rekey: Record<'call' | 'on', (...args: unknown[]) => unknown> }
    ).rekey;
    const attempt = (action: () => unknown) =>
      Promise.resolve()
        .then(action)
        .then(
          () => 'answered',
          (error) => String(error),
        );
    return [
      await attempt(() => call('fs.read', { path: '/etc/passwd' })),
      await attempt(() => call('constructor')),
      await attempt(() => call('__proto__')),
      await attempt(() => on('anything', () => {})),
    ];
  });
  for (const outcome of outcomes) expect(outcome).toContain('There is no');
});

test('the page is served with the strict policy, and nothing beside it is served', async ({ rekey }) => {
  const answers = await rekey.app.evaluate(async ({ session }) => {
    const ask = async (url: string, init?: RequestInit) => {
      try {
        const response = await session.defaultSession.fetch(url, init);
        return { status: response.status, policy: response.headers.get('content-security-policy') };
      } catch (error) {
        return { status: 0, policy: String(error) };
      }
    };
    return {
      page: await ask('app://rekey/index.html'),
      package: await ask('app://rekey/../../package.json'),
      encoded: await ask('app://rekey/%2e%2e/%2e%2e/package.json'),
      slash: await ask('app://rekey/..%2f..%2fpackage.json'),
      missing: await ask('app://rekey/nothing.js'),
      host: await ask('app://other/index.html'),
      post: await ask('app://rekey/index.html', { method: 'POST', body: 'x' }),
    };
  });
  expect(answers.page.status).toBe(200);
  expect(answers.page.policy).toContain("default-src 'none'");
  expect(answers.page.policy).toContain("require-trusted-types-for 'script'");
  expect(answers.page.policy).not.toContain('unsafe');
  for (const name of ['package', 'encoded', 'slash', 'missing', 'post'] as const) {
    expect(answers[name].status, name).toBe(404);
  }
  expect(answers.host.status).not.toBe(200);
});

test('strings do not become scripts', async ({ rekey }) => {
  const outcomes = await rekey.page.evaluate(async () => {
    const attempts: Record<string, () => unknown> = {
      // biome-ignore lint/security/noGlobalEval: the test shows that it is refused
      eval: () => globalThis.eval('globalThis.ran = true'),
      function: () => new Function('globalThis.ran = true')(),
      timer: () => setTimeout('globalThis.ran = true'),
      inlineScript: () => {
        const script = document.createElement('script');
        script.text = 'globalThis.ran = true';
        document.body.append(script);
      },
      dataScript: () => {
        const script = document.createElement('script');
        script.src = 'data:text/javascript,globalThis.ran=true';
        document.body.append(script);
      },
      markup: () => {
        document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="globalThis.ran = true">');
      },
      frame: () => {
        const frame = document.createElement('iframe');
        frame.srcdoc = '<script>parent.ran = true</script>';
        document.body.append(frame);
      },
      worker: () => new Worker('data:text/javascript,postMessage(1)'),
    };
    const found: Record<string, string> = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      // In a timer of the page, like the app's own code: inside a call of the debugger eval is always allowed.
      found[name] = await new Promise((resolve) => {
        setTimeout(() => {
          try {
            attempt();
            resolve('accepted');
          } catch (error) {
            resolve((error as Error).name);
          }
        }, 0);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { found, ran: 'ran' in globalThis };
  });
  expect(outcomes.ran).toBe(false);
  // A string in these places is refused on the spot.
  expect(outcomes.found).toMatchObject({
    eval: 'EvalError',
    function: 'EvalError',
    timer: 'TypeError',
    inlineScript: 'TypeError',
    dataScript: 'TypeError',
    markup: 'TypeError',
    frame: 'TypeError',
  });
});

test('nothing reaches the network: fetch, images, beacons, sockets, navigation, windows', async ({
  rekey,
}) => {
  const { url, hits, server } = await listener();
  try {
    const results = await rekey.page.evaluate(async (target) => {
      const failed = (action: Promise<unknown>) =>
        action.then(
          () => 'reached',
          () => 'refused',
        );
      const image = new Promise((resolve, reject) => {
        const element = new Image();
        element.onload = resolve;
        element.onerror = reject;
        element.src = `${target}image.png`;
      });
      const socket = new Promise((resolve, reject) => {
        try {
          const connection = new WebSocket(target.replace('http', 'ws'));
          connection.onopen = resolve;
          connection.onerror = reject;
        } catch (error) {
          reject(error);
        }
      });
      const style = document.createElement('link');
      style.rel = 'stylesheet';
      style.href = `${target}style.css`;
      document.head.append(style);
      try {
        navigator.sendBeacon(`${target}beacon`, 'x');
      } catch {
        // Refused at once: as good.
      }
      return {
        fetch: await failed(fetch(target)),
        image: await failed(image),
        socket: await failed(socket),
        file: await failed(fetch('file:///etc/passwd')),
        popup: window.open(target) === null ? 'refused' : 'opened',
        filePopup: window.open('file:///etc/passwd') === null ? 'refused' : 'opened',
      };
    }, url);
    expect(new Set(Object.values(results))).toEqual(new Set(['refused']));

    await rekey.page.evaluate((target) => {
      const link = document.createElement('a');
      link.href = target;
      document.body.append(link);
      link.click();
      location.assign(target);
      const form = document.createElement('form');
      form.action = target;
      form.method = 'post';
      document.body.append(form);
      form.submit();
    }, url);
    await rekey.page.waitForTimeout(500);
    expect(rekey.page.url()).toBe('app://rekey/');
    expect(hits()).toBe(0);
    // Even the session's own network stack, past every page policy, is cut off.
    const direct = await rekey.app.evaluate(
      ({ session }, target) =>
        session.defaultSession.fetch(target).then(
          () => 'reached',
          () => 'refused',
        ),
      url,
    );
    expect(direct).toBe('refused');
    expect(hits()).toBe(0);
    expect(rekey.app.windows()).toHaveLength(1);
  } finally {
    server.close();
  }
});

test('permissions are denied', async ({ rekey }) => {
  const answers = await rekey.page.evaluate(async () => {
    const refused = (action: () => Promise<unknown>) =>
      Promise.resolve()
        .then(action)
        .then(
          (value) => `granted ${String(value)}`,
          () => 'refused',
        );
    return {
      notifications: await Notification.requestPermission(),
      camera: await refused(() => navigator.mediaDevices.getUserMedia({ video: true })),
      screen: await refused(() => navigator.mediaDevices.getDisplayMedia()),
      clipboard: await refused(() => navigator.clipboard.readText()),
      location: await refused(
        () => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
      ),
    };
  });
  expect(answers).toEqual({
    notifications: 'denied',
    camera: 'refused',
    screen: 'refused',
    clipboard: 'refused',
    location: 'refused',
  });
});
