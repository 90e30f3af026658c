import { expect, type Page } from '@playwright/test';
import { choose, press, select, typeInto } from './keyboard.ts';

export interface StartOptions {
  /** Exactly these keys; default: as the dialog proposes. */
  keys?: readonly string[];
  drill?: boolean;
  dryRun?: boolean;
  environment?: string;
}

/** Opens the runbook dialog with its shortcut and starts a run, by keyboard alone. */
export async function startRunbook(page: Page, runbook: string, options: StartOptions = {}): Promise<void> {
  await page.keyboard.press('Control+N');
  await select(page, page.getByRole('dialog').getByRole('combobox', { name: 'Runbook' }), runbook);
  await fillAndStart(page, options);
}

/** The same from the emergency button's shortcut, choosing what happened. */
export async function startEmergency(
  page: Page,
  situation: RegExp,
  options: StartOptions = {},
): Promise<void> {
  await page.keyboard.press('Control+Shift+E');
  await choose(page, page.getByRole('dialog').getByRole('radio', { name: situation }));
  await fillAndStart(page, options);
}

async function fillAndStart(page: Page, { keys, drill, dryRun, environment = 'Practice' }: StartOptions) {
  const dialog = page.getByRole('dialog');
  await select(page, dialog.getByRole('combobox', { name: 'Environment' }), environment);
  if (keys) {
    for (const box of await dialog.getByRole('checkbox', { name: /_KEY/ }).all()) {
      const name = await box.evaluate(
        (element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? '',
      );
      const wanted = keys.some((key) => new RegExp(`(^|[^A-Z_])${key}`).test(name));
      if ((await box.isChecked()) !== wanted) await press(page, box);
    }
  }
  await typeInto(page, dialog.getByLabel('Reason'), 'Walked through by keyboard');
  if (drill) await press(page, dialog.getByRole('checkbox', { name: /^Drill/ }));
  if (dryRun) await press(page, dialog.getByRole('checkbox', { name: /^Dry run/ }));
  await press(page, dialog.getByRole('button', { name: /^Start the/ }));
  await expect(page.getByRole('region', { name: 'Current step' })).toBeVisible({ timeout: 15_000 });
}
