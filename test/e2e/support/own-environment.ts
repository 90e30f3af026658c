import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { EnvironmentPatch, Stage } from '#shared/model/environment.ts';
import type { Profile } from '../fixtures/profile.ts';
import { call } from './calls.ts';

/** A valid value for any key of the catalog: 32 characters. */
export const freshValue = () => randomBytes(24).toString('base64url');

/** What stands in the file at first. */
export const ownValues = {
  JWT_SECRET_KEY: freshValue(),
  TOKEN_ENCRYPTION_KEY: freshValue(),
  WEBHOOK_SIGNING_KEY: freshValue(),
} as const;

export interface OwnEnvironment {
  id: string;
  file: string;
}

export interface OwnOptions {
  name?: string;
  stage?: Stage;
  text?: string;
  patch?: EnvironmentPatch;
}

/** Past the welcome, with the real keychain, and a person's own `.env` known to Rekey. */
export async function beginWithOwn(
  page: Page,
  profile: Profile,
  options: OwnOptions = {},
): Promise<OwnEnvironment> {
  await beginAs(page, 'ada@example.org');
  const environment = await addOwn(page, profile, options);
  await page.reload();
  await expect(page.getByRole('navigation', { name: 'Screens' })).toBeVisible();
  return environment;
}

/** Who acts, and the keychain. */
export async function beginAs(page: Page, email: string): Promise<void> {
  await call(page, 'settings.set-operator', { name: 'Ada Lovelace', email });
  await call(page, 'keychain.probe');
  await call(page, 'keychain.choose', { backend: 'os' });
}

export async function addOwn(
  page: Page,
  profile: Profile,
  { name = 'Own', stage = 'staging', text, patch = {} }: OwnOptions = {},
): Promise<OwnEnvironment> {
  const file = join(profile.workFolder, `${name.toLowerCase().replaceAll(' ', '-')}.env`);
  const lines = Object.entries(ownValues).map(([key, value]) => `${key}=${value}`);
  writeFileSync(file, text ?? `# the team's keys\n${lines.join('\n')}\nPORT=8080\n`, { mode: 0o600 });
  const { config } = await call(page, 'environments.add', {
    name,
    stage,
    path: file,
    parser: 'dotenv',
    patch,
  });
  return { id: config.id, file };
}

/** Goes to a screen by its address. */
export async function open(page: Page, hash: string): Promise<void> {
  await page.evaluate((address) => {
    location.hash = address;
  }, hash);
  await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
}
