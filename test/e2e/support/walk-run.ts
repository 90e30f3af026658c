import { expect, type Locator, type Page } from '@playwright/test';
import { choose, press, tabTo, typeInto } from './keyboard.ts';

const mostSteps = 90;
const stepPatience = 60_000;
/** The primary act, unless it is held while the run is at work: such a button keeps its focus and is no `:disabled`. */
export const openPrimaryAct = '[data-primary-act]:not([aria-disabled])';

export interface WalkOptions {
  /** Which branch to take at a decision, by a part of its label; default: the first. */
  choices?: Readonly<Record<string, RegExp>>;
  /** Stops before acting at the step with this title. */
  until?: RegExp;
  /** Pasted instead of the walk's own words: evidence, what a text field asks for, and what is typed unseen. */
  pasted?: { evidence: string; words: string; secret: string };
  /** Called before each act, with the title of its step. */
  onStep?: (title: string) => Promise<void>;
}

/**
 * Walks a guided run by keyboard alone from where it stands: fills in what a step asks for, takes its primary act,
 * and waits for the next step. Returns the titles of the steps in order; ends at the end of the run, or at `until`.
 */
export async function walkRun(page: Page, options: WalkOptions = {}): Promise<string[]> {
  const titles: string[] = [];
  const step = page.getByRole('region', { name: 'Current step' });
  const end = page.getByRole('region', { name: 'End of the run' });
  for (let count = 0; count < mostSteps; count += 1) {
    await expect(step.locator(openPrimaryAct).or(end)).toBeVisible({ timeout: stepPatience });
    if (await end.isVisible()) return titles;
    const title = await step.getByRole('heading', { level: 2 }).innerText();
    if (options.until?.test(title)) return titles;
    titles.push(title);
    await options.onStep?.(title);
    await giveEvidence(page, step, options);
    await fillIn(page, step, title, options);
    const before = await progressMark(page);
    await page.keyboard.press('Control+Enter');
    await expect
      .poll(() => progressMark(page), { timeout: stepPatience, message: `after "${title}"` })
      .not.toBe(before);
    // A step that is at work shows no enabled act; the loop waits for it.
  }
  throw new Error(`the run does not end within ${mostSteps} steps: ${titles.join(' → ')}`);
}

/** Changes whenever the run moves on: another step, another state of the step, a result, or the end. */
async function progressMark(page: Page): Promise<string> {
  return page.getByRole('main').evaluate((main) => {
    const step =
      main.querySelector('[aria-label="Current step"]') ??
      main.querySelector('[aria-label="End of the run"]');
    const head = step?.querySelector('header')?.textContent ?? step?.textContent ?? '';
    const results = [...(step?.querySelectorAll('h3 + ul, [role="alert"]') ?? [])].map(
      (each) => each.textContent,
    );
    return `${head} ${results.join(' ')}`.replace(/\d+ (seconds?|minutes?|hours?)|\d+:\d+/g, '');
  });
}

async function giveEvidence(page: Page, step: Locator, { pasted }: WalkOptions): Promise<void> {
  const needed = step.getByText(/^Evidence is needed here/);
  if (!(await needed.isVisible())) return;
  const output = step.getByRole('textbox', { name: 'Output', exact: true });
  if (pasted) await paste(page, output, pasted.evidence);
  else await typeInto(page, output, 'checked by hand: as expected');
  await press(page, step.getByRole('button', { name: 'Add this output' }));
  await expect(needed).toBeHidden();
}

async function fillIn(
  page: Page,
  step: Locator,
  title: string,
  { choices = {}, pasted }: WalkOptions,
): Promise<void> {
  const form = step.locator('form:has([data-primary-act])');
  const radios = form.locator('input[type="radio"]');
  if ((await radios.count()) > 0) {
    const wanted = Object.entries(choices).find(([part]) => title.includes(part))?.[1];
    await choose(page, wanted ? form.getByRole('radio', { name: wanted }) : radios.first());
  }
  for (const checkbox of await form.locator('input[type="checkbox"]').all()) {
    if (await checkbox.isChecked()) continue;
    await tabTo(page, checkbox);
    await page.keyboard.press('Space');
  }
  for (const field of await form
    .locator('input:not([type="radio"]):not([type="checkbox"]), textarea')
    .all()) {
    await tabTo(page, field);
    const type = await field.getAttribute('type');
    // In the past: nothing has to be archived, so that the run can end.
    if (type === 'date') await page.keyboard.type('01012026');
    else if (type === 'datetime-local') await page.keyboard.type('01012026\t0900AM');
    else {
      const words = await wordsFor(field);
      if (pasted && type === 'password') await paste(page, field, pasted.secret);
      else if (pasted && words === ownWords) {
        const isEvidence = /^Evidence/.test(await labelOf(field));
        await paste(page, field, isEvidence ? pasted.evidence : pasted.words);
      } else await typeInto(page, field, words);
    }
  }
}

/** As from the clipboard: at once, line ends included where the field takes them. */
async function paste(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

const ownWords = 'INC-1234, seen by Ada Lovelace';

function labelOf(field: Locator): Promise<string> {
  return field.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? '');
}

async function wordsFor(field: Locator): Promise<string> {
  const label = await labelOf(field);
  const confirmed = /Type (.+) to confirm/.exec(label)?.[1];
  if (confirmed !== undefined) return confirmed;
  if (/lifetime|duration|how long/i.test(label)) return '1h';
  return ownWords;
}
