// electron-builder copies the whole runtime. The development runtime has a launcher app of its own in it, which
// Electron would load instead of Rekey.
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export default function removeLauncher({ appOutDir }) {
  rmSync(join(appOutDir, 'resources', 'app'), { recursive: true, force: true });
  rmSync(join(appOutDir, 'resources', 'default_app.asar'), { force: true });
}
