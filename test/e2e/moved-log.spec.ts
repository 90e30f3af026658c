import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './fixtures/rekey-app.ts';
import { practise } from './support/first-start.ts';

test('the history goes on in the old log after the log was moved, and says so', async ({
  rekey,
  profile,
}) => {
  const { app, page } = rekey;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await practise(page);
  await page.getByRole('link', { name: 'Events' }).click();
  const grid = page.getByRole('grid', { name: 'Events' });
  await expect(grid.getByRole('row').nth(1)).toBeVisible();
  const before = Number(await grid.getAttribute('aria-rowcount'));
  const target = join(profile.workFolder, 'log');
  // A native dialog cannot be answered from outside: only its answer is put in its place.
  await app.evaluate(({ dialog }, folder) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [folder] });
  }, target);
  await page.getByRole('button', { name: 'More for the log' }).click();
  await page.getByRole('menuitem', { name: 'Begin a new log elsewhere…' }).click();
  await page.getByLabel('Why the log moves').fill('The disk is full');
  await page.getByRole('button', { name: 'Choose the folder…' }).click();

  await expect(page.getByText('The log goes on in the new folder')).toBeVisible();
  // One row more: the event of the move. The rows below are those of the old log, each marked as such.
  await expect(grid).toHaveAttribute('aria-rowcount', String(before + 1));
  const first = grid.getByRole('row').nth(1);
  await expect(first).toContainText('The disk is full');
  await expect(first).not.toContainText('in an earlier log');
  await expect(grid.getByRole('row').nth(2)).toContainText(`${before - 2} in an earlier log`);
  await grid.press('End');
  await expect(grid.getByRole('row').last()).toContainText('0 in an earlier log');
  await grid.press('Enter');
  await expect(page.getByRole('dialog')).toContainText(join(profile.dataFolder, 'log'));
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  expect(violations).toEqual([]);
});
