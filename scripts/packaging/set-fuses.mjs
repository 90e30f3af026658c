// Sets every fuse of the packaged runtime, then reads them back.
import { join } from 'node:path';
import { FuseState, FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import { productionFuses } from './production-fuses.mjs';

export default async function setFuses({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  const executable = {
    linux: join(appOutDir, packager.executableName),
    win32: join(appOutDir, `${name}.exe`),
    darwin: join(appOutDir, `${name}.app`),
  }[electronPlatformName];
  // An older runtime has a shorter wire: what it has, and nothing beyond, can be set. The strict mode fails when it
  // has a fuse that is not named here.
  const present = Object.keys(await getCurrentFuseWire(executable)).filter((key) => key !== 'version');
  const wanted = Object.fromEntries(present.map((fuse) => [fuse, productionFuses[fuse]]));
  await flipFuses(executable, { version: FuseVersion.V1, strictlyRequireAllFuses: true, ...wanted });

  const read = await getCurrentFuseWire(executable);
  for (const fuse of present) {
    const expected = productionFuses[fuse] ? FuseState.ENABLE : FuseState.DISABLE;
    if (read[fuse] !== expected && read[fuse] !== FuseState.REMOVED) {
      throw new Error(
        `Fuse ${FuseV1Options[fuse]} reads back as ${FuseState[read[fuse]]}, not ${FuseState[expected]}`,
      );
    }
  }
  console.log(`  • ${present.length} fuses set and read back`);
}
