import { RekeyError } from '#shared/model/errors.ts';
import { Operator, type Settings } from '#shared/model/settings.ts';

/**
 * The e-mail of who acts: REKEY_OPERATOR, else the configured operator. Throws `operator-unknown` when there is
 * neither, `usage` when REKEY_OPERATOR is not an e-mail address.
 */
export function resolveOperator(
  environment: Readonly<Record<string, string | undefined>>,
  settings: Pick<Settings, 'operator'>,
): string {
  const given = environment.REKEY_OPERATOR;
  if (given !== undefined && given !== '') {
    if (Operator.shape.email.safeParse(given).success) return given;
    throw new RekeyError('usage', {
      message: 'REKEY_OPERATOR is not an e-mail address.',
      remedy: 'Set it to the address of the person who acts.',
    });
  }
  if (settings.operator) return settings.operator.email;
  throw new RekeyError('operator-unknown', {
    message: 'Rekey does not know who is acting, and everything that happens is recorded with a name.',
    remedy: 'Set REKEY_OPERATOR to your e-mail address, or enter it once in the window.',
  });
}
