import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { externalAddress } from '#electron/security/external-address.ts';

describe('addresses that may be handed to the system’s browser', () => {
  test.each([
    ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
    ['HTTPS://EXAMPLE.org', 'https://example.org/'],
    ['http://example.org', null],
    ['file:///etc/passwd', null],
    ['javascript:alert(1)', null],
    ['smb://example.org/share', null],
    ['https://name:word@example.org/', null],
    ['https://name@example.org/', null],
    ['example.org', null],
    ['', null],
    [`https://example.org/${'a'.repeat(500)}`, null],
  ])('%s', (text, expected) => {
    expect(externalAddress(text)).toBe(expected);
  });

  test('whatever passes is https without credentials', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl(), fc.string(), fc.webUrl({ validSchemes: ['ftp', 'data', 'vscode'] })),
        (text) => {
          const address = externalAddress(text);
          if (address === null) return;
          const url = new URL(address);
          expect([url.protocol, url.username, url.password]).toEqual(['https:', '', '']);
        },
      ),
    );
  });
});
