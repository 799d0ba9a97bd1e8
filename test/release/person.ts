/** Somebody at the editor who has a mouse, a keyboard and eyes, and nothing else. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { root } from '../package/tarball';

const shots = join(root, 'test-results', 'release');

interface Spot {
  x: number;
  y: number;
}

export class Person {
  /** Every text that was typed, in order; searches too. Single keys are not in it. */
  readonly typed: string[] = [];
  #steps = 0;

  /** @param name is before the names of the pictures */
  constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    mkdirSync(shots, { recursive: true });
    page.setDefaultTimeout(15_000);
  }

  /** A picture in `test-results/release/`, for people to look at. */
  async shoot(step: string): Promise<void> {
    const number = String(++this.#steps).padStart(2, '0');
    await this.page.screenshot({ path: join(shots, `${this.name}-${number}-${step}.png`) });
  }

  /** Into what has the focus, in place of what it holds where a field is named. */
  async type(text: string, field?: Locator): Promise<void> {
    if (field) {
      await field.click();
      await this.press('ControlOrMeta+a');
    }
    this.typed.push(text);
    await this.page.keyboard.type(text);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** In a list to choose from, by its label and the first letters of the choice, as its own keys work. */
  async choose(label: Locator, choice: string): Promise<void> {
    await label.click();
    await this.page.keyboard.type(choice);
  }

  async drag(from: Locator, to: Locator | Spot): Promise<void> {
    const start = await this.#middle(from);
    const end = 'x' in to ? to : await this.#middle(to);
    const { mouse } = this.page;
    await mouse.move(start.x, start.y);
    await mouse.down();
    // Node-RED takes a short way for a click
    await mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 6 });
    await mouse.move(end.x, end.y, { steps: 6 });
    await mouse.up();
  }

  /** Where something is once it has come to rest. */
  async #middle(thing: Locator): Promise<Spot> {
    await thing.hover();
    const box = (await thing.boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** Out of the palette into the flow, where it is given from the flow's upper left corner. */
  async take(type: string, at: Spot): Promise<void> {
    await this.type(type, this.page.locator('#red-ui-palette-search input'));
    await this.page.locator('.red-ui-palette-node[data-palette-type="inject"]').waitFor({ state: 'hidden' });
    const chart = (await this.page.locator('#red-ui-workspace-chart').boundingBox())!;
    const nodes = this.page.locator('.red-ui-flow-node-group');
    const before = await nodes.count();
    await this.drag(this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`), {
      x: chart.x + at.x,
      y: chart.y + at.y,
    });
    await nodes.nth(before).waitFor();
  }

  /** From the node's output to the other's input. */
  async wire(from: string, to: string): Promise<void> {
    const port = (id: string, kind: string) =>
      this.page.locator(`[id="${id}"] .red-ui-flow-port-${kind} .red-ui-flow-port`);
    await this.drag(port(from, 'output'), port(to, 'input'));
    await this.page.locator('path.red-ui-flow-link-line').first().waitFor({ state: 'attached' });
  }

  /** Waits for the text below a node. */
  seesStatus(id: string, text: string): Promise<void> {
    const label = this.page.locator(`[id="${id}"] .red-ui-flow-node-status-label`);
    return label.filter({ hasText: text }).waitFor();
  }

  /** By a double click. */
  async open(id: string): Promise<Locator> {
    await this.page.locator(`[id="${id}"] rect.red-ui-flow-node`).dblclick();
    const dialog = this.page.locator('#dialog-form');
    await dialog.waitFor();
    return dialog;
  }
}

/** The guided set-up of an open dialog. */
export class Guide {
  readonly #panel: Locator;

  constructor(readonly dialog: Locator) {
    this.#panel = dialog.locator('.nrhc-guide');
  }

  /** A button of the step that is shown, or of the line that offers the guide. */
  press(name: string | RegExp): Promise<void> {
    const places = this.dialog.locator('.nrhc-guide > div, .nrhc-guide-bar');
    return places.getByRole('button', { name, exact: true }).first().click();
  }

  stepIs(title: string): Promise<void> {
    return this.#panel.locator('[aria-current="step"]', { hasText: title }).waitFor({ timeout: 10_000 });
  }

  says(text: RegExp): Promise<void> {
    return this.#panel.locator('.nrhc-guide-said', { hasText: text }).waitFor({ timeout: 15_000 });
  }

  isDone(): Promise<void> {
    return this.#panel.locator('h4', { hasText: 'All set' }).waitFor();
  }
}
