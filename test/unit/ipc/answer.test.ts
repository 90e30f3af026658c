import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer, type Handler } from '#electron/ipc/answer.ts';
import { isPlainAndWithin } from '#electron/ipc/measure-input.ts';
import { untrustedSender } from '#electron/ipc/refusal.ts';
import { type Channel, contract } from '#shared/ipc/contract.ts';
import { ErrorReport, RekeyError } from '#shared/model/errors.ts';

const environmentId = '0193a1b2-0000-7000-8000-000000000001';

async function answered<C extends Channel>(channel: C, handler: Handler<C>, input: unknown) {
  const defects: unknown[] = [];
  const reply = await answer(channel, contract[channel], handler, input, (_channel, error) =>
    defects.push(error),
  );
  return { reply, defects };
}

describe('one call from the window', () => {
  test('valid input reaches the handler, and its answer comes back', async () => {
    const seen: unknown[] = [];
    const { reply, defects } = await answered(
      'runbooks.copy',
      (input) => {
        seen.push(input);
        return { file: 'planned-copy.yaml' };
      },
      { id: 'planned' },
    );
    expect(reply).toEqual({ ok: true, value: { file: 'planned-copy.yaml' } });
    expect(seen).toEqual([{ id: 'planned' }]);
    expect(defects).toEqual([]);
  });

  test('invalid input never reaches the handler, and its values are not repeated', async () => {
    let called = false;
    const handler: Handler<'vault.create'> = () => {
      called = true;
      throw new Error('unreachable');
    };
    for (const input of [
      undefined,
      null,
      'x',
      { passphrase: '' },
      { passphrase: 'canary-1', 'canary-2': 1 },
      { passphrase: ['canary-3'] },
    ]) {
      const { reply } = await answered('vault.create', handler, input);
      expect(reply).toMatchObject({
        ok: false,
        error: { code: 'invalid-input', unchanged: 'Nothing was changed.' },
      });
      expect(JSON.stringify(reply)).not.toContain('canary');
    }
    expect(called).toBe(false);
  });

  test('input over the cap never reaches the handler', async () => {
    let called = false;
    const handler: Handler<'vault.create'> = () => {
      called = true;
      throw new Error('unreachable');
    };
    const { reply } = await answered('vault.create', handler, { passphrase: 'x'.repeat(70_000) });
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
    expect(called).toBe(false);
  });

  test('an error that a user can meet becomes its report', async () => {
    const error = new RekeyError('environment-unknown', {
      message: 'No such environment.',
      remedy: 'Add it.',
    });
    const { reply, defects } = await answered('environments.get', () => Promise.reject(error), {
      environmentId,
    });
    expect(reply).toEqual({ ok: false, error: error.report() });
    expect(defects).toEqual([]);
  });

  test('any other error is reported as a defect, and the window sees neither message nor stack', async () => {
    const { reply, defects } = await answered(
      'environments.get',
      () => {
        throw new TypeError('canary in a message');
      },
      { environmentId },
    );
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(JSON.stringify(reply)).not.toMatch(/canary|TypeError|\.ts/);
    expect(defects).toHaveLength(1);
  });

  test('an answer with more than the contract names is cut down to it', async () => {
    const { reply } = await answered(
      'runbooks.copy',
      () => ({ file: 'a.yaml', secret: 'canary' }) as { file: string },
      { id: 'planned' },
    );
    expect(reply).toEqual({ ok: true, value: { file: 'a.yaml' } });
  });

  test('an answer that breaks the contract is a defect', async () => {
    const { reply, defects } = await answered('runbooks.copy', () => ({ path: 'canary' }) as never, {
      id: 'planned',
    });
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(JSON.stringify([reply, defects.map(String)])).not.toContain('canary');
  });

  test('a foreign sender gets a well-formed refusal', () => {
    expect(ErrorReport.safeParse(untrustedSender.error).success).toBe(true);
  });
});

describe('the size cap', () => {
  test('counts at least what JSON would take, but for escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        // Generous on top: numbers and punctuation are counted by the largest they can be.
        expect(isPlainAndWithin(value, bytes * 8 + 16)).toBe(true);
        const text = JSON.stringify(value).replaceAll('\\', '');
        if (isPlainAndWithin(value, 64)) expect(Buffer.byteLength(text)).toBeLessThan(64 * 8);
      }),
    );
  });

  test('refuses what is no plain data', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    class Thing {}
    const foreign = [
      () => 1,
      Symbol('x'),
      1n,
      new Date(0),
      new Map(),
      new Set(),
      new Uint8Array(3),
      /x/,
      new Thing(),
      new Error('x'),
    ];
    for (const value of [...foreign, ...foreign.map((each) => ({ a: [each] })), cyclic]) {
      expect(isPlainAndWithin(value, 10_000)).toBe(false);
    }
  });

  test('stops early at huge input', () => {
    const wide = Array.from({ length: 1_000_000 }, () => 'x');
    expect(isPlainAndWithin(wide, 1000)).toBe(false);
    expect(isPlainAndWithin({ text: 'ä'.repeat(600) }, 1000)).toBe(false);
    expect(isPlainAndWithin({ text: 'a'.repeat(600) }, 1000)).toBe(true);
  });
});
