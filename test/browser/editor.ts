/** Drives the Node-RED editor, 4.1 and 5, in Debian's Chromium. Waits for what is to be seen, never for a time. */
import assert from 'node:assert/strict';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
}

interface JQueryToasts {
  readonly length: number;
  finish(): JQueryToasts;
  trigger(event: string): JQueryToasts;
}

/** What the page's own scripts offer; typed as far as the tests use it. */
interface EditorWindow {
  jQuery: ((selector: string) => JQueryToasts) & { fx: { off: boolean } };
  RED: {
    workspaces: { active(): string | 0; show(id: string): void };
    nodes: {
      node(id: string): Record<string, unknown> | null;
      filterNodes(filter: object): Record<string, unknown>[];
      eachNode(visit: (node: Record<string, unknown>) => void): void;
      eachConfig(visit: (node: Record<string, unknown>) => void): void;
      dirty(dirty?: boolean): boolean;
    };
    view: { importNodes(flow: object, options: object): void };
    actions: { invoke(action: string): void };
    settings: { setLocal(key: string, value: string): void };
  };
}

export type Theme = 'light' | 'dark';

export interface Trouble {
  kind: 'console' | 'page' | 'http';
  text: string;
}

export class Editor {
  /** Page errors, console errors and failed requests since the editor was opened. */
  readonly troubles: Trouble[] = [];

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.troubles.push({ kind: 'console', text: message.text() });
      // Node-RED catches what a node's own callbacks throw and logs it.
      else if (
        /^(oneditprepare|oneditsave|oneditresize|Validation error|Definition error)/.test(message.text())
      ) {
        this.troubles.push({ kind: 'console', text: message.text() });
      }
    });
    page.on('pageerror', (error) => this.troubles.push({ kind: 'page', text: error.stack ?? error.message }));
    page.on('response', (response) => {
      if (response.status() < 400) return;
      this.troubles.push({ kind: 'http', text: `${response.status()} ${response.url()}` });
    });
  }

  /** @param palette a node type that is in the palette when the editor is ready */
  static async open(
    browser: Browser,
    url: string,
    { width = 1400, height = 900, palette = 'send-request' } = {},
  ): Promise<Editor> {
    const context = await browser.newContext({ viewport: { width, height }, locale: 'en-US' });
    const editor = new Editor(await context.newPage());
    await editor.page.goto(url, { waitUntil: 'domcontentloaded' });
    await editor.#ready(palette);
    return editor;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  /** Node-RED 5 has both themes; 4.1 has the light one only, where this changes nothing. */
  async theme(theme: Theme): Promise<void> {
    await this.page.evaluate((name) => {
      (window as unknown as EditorWindow).RED.settings.setLocal('view-dark-theme', name);
    }, theme);
    // What is not deployed is not there after the reload, and the browser would ask.
    await this.page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.dirty(false));
    await this.page.reload({ waitUntil: 'domcontentloaded' });
    await this.#ready('send-request');
  }

  async #ready(palette: string): Promise<void> {
    await this.page.waitForSelector(`.red-ui-palette-node[data-palette-type="${palette}"]`, {
      state: 'attached',
    });
    await this.page.waitForFunction(() => {
      const { RED } = window as unknown as Partial<EditorWindow>;
      return RED?.workspaces !== undefined && RED.workspaces.active() !== 0;
    });
  }

  /** Does what a menu entry or a key does. */
  async invoke(action: string): Promise<void> {
    await this.page.evaluate((name) => {
      (window as unknown as EditorWindow).RED.actions.invoke(name);
    }, action);
  }

  /** Imports nodes with the ids they have, as a paste would. */
  async import(flow: object[]): Promise<void> {
    await this.page.evaluate((nodes) => {
      const { RED } = window as unknown as EditorWindow;
      RED.view.importNodes(nodes, { generateIds: false, addFlow: false, touchImport: true });
      RED.nodes.dirty(true);
    }, flow);
    await this.#dismissToasts();
  }

  /** Imports an example through the menu: Import, Examples, the module's folder, the example. */
  async importExample(module: string, label: string): Promise<void> {
    await this.page.evaluate(() => {
      (window as unknown as EditorWindow).RED.actions.invoke('core:show-examples-import-dialog');
    });
    const row = (text: string) =>
      this.page.locator('#red-ui-clipboard-dialog .red-ui-treeList-label:visible', { hasText: text }).first();
    const ok = this.page.locator('#red-ui-clipboard-dialog-ok');
    // a click on a folder whose examples are still on their way does nothing, nor does one on a row that moves
    const clickUntil = (text: string, there: Locator) =>
      this.until(async () => {
        if (await there.isVisible()) return true;
        await row(text).click();
        return there.waitFor({ timeout: 2000 }).then(
          () => true,
          () => false,
        );
      });
    await clickUntil(module, row(label));
    await clickUntil(label, ok.and(this.page.locator(':not([disabled])')));
    await ok.click();
    await this.page.locator('#red-ui-clipboard-dialog').waitFor({ state: 'hidden' });
    await this.#dirty();
    await this.settle();
  }

  /** Drags a node from the palette into the flow and answers its id. */
  async drag(type: string, x: number, y: number): Promise<string> {
    const search = this.page.locator('#red-ui-palette-search input');
    await search.fill('');
    // The filter listens to key presses; without it the node may lie below the fold, where a drag does nothing.
    await search.pressSequentially(type);
    const item = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await this.page.locator('.red-ui-palette-node[data-palette-type="inject"]').waitFor({ state: 'hidden' });
    const before = new Set(await this.#ids(type));
    const from = await this.#atRest(item);
    const chart = (await this.page.locator('#red-ui-workspace-chart').boundingBox())!;
    await this.page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(chart.x + x - 20, chart.y + y - 20, { steps: 8 });
    await this.page.mouse.move(chart.x + x, chart.y + y, { steps: 4 });
    await this.page.mouse.up();
    const fresh = async () => (await this.#ids(type)).find((id) => !before.has(id));
    for (let tries = 0; tries < 50 && !(await fresh()); tries++) await this.page.waitForTimeout(100);
    return (await fresh())!;
  }

  /** Where something is that slides in. */
  async #atRest(item: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    for (let last = await item.boundingBox(); ;) {
      await this.page.waitForTimeout(100);
      const now = await item.boundingBox();
      if (last && now && last.x === now.x && last.y === now.y) return now;
      last = now;
    }
  }

  /** Takes away the toast of an import without watching it slide, which took a second and a half. */
  async #dismissToasts(): Promise<void> {
    const dismiss = () =>
      this.page.evaluate(() => {
        const { jQuery } = window as unknown as EditorWindow;
        const toasts = jQuery('.red-ui-notification:visible');
        jQuery.fx.off = true;
        toasts.finish().trigger('click');
        jQuery.fx.off = false;
        return toasts.length;
      });
    while ((await dismiss()) > 0) await this.page.waitForTimeout(20);
  }

  /** Toasts lie over the dialog's buttons: clicks them away, as a user in a hurry would. */
  async settle(): Promise<void> {
    const toast = this.page.locator('.red-ui-notification:visible').first();
    while (await toast.isVisible()) {
      // One that is on its way out by itself cannot be clicked any more.
      await toast.click({ timeout: 1000, position: { x: 5, y: 5 } }).catch(() => undefined);
      await this.page.waitForTimeout(50);
    }
  }

  /** A saved node as the editor holds it. */
  node(id: string): Promise<Record<string, unknown>> {
    return this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as EditorWindow;
      const node = RED.nodes.node(nodeId)!;
      const { defaults } = node._def as { defaults: object };
      const names = ['id', 'type', ...Object.keys(defaults), 'valid', 'validationErrors'];
      return structuredClone(Object.fromEntries(names.map((name) => [name, node[name]])));
    }, id);
  }

  /** The newest node of a type, or of a type and a name. */
  async find(type: string, name?: string): Promise<string> {
    const id = (await this.#ids(type, name)).at(-1);
    if (!id) throw new Error(`no ${type} ${name ?? ''} in the editor`);
    return id;
  }

  #ids(type: string, name?: string): Promise<string[]> {
    return this.page.evaluate(
      ([wanted, called]) => {
        const { RED } = window as unknown as EditorWindow;
        const nodes = RED.nodes.filterNodes({ type: wanted });
        RED.nodes.eachConfig((node) => {
          if (node.type === wanted) nodes.push(node);
        });
        const named = called === undefined ? nodes : nodes.filter((node) => node.name === called);
        return named.map((node) => node.id as string);
      },
      [type, name] as const,
    );
  }

  /** Brings the tab that a node is on to the front. */
  async #show(id: string): Promise<void> {
    await this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as EditorWindow;
      RED.workspaces.show(RED.nodes.node(nodeId)!.z as string);
    }, id);
    await this.page.locator(`[id="${id}"] rect.red-ui-flow-node`).waitFor();
  }

  /** Opens a node's dialog by a double click on it. */
  async edit(id: string): Promise<Locator> {
    await this.#show(id);
    const box = (await this.page.locator(`[id="${id}"] rect.red-ui-flow-node`).boundingBox())!;
    await this.page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
    return this.#tray('#dialog-form');
  }

  /** Opens the configuration node of an open dialog by the pencil beside it. */
  async editConfig(property: string): Promise<Locator> {
    await this.page.click(`#node-input-btn-${property}-edit`);
    return this.#tray('#node-config-dialog-edit-form');
  }

  /** A dialog that has come to rest: trays slide in. */
  async #tray(form: string): Promise<Locator> {
    const dialog = this.page.locator(form);
    await dialog.waitFor();
    await this.page.waitForFunction((selector) => {
      const tray = document.querySelector(selector)?.closest('.red-ui-tray');
      return tray !== null && tray !== undefined && Math.abs(parseFloat(getComputedStyle(tray).right)) < 1;
    }, form);
    return dialog;
  }

  async done(): Promise<void> {
    await this.page.click('#node-dialog-ok');
    await this.page.locator('#dialog-form').waitFor({ state: 'detached' });
  }

  async doneConfig(): Promise<void> {
    await this.page.click('#node-config-dialog-ok');
    await this.page.locator('#node-config-dialog-edit-form').waitFor({ state: 'detached' });
  }

  async cancel(): Promise<void> {
    await this.page.click('#node-dialog-cancel');
    await this.page.locator('#dialog-form').waitFor({ state: 'detached' });
  }

  /** There is something to deploy. An example is fetched after the dialog that asks for it has closed. */
  async #dirty(): Promise<void> {
    await this.page.waitForFunction(() => (window as unknown as EditorWindow).RED.nodes.dirty());
  }

  /** Deploys, also when Node-RED asks because a node is not set up. */
  async deploy(): Promise<void> {
    // to deploy nothing is to do nothing
    await this.#dirty();
    await this.page.evaluate(() => {
      (window as unknown as EditorWindow).RED.actions.invoke('core:deploy-flows');
    });
    const confirm = this.page.locator('.red-ui-notification button.primary:visible').first();
    const clean = this.page.waitForFunction(() => !(window as unknown as EditorWindow).RED.nodes.dirty());
    await Promise.race([clean, confirm.click({ timeout: 20_000 }).catch(() => undefined)]);
    await clean;
    await this.page.locator('#red-ui-editor-shade').waitFor({ state: 'hidden' });
    await this.settle();
  }

  /** Types into a code editor, in place of what it holds. */
  async type(selector: string, text: string): Promise<void> {
    const code = this.page.locator(`${selector} .view-lines`);
    await code.click();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    // Not key by key: the editor would close brackets by itself.
    await this.page.keyboard.insertText(text);
  }

  /** The reason is under the field, and the field is marked for the eye and for a screen reader. */
  async expectProblem(field: string, reason: RegExp): Promise<void> {
    await this.expectText(`${field}-problem`, reason);
    assert.equal(await this.page.locator(field).getAttribute('aria-invalid'), 'true');
    assert.match((await this.page.locator(field).getAttribute('class')) ?? '', /input-error/);
  }

  async expectNoProblem(field: string): Promise<void> {
    await this.page.locator(`${field}-problem`).waitFor({ state: 'detached', timeout: 5000 });
    assert.doesNotMatch((await this.page.locator(field).getAttribute('class')) ?? '', /input-error/);
  }

  async expectText(selector: string, text: RegExp): Promise<void> {
    await this.page.locator(selector, { hasText: text }).waitFor({ timeout: 5000 });
  }

  async until(check: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 10_000; !(await check()); await this.page.waitForTimeout(50)) {
      if (Date.now() > end) throw new Error('it did not come true within 10 s');
    }
  }

  /** Examples are written for Node-RED's usual port: points what was imported to another. */
  pointTo(port: number): Promise<void> {
    return this.page.evaluate((to) => {
      const { RED } = window as unknown as EditorWindow;
      const nodes: Record<string, unknown>[] = [];
      RED.nodes.eachNode((node) => void nodes.push(node));
      RED.nodes.eachConfig((node) => void nodes.push(node));
      for (const node of nodes) {
        for (const field of ['baseUrl', 'url']) {
          const value = node[field];
          if (typeof value === 'string') node[field] = value.replace(':1880/', `:${to}/`);
        }
      }
    }, port);
  }

  /** Presses the button of an inject node. */
  async press(id: string): Promise<void> {
    await this.#show(id);
    await this.page.locator(`[id="${id}"] .red-ui-flow-node-button-button`).click();
  }

  /** Waits for a message in the debug side bar, and answers all that it shows of it. */
  async debugMessage(text: RegExp): Promise<string> {
    await this.page.evaluate(() => {
      (window as unknown as EditorWindow).RED.actions.invoke('core:show-debug-tab');
    });
    const message = this.page.locator('.red-ui-debug-msg', { hasText: text });
    await message.first().waitFor({ timeout: 20_000 });
    return message.first().innerText();
  }

  /** How many messages the debug side bar shows. */
  debugCount(text: RegExp): Promise<number> {
    return this.page.locator('.red-ui-debug-msg', { hasText: text }).count();
  }

  /** Waits for the status below a node. */
  async status(id: string, text: RegExp): Promise<void> {
    await this.#show(id);
    await this.page
      .locator(`[id="${id}"] .red-ui-flow-node-status-label`, { hasText: text })
      .waitFor({ timeout: 20_000 });
  }
}
