/** Makes the signing keys, or replaces them. Arguments: `create` or `replace`, data folder. */
import { openSignerWorld, rollover } from './signer-world.ts';

const [scenario, data] = process.argv.slice(2) as [string, string];
const { signer, log } = await openSignerWorld(data);
if (scenario === 'create') await signer.ensure();
else await signer.rollover(rollover);
log.close();
