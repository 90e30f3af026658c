import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type ElectronApplication, expect, type Page } from '@playwright/test';

interface Look {
  theme: 'light' | 'dark';
  width: number;
  height: number;
}

const roomy = { width: 1280, height: 800 } as const;
const tight = { width: 1024, height: 640 } as const;

/** Both themes and both sizes, each with the other once. */
const crosswise: readonly Look[] = [
  { theme: 'light', ...roomy },
  { theme: 'dark', ...tight },
];
const every: readonly Look[] = [
  { theme: 'light', ...roomy },
  { theme: 'light', ...tight },
  { theme: 'dark', ...roomy },
  { theme: 'dark', ...tight },
];

/** All pictures of all states go there, to be looked at by a person: `REKEY_LOOK=/tmp/look npm run e2e -- …`. */
const lookFolder = process.env.REKEY_LOOK;

/**
 * What stands on the screen now passes axe, in both themes and at both sizes, and does not scroll sideways.
 * `picture` keeps a picture of each theme for docs/screenshots.
 */
export async function checkScreen(
  app: ElectronApplication,
  page: Page,
  name: string,
  { thorough = false, picture = false }: { thorough?: boolean; picture?: boolean } = {},
): Promise<void> {
  let theme: Look['theme'] | null = null;
  for (const look of thorough || lookFolder ? every : crosswise) {
    if (look.theme !== theme) {
      theme = look.theme;
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme });
    }
    await resize(app, look);
    await settled(page);
    const size = `${look.width}×${look.height}`;
    // Electron's pages have no browser context for axe's own frame handling.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    );
    expect.soft(found, `${name}, ${theme}, ${size}`).toEqual([]);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(wider, `${name} scrolls sideways at ${look.width}`).toBeLessThanOrEqual(0);
    if (lookFolder) {
      await page.screenshot({ path: join(lookFolder, `${name}-${theme}-${look.width}.png`) });
    }
    if (picture && process.env.REKEY_SCREENSHOTS && look.width === roomy.width) {
      await page.screenshot({ path: join(process.env.REKEY_SCREENSHOTS, `${name}-${theme}.png`) });
    }
  }
}

/** Only a picture, when somebody wants to look: for what resembles a state that is checked. */
export async function lookAt(app: ElectronApplication, page: Page, name: string): Promise<void> {
  if (lookFolder) await checkScreen(app, page, name);
}

/** Colours and dialogs change in transitions; half-way through, no contrast is the right one. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let frames = 0; frames < 4; frames += 1) await frame();
    const finite = document
      .getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(finite.map((animation) => animation.finished.catch(() => undefined)));
    await frame();
  });
}

/** Playwright now and then loses the answer of the main process; asking again is harmless here. */
async function resize(app: ElectronApplication, size: { width: number; height: number }): Promise<void> {
  for (let attempts = 3; ; attempts -= 1) {
    try {
      return await app.evaluate(({ BrowserWindow }, { width, height }) => {
        BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
      }, size);
    } catch (error) {
      if (attempts === 1) throw error;
    }
  }
}
