// The project's own packages.
import { notice } from './notice.mjs';
import { isInstalled, npmCi } from './npm.mjs';
import { projectRoot } from './project.mjs';
import { takeSetupLock } from './setup-lock.mjs';

/** Installs the project's packages when the lock file and node_modules do not agree. */
export function ensureDependencies() {
  if (isInstalled(projectRoot)) return;
  const release = takeSetupLock();
  try {
    if (isInstalled(projectRoot)) return;
    notice('installing packages (once; about a minute)');
    npmCi('installing the packages', projectRoot);
  } finally {
    release();
  }
}
