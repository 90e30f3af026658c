import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RekeyWorld } from './rekey-command.ts';

// An independent reader of JSON Schema: what other programs would check answers with.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const known = new Map<string, ValidateFunction>();

/** What is wrong with a document by the schema that `rekey schema COMMAND` prints; null when it fits. */
export async function schemaProblems(
  world: RekeyWorld,
  command: string,
  document: unknown,
): Promise<string | null> {
  let validate = known.get(command);
  if (validate === undefined) {
    const printed = await world.call(['schema', ...command.split(' ')]);
    if (printed.code !== 0) throw new Error(`rekey schema ${command}: ${printed.stderr}`);
    validate = ajv.compile(JSON.parse(printed.stdout));
    known.set(command, validate);
  }
  if (validate(document)) return null;
  const errors: ErrorObject[] = validate.errors ?? [];
  return errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ');
}
