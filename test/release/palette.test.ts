/** The way most users get the package: out of a catalogue, by the palette manager's own interface. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import manifest from '../../package.json';
import { Editor, launch } from '../browser/editor';
import { pack, type Packed } from '../package/tarball';
import { lines, startNodeRed } from '../runtime/node-red';
import { startRegistry, type Registry } from '../support/registry';

interface NodeSet {
  name: string;
  types: string[];
  enabled: boolean;
  loaded: boolean;
  module: string;
  err?: string;
}

describe('release/install by the palette manager', function () {
  this.timeout(120_000);
  let packed: Packed;
  let registry: Registry;
  let browser: Browser;

  before(async () => {
    packed = await pack();
    registry = await startRegistry(manifest, packed.tarball);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await registry?.close();
    packed?.dispose();
  });

  for (const line of lines) {
    it(`brings the four nodes into a running Node-RED ${line}`, async () => {
      await using nodeRed = await startNodeRed({
        line,
        flows: [],
        withoutPackage: true,
        settings: {
          externalModules: { palette: { allowInstall: true } },
          editorTheme: { tours: false, palette: { catalogues: [registry.catalogue] } },
        },
        env: { npm_config_registry: registry.url },
      });
      const editor = await Editor.open(browser, nodeRed.adminUrl, { palette: 'inject' });
      const { page } = editor;
      await editor.invoke('core:manage-palette');
      const pane = page.locator('#red-ui-settings-tab-palette');
      await pane.locator('.red-ui-tab-label', { hasText: 'Install' }).click();
      // the box listens to key presses
      await pane.getByPlaceholder('search modules').pressSequentially('http-connector');
      const found = pane.locator('.red-ui-editableList-list > li', { hasText: manifest.name });
      await found.getByText('install', { exact: true }).click();
      await page.locator('.red-ui-notification button.primary', { hasText: 'Install' }).click();

      for (const type of ['send-request', 'webhook-trigger', 'polling-trigger']) {
        const node = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
        await node.waitFor({ state: 'attached', timeout: 90_000 });
      }
      const answer = await nodeRed.admin('nodes', { headers: { accept: 'application/json' } });
      const sets = ((await answer.json()) as NodeSet[]).filter(({ module }) => module === manifest.name);
      const types = Object.keys(manifest['node-red'].nodes);
      assert.deepEqual(
        sets.map(({ types, enabled, err }) => ({ types, enabled, err })),
        types.map((type) => ({ types: [type], enabled: true, err: undefined })),
      );
      // the tarball itself may come out of npm's cache, which knows it by its hash
      assert.ok(registry.asked().includes(`/${manifest.name}`), 'it came from the registry');

      // what was installed works without a restart
      await page
        .locator('#user-settings-dialog-close')
        .or(page.getByRole('button', { name: 'Close' }))
        .first()
        .click();
      await page.locator('#red-ui-settings-tab-palette').waitFor({ state: 'hidden' });
      await editor.settle();
      const dialog = await editor.edit(await editor.drag('send-request', 400, 300));
      await dialog.getByLabel('Method', { exact: true }).waitFor();
      await editor.cancel();
      assert.deepEqual(editor.troubles, []);
      await editor.close();
    });
  }
});
