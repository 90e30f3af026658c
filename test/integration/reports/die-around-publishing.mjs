// Loaded with `node --import`: kills the process with SIGKILL before or after (DIE=before|after) a report's bundle is
// put in its place. The product's code knows nothing of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { renameSync } = fs;
fs.renameSync = (from, to) => {
  const isBundle = /\.rekey-report-[0-9a-f]{16}[\\/]bundle$/.test(String(from));
  if (!isBundle || process.env.DIE !== 'before') renameSync(from, to);
  if (!isBundle) return;
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};
syncBuiltinESMExports();
