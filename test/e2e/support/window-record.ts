import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Outbound } from '../../support/outbound.ts';
import type { RunningApp } from '../fixtures/rekey-app.ts';

/** Preloaded into main, it writes every message to a page into a file. */
export const messageRecorder = join(import.meta.dirname, 'message-record.cjs');

interface Watched {
  shownInPage?: string[];
}

/** Keeps what the page shows, prints and stores; `look` after each step, and once more before the app ends. */
export class WindowRecord {
  readonly #rekey: RunningApp;
  readonly #outbound: Outbound;
  readonly #home: string;

  constructor(rekey: RunningApp, outbound: Outbound, home: string) {
    this.#rekey = rekey;
    this.#outbound = outbound;
    this.#home = home;
    rekey.page.on('console', (message) => outbound.note('console of the page', message.text()));
    rekey.page.on('pageerror', (error) =>
      outbound.note('error of the page', `${error.message}\n${error.stack}`),
    );
  }

  /** From now on every text and attribute that appears in the page is kept, however briefly it is shown. */
  async watchPage(): Promise<void> {
    await this.#rekey.page.evaluate(() => {
      const shown: string[] = [];
      (globalThis as Watched).shownInPage = shown;
      // What a person types into a field is theirs; it is looked at once it was sent, when it must be gone.
      const isField = (node: Node | null) =>
        node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement;
      new MutationObserver((mutations) => {
        for (const { type, target, addedNodes, attributeName } of mutations) {
          if (isField(target) || isField(target.parentNode)) continue;
          if (type === 'attributes') shown.push((target as Element).getAttribute(attributeName ?? '') ?? '');
          if (type === 'characterData') shown.push(target.textContent ?? '');
          for (const node of addedNodes) {
            shown.push(node instanceof Element ? node.outerHTML : (node.textContent ?? ''));
          }
        }
      }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
  }

  /** Everything that can be seen from outside at this moment. `where` says which step it is. */
  async look(where: string): Promise<void> {
    const { app, page } = this.#rekey;
    const seen = await page.evaluate(() => ({
      appeared: (globalThis as Watched).shownInPage?.splice(0).join('\n') ?? '',
      html: document.documentElement.outerHTML,
      text: document.body.innerText,
      fields: [...document.querySelectorAll('input, textarea, select')]
        .map((field) => (field as HTMLInputElement).value)
        .join('\n'),
      address: `${location.href} ${document.title} ${JSON.stringify(history.state)}`,
      stores: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    }));
    for (const [what, text] of Object.entries(seen)) this.#outbound.note(`${where}: ${what}`, text);
    const clipboard = await app.evaluate(async ({ clipboard: board, BrowserWindow }) => [
      // Asynchronous since Electron 44.
      await board.readText(),
      ...BrowserWindow.getAllWindows().map((window) => window.getTitle()),
    ]);
    this.#outbound.note(`${where}: clipboard and titles`, clipboard.join('\n'));
    this.#outbound.note(`${where}: processes`, processesOf(this.#home));
  }

  /** What came to stdout and stderr up to now. */
  keepOutput(): void {
    this.#outbound.note('stdout and stderr of the app', this.#rekey.output());
  }
}

/** Keeps all messages from main to a page that were written down in `file`, one by one. Returns how many. */
export function keepMessages(outbound: Outbound, file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  for (const [index, line] of lines.entries()) {
    const { kind, channel } = JSON.parse(line) as { kind: string; channel: string };
    outbound.note(
      `message ${index} to the page: ${kind} ${kind === 'executeJavaScript' ? '' : channel}`,
      line,
    );
  }
  return lines.length;
}

/** Arguments and environment of every process that has something to do with a home folder. */
function processesOf(home: string): string {
  const texts: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
      const line = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      if (`${environment}${line}`.includes(home)) texts.push(line, environment);
    } catch {
      // Gone meanwhile, or closed to us as Chromium's sandboxed ones are.
    }
  }
  return texts.join('\n').replaceAll('\0', '\n');
}

/** Stands in for the person in the system's dialogs: files are saved into `folder`, and `evidence` is picked. */
export async function answerDialogs(
  rekey: RunningApp,
  answers: { folder: string; evidence: string },
): Promise<void> {
  await rekey.app.evaluate(({ dialog, shell }, { folder, evidence }) => {
    let count = 0;
    const fresh = (name: string) => {
      count += 1;
      return `${folder}/${count}-${name.split('/').at(-1)}`;
    };
    const options = (args: unknown[]) => args.at(-1) as { properties?: string[]; defaultPath?: string };
    Object.assign(dialog, {
      showOpenDialog: async (...args: unknown[]) => ({
        canceled: false,
        filePaths: [options(args).properties?.includes('openDirectory') ? fresh('folder') : evidence],
      }),
      showSaveDialog: async (...args: unknown[]) => ({
        canceled: false,
        filePath: fresh(options(args).defaultPath ?? 'file'),
      }),
    });
    Object.assign(shell, {
      openPath: async () => '',
      openExternal: async () => {},
      showItemInFolder: () => {},
    });
  }, answers);
}

/** Opens a screen by its address. */
export async function show(page: Page, hash: string): Promise<void> {
  await page.evaluate((address) => {
    location.hash = address;
  }, hash);
}
