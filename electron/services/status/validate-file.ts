import type { ConnectEnvironment } from '#electron/environments/connect.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import { validateStartup } from '#shared/logic/validator/startup-validation.ts';
import type { Parser, Stage } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { ValidationReport } from '#shared/model/status.ts';
import { draftConfig } from '../environments/environment-configuration.ts';

/**
 * Startup validation of a file that need not be an environment of this installation, by the catalog's rules. A file
 * that cannot be read is unreadable input here (`invalid-input`), with the reason.
 */
export async function validateFile(
  path: string,
  stage: Stage,
  parser: Parser,
  connect: ConnectEnvironment,
  check: CheckValue,
): Promise<ValidationReport> {
  try {
    const { values } = await connect(draftConfig({ name: 'validate', stage, path, parser })).read({
      thorough: false,
    });
    return await validateStartup(stage, keyCatalog, values, check);
  } catch (cause) {
    if (!isRekeyError(cause)) throw cause;
    throw new RekeyError('invalid-input', {
      message: cause.message,
      unchanged: cause.unchanged,
      remedy: cause.remedy,
      details: { ...cause.details, code: cause.code, path },
      cause,
    });
  }
}
