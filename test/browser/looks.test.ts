import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { authSchemes } from '../../nodes/http-connection/config';
import type { Theme } from './editor';
import { connection, ids, poll, request, webhook } from './flow';
import { inEachEditor, root } from './session';

const axeFile = require.resolve('axe-core/axe.min.js');

const types = ['http-connection', 'send-request', 'webhook-trigger', 'polling-trigger'] as const;

/** Every key of the nodes' texts: one that shows up as it is has no text. */
const keys = new Set(
  types.flatMap((type) => {
    const texts = JSON.parse(
      readFileSync(join(root, 'nodes', type, 'locales', 'en-US.json'), 'utf8'),
    ) as object;
    return Object.entries(texts).flatMap(([section, entries]) =>
      Object.keys(entries as object).map((key) => `${section}.${key}`),
    );
  }),
);

/** Visible texts and labels that are a key instead of a text. */
async function rawKeys(dialog: Locator): Promise<string[]> {
  const texts = await dialog.evaluate((form) => {
    const walker = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) found.push(node.textContent ?? '');
    for (const element of form.querySelectorAll('[placeholder], [aria-label], [title]')) {
      for (const name of ['placeholder', 'aria-label', 'title']) found.push(element.getAttribute(name) ?? '');
    }
    return found;
  });
  return texts
    .map((text) => text.trim())
    .filter((text) => keys.has(text) || text.includes('node-red-contrib-http-connector/'));
}

/** Visible controls that a screen reader could not name. */
function unlabelled(dialog: Locator): Promise<string[]> {
  return dialog.evaluate((form) =>
    [...form.querySelectorAll('.nrhc :is(input, select, textarea, button):not([aria-hidden="true"])')]
      .filter((element): element is HTMLInputElement => (element as HTMLElement).offsetParent !== null)
      .filter(
        (element) =>
          !element.getAttribute('aria-label') &&
          !element.getAttribute('aria-labelledby') &&
          !element.labels?.length &&
          !(element.tagName === 'BUTTON' && (element.textContent?.trim() || element.title)),
      )
      .map((element) => element.outerHTML.slice(0, 200)),
  );
}

/**
 * What axe finds that is serious or critical, in a sentence each. It looks at all tabs at once, one below the other: what
 * takes its time is the rest of the page. The first tab is shown afterwards.
 */
async function barriers(dialog: Locator): Promise<string[]> {
  const page = dialog.page();
  await dialog.evaluate((form) => {
    for (const pane of form.querySelectorAll<HTMLElement>('.nrhc-tab')) pane.hidden = false;
  });
  const found = await axeFindings(dialog, page);
  await dialog.getByRole('tab').first().click();
  return found;
}

async function axeFindings(dialog: Locator, page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.addScriptTag({ path: axeFile });
  return dialog.evaluate(async (form) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // Node-RED puts fields into every form that keep a browser from filling in passwords
    const context = { include: form, exclude: '[id^="red-ui-trap"]' };
    const { violations } = await axe.run(context, { resultTypes: ['violations'], selectors: false });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
  });
}

/** Whether something is wider than the dialog. */
function overflows(dialog: Locator): Promise<boolean> {
  return dialog.evaluate((form) => {
    const tray = form.closest('.red-ui-tray-body')!;
    return tray.scrollWidth > tray.clientWidth + 1 || form.scrollWidth > form.clientWidth + 1;
  });
}

inEachEditor('the dialogs', (session) => {
  async function look(dialog: Locator, name: string, theme: Theme): Promise<void> {
    await session.shoot(`${theme}-${name}`);
    assert.deepEqual(await rawKeys(dialog), [], `${name}: texts that are missing`);
    assert.deepEqual(await unlabelled(dialog), [], `${name}: controls without a label`);
    assert.equal(await overflows(dialog), false, `${name}: something is too wide`);
  }

  /** Every tab of an open dialog, in both themes. */
  async function lookAtTabs(dialog: Locator, name: string, theme: Theme): Promise<void> {
    for (const tab of await dialog.getByRole('tab').all()) {
      await tab.click();
      assert.equal(await tab.getAttribute('aria-selected'), 'true');
      await look(dialog, `${name}-${(await tab.innerText()).toLowerCase()}`, theme);
    }
  }

  /** The fields of every authentication. */
  async function lookAtSchemes(dialog: Locator, theme: Theme): Promise<void> {
    await dialog.getByRole('tab', { name: 'Authentication' }).click();
    for (const scheme of authSchemes) {
      await dialog.locator('#node-config-input-auth').selectOption(scheme);
      await look(dialog, `http-connection-${scheme}`, theme);
    }
  }

  const themes: Theme[] = session.line === '5' ? ['light', 'dark'] : ['light'];
  for (const theme of themes.reverse()) {
    it(`show every tab with labels and texts, ${theme}`, async () => {
      await session.editor.theme(theme);
      await session.importFlow(connection({ auth: 'custom' }), request(), webhook(), poll());
      const send = await session.editor.edit(ids.request);
      await lookAtTabs(send, 'send-request', theme);
      assert.deepEqual(await barriers(send), [], `send-request, ${theme}`);
      const shared = await session.editor.editConfig('connection');
      await lookAtTabs(shared, 'http-connection', theme);
      assert.deepEqual(await barriers(shared), [], `http-connection, ${theme}`);
      if (session.line === '5') await lookAtSchemes(shared, theme);
      await session.editor.doneConfig();
      await session.editor.cancel();
      const hook = await session.editor.edit(ids.webhook);
      await lookAtTabs(hook, 'webhook-trigger', theme);
      assert.deepEqual(await barriers(hook), [], `webhook-trigger, ${theme}`);
      await session.editor.cancel();
      const trigger = await session.editor.edit(ids.poll);
      await lookAtTabs(trigger, 'polling-trigger', theme);
      assert.deepEqual(await barriers(trigger), [], `polling-trigger, ${theme}`);
      await session.editor.cancel();
    });
  }

  it('fit a small window', async () => {
    const size = session.editor.page.viewportSize()!;
    await session.importFlow(connection(), request(), webhook(), poll());
    await session.editor.page.setViewportSize({ width: 1000, height: 620 });
    for (const [name, id] of [
      ['send-request', ids.request],
      ['webhook-trigger', ids.webhook],
      ['polling-trigger', ids.poll],
    ] as const) {
      await lookAtTabs(await session.editor.edit(id), `small-${name}`, 'light');
      await session.editor.cancel();
    }
    await session.editor.page.setViewportSize(size);
  });
});
