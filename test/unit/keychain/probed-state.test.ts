import { expect, it } from 'vitest';
import { probedState } from '#electron/services/keychain/probed-state.ts';
import { type ErrorCode, RekeyError } from '#shared/model/errors.ts';

const failing = (code: ErrorCode) => async () => {
  throw new RekeyError(code, { message: 'It cannot be opened.', remedy: 'Try again.' });
};

it('a vault that cannot be opened is a state, and what is no such thing is thrown on', async () => {
  expect(await probedState(failing('vault-absent'))).toEqual({
    state: 'absent',
    message: 'It cannot be opened.',
  });
  expect(await probedState(failing('vault-wrong-passphrase'))).toMatchObject({ state: 'locked' });
  const defect = new TypeError('a defect');
  await expect(probedState(() => Promise.reject(defect))).rejects.toBe(defect);
});
