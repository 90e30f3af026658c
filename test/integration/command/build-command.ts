import { ensureBuilt } from '../../../scripts/setup/build.mjs';

/** Before the integration tests: the command is built when it is missing or older than its sources. */
export default function buildCommand(): void {
  ensureBuilt('command');
}
