import { isRekeyError } from '#shared/model/errors.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';

/** What a probe says, in short. */
export type ProbedState = Pick<KeychainProbe, 'state' | 'message'>;

/** A vault that cannot even be opened is what whoever asks wants to hear, and no error. */
export async function probedState(probe: () => Promise<KeychainProbe>): Promise<ProbedState> {
  try {
    return await probe();
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return { state: error.code === 'vault-absent' ? 'absent' : 'locked', message: error.message };
  }
}
