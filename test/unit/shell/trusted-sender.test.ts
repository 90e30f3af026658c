import { expect, test, vi } from 'vitest';
import { isTrustedSender } from '#electron/security/trusted-sender.ts';

// The scheme's registration is Electron's; the check itself needs nothing of it.
vi.mock('electron', () => ({ protocol: {} }));

type Sender = Parameters<typeof isTrustedSender>[0];
type Window = NonNullable<Parameters<typeof isTrustedSender>[1]>;

function windowWith(origin: string, destroyed = false) {
  const mainFrame = { origin };
  return { mainFrame, isDestroyed: () => destroyed } as unknown as Window;
}

const call = (sender: unknown, senderFrame: unknown) => ({ sender, senderFrame }) as Sender;

test('only the top frame of the own window, showing the own page, is trusted', () => {
  const own = windowWith('app://rekey');
  const other = windowWith('app://rekey');
  expect(isTrustedSender(call(own, own.mainFrame), own)).toBe(true);
  // Another window with the same page; a frame inside the page; a frame that is gone; a message from elsewhere.
  expect(isTrustedSender(call(other, other.mainFrame), own)).toBe(false);
  expect(isTrustedSender(call(own, { origin: 'app://rekey' }), own)).toBe(false);
  expect(isTrustedSender(call(own, null), own)).toBe(false);
  expect(isTrustedSender(call(own, other.mainFrame), own)).toBe(false);
});

test.each(['null', 'app://rekey2', 'app://', 'https://rekey', 'file://', 'APP://rekey', 'app://rekey/'])(
  'the own window with a page of %s is not trusted',
  (origin) => {
    const window = windowWith(origin);
    expect(isTrustedSender(call(window, window.mainFrame), window)).toBe(false);
  },
);

test('without a window, or with one that is gone, nobody is trusted', () => {
  const own = windowWith('app://rekey');
  expect(isTrustedSender(call(own, own.mainFrame), null)).toBe(false);
  const gone = windowWith('app://rekey', true);
  expect(isTrustedSender(call(gone, gone.mainFrame), gone)).toBe(false);
});
