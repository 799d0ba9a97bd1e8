/** Each shared widget on its own page (test/widgets): what it shows, what it gives back, and that nothing breaks when it is empty. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { inEachEditor } from './session';
import { bundleWidgets, widgets } from './widget-pages';

interface WidgetWindow {
  nrhcWidgets: { show(name: string): void };
}

inEachEditor('the shared widgets', (session) => {
  let script: string;

  before(async () => {
    script = await bundleWidgets();
  });

  const show = async (name: string) => {
    const { page } = session.editor;
    if (await page.evaluate(() => !('nrhcWidgets' in window))) await page.addScriptTag({ content: script });
    await session.editor.page.evaluate((page) => {
      (window as unknown as WidgetWindow).nrhcWidgets.show(page);
    }, name);
  };
  const state = (name: string, index: number) => session.editor.page.locator(`#${name}-${index}`);
  const read = async (place: Locator): Promise<unknown> => {
    await place.locator('> .nrhc-read').click();
    const text = await place.locator('> output').innerText();
    return text === 'undefined' ? undefined : JSON.parse(text);
  };

  for (const name of widgets) {
    it(name, async () => {
      await show(name);
      await session.shoot(`widget-light-${name}`);
      const states = await session.editor.page.locator('#nrhc-widget-page .nrhc').count();
      for (let i = 0; i < states; i++)
        console.log(i, JSON.stringify(await read(state(name, i)))?.slice(0, 300));
    });
  }

  it('all in the dark', async () => {
    await session.editor.theme('dark');
    for (const name of widgets) {
      await show(name);
      await session.shoot(`widget-dark-${name}`);
    }
  });
});
