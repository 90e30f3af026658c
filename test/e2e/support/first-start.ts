import { expect, type Page } from '@playwright/test';
import { press, typeInto } from './keyboard.ts';

/** The first start, by keyboard alone: who acts, and the real keychain. Ends at the choice of where to begin. */
export async function introduce(page: Page): Promise<void> {
  await typeInto(page, page.getByLabel('Name'), 'Ada Lovelace');
  await typeInto(page, page.getByLabel('E-mail'), 'ada@example.org');
  await page.keyboard.press('Enter');
  const keep = page.getByRole('button', { name: 'Use this keychain' });
  await expect(keep).toBeEnabled({ timeout: 20_000 });
  await press(page, keep);
}

/** The same, and then the practice environment with its service running. */
export async function practise(page: Page): Promise<void> {
  await introduce(page);
  await press(page, page.getByRole('button', { name: 'Start practising' }));
  await expect(page.getByRole('heading', { name: 'Practice', level: 1 })).toBeVisible({ timeout: 20_000 });
}
