import { expect, type Locator, type Page } from '@playwright/test';

const mostTabs = 200;

/** Presses Tab until the element has the focus, as a person without a mouse would. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let tabs = 0; tabs < mostTabs; tabs += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${mostTabs} tabs do not reach ${target}`);
}

/** Tabs to a text field and types, replacing what is there. */
export async function typeInto(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

/** Tabs to a button, link or checkbox and presses it. */
export async function press(page: Page, control: Locator): Promise<void> {
  await tabTo(page, control);
  await page.keyboard.press('Space');
}

/**
 * Chooses a radio button: Tab reaches the group (its chosen or first button), arrows move within it. Space chooses
 * the one where the focus is.
 */
export async function choose(page: Page, radio: Locator): Promise<void> {
  const name = await radio.getAttribute('name');
  const group = page.locator(`input[type="radio"][name="${name}"]`);
  const chosen = group.and(page.locator(':checked'));
  const entry = (await chosen.count()) > 0 ? chosen.first() : group.first();
  await tabTo(page, entry);
  await page.keyboard.press('Space');
  for (let moves = await group.count(); moves > 0; moves -= 1) {
    if (await radio.isChecked()) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error('the arrow keys do not reach that choice');
}

/** Chooses an option of a native select by typing the beginning of its label. */
export async function select(page: Page, field: Locator, label: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.type(label);
  await expect(field.locator('option:checked')).toContainText(label);
}
