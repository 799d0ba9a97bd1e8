/**
 * Takes the pictures of the README from what `npm start` shows: run that in one terminal and `npm run pictures` in another,
 * with the editor's address behind it where it is not port 1880.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Editor, launch } from '../test/browser/editor';

const folder = resolve(__dirname, '..', 'docs', 'pictures');
const url = process.argv[2] ?? 'http://127.0.0.1:1880/';

/** What is shown: a node of the demo, and the tab of its dialog. */
const dialogs = [
  { picture: 'polling-trigger', node: 'demo_poll', tab: 'records' },
  { picture: 'send-request', node: 'demo_request', tab: 'body' },
  { picture: 'webhook-trigger', node: 'demo_webhook', tab: 'verification' },
];

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const browser = await launch();
  try {
    const editor = await Editor.open(browser, url, { width: 1280, height: 620 });
    const { page } = editor;
    await editor.invoke('core:show-debug-tab');
    // an order is polled, announced and answered within that time
    await page.locator('.red-ui-debug-msg').nth(5).waitFor({ timeout: 60_000 });
    await editor.settle();
    await page.screenshot({ path: join(folder, 'flow.png') });
    await page.setViewportSize({ width: 1280, height: 900 });
    for (const { picture, node, tab } of dialogs) {
      const dialog = await editor.edit(node);
      await dialog.getByRole('tab', { name: new RegExp(tab, 'i') }).click();
      await page
        .locator('.red-ui-tray')
        .last()
        .screenshot({ path: join(folder, `${picture}.png`) });
      await editor.cancel();
    }
  } finally {
    await browser.close();
  }
}

void main();
