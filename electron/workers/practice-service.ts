import { writeFileSync } from 'node:fs';
import { PracticeService } from '#electron/services/practice/practice-service.ts';
import { practiceFiles } from '#electron/services/practice/service-file.ts';
import type { ServiceLifetime } from '#electron/services/practice/service-launcher.ts';
import { systemClock as clock } from '#electron/storage/system-clock.ts';

// `practice-service FOLDER PORT LIFETIME started|stopped`: a program of its own, on plain Node or as Electron's
// utility process.
const [folder = '', port = '0', lifetime = 'detached', application = 'started'] = process.argv.slice(2) as [
  string,
  string,
  ServiceLifetime,
  'started' | 'stopped',
];
const files = practiceFiles(folder);

/** How often the service looks whether its folder is still its own. */
const ownershipCheckMs = 2_000;
/** A detached service that nobody asked anything for this long has been forgotten. */
const forgottenAfterMs = 8 * 60 * 60 * 1_000;

async function serve(): Promise<void> {
  const service = await PracticeService.start({
    files,
    port: Number(port),
    application,
    clock,
    onQuit: () => process.exit(0),
  });
  const quit = () => void service.quit();
  process.on('SIGTERM', quit);
  process.on('SIGINT', quit);
  if (lifetime === 'with-launcher' && !Reflect.has(process, 'parentPort')) {
    // The launcher holds the other end: when it is gone, however it went, this ends.
    process.stdin.on('end', quit).on('error', quit).resume();
  }
  let requests = -1;
  let lastUsed = clock.monotonic();
  setInterval(() => {
    if (!service.ownsFolder()) quit();
    if (service.requests !== requests) {
      requests = service.requests;
      lastUsed = clock.monotonic();
    } else if (lifetime === 'detached' && clock.monotonic() - lastUsed > forgottenAfterMs) quit();
  }, ownershipCheckMs);
}

serve().catch((error: unknown) => {
  writeFileSync(files.failure, `${error instanceof Error ? error.message : String(error)}\n`, {
    mode: 0o600,
  });
  process.exit(1);
});
