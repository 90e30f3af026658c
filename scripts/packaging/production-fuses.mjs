// Electron's fuses in what is shipped, each with its reason. Every fuse that the runtime's wire has is named here.
import { FuseV1Options } from '@electron/fuses';

export const productionFuses = {
  // The app's binary must not be usable as a general Node: it would inherit the app's keychain permissions.
  [FuseV1Options.RunAsNode]: false,
  // There are no cookies: the page has no network. Encrypting none would leave a key in the person's keyring.
  [FuseV1Options.EnableCookieEncryption]: false,
  // NODE_OPTIONS could load foreign code into main.
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  // A debugger could read every secret that main holds.
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // A changed archive does not start (macOS, Windows; Linux packages are checked by their package manager).
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  // A folder put beside the archive is not run in its place.
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  // There is no second snapshot.
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // No file: page is ever loaded, so none needs privileges.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // Chromium's default. Rekey runs no WebAssembly.
  [FuseV1Options.WasmTrapHandlers]: true,
};
