import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { lines, startNodeRed, type Line, type NodeRed } from '../runtime/node-red';
import { Editor, launch } from './editor';
import { ids, renewIds } from './flow';

export const root = join(__dirname, '..', '..');
const shots = join(root, 'test-results', 'browser');

/** A Node-RED and its editor in a browser, shared by the tests of a file; each test has nodes of its own. */
export class Session {
  browser!: Browser;
  nodeRed!: NodeRed;
  editor!: Editor;

  constructor(readonly line: Line) {}

  async start(): Promise<void> {
    mkdirSync(shots, { recursive: true });
    const [browser, nodeRed] = await Promise.allSettled([
      launch(),
      startNodeRed({ line: this.line, flows: [] }),
    ]);
    // what has started is there to be stopped, also when the other has not
    if (browser.status === 'fulfilled') this.browser = browser.value;
    if (nodeRed.status === 'fulfilled') this.nodeRed = nodeRed.value;
    for (const started of [browser, nodeRed]) if (started.status === 'rejected') throw started.reason;
    this.editor = await Editor.open(this.browser, this.nodeRed.adminUrl);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await this.nodeRed?.stop();
  }

  /** Whatever a failed test left open must not fail the tests after it. */
  async renew(): Promise<void> {
    await this.shoot(`failed-${ids.tab}`);
    await this.editor.close();
    await this.nodeRed.deploy([]);
    this.editor = await Editor.open(this.browser, this.nodeRed.adminUrl);
  }

  /** Imports nodes on a tab of their own. */
  async importFlow(...nodes: object[]): Promise<void> {
    await this.editor.import([{ id: ids.tab, type: 'tab', label: 'Dialogs' }, ...nodes]);
  }

  /** By the editor's button. */
  deploy(): Promise<void> {
    return this.nodeRed.deploying(() => this.editor.deploy());
  }

  /** A picture in `test-results/browser/`, for people to look at. */
  async shoot(name: string): Promise<void> {
    await this.editor.page.screenshot({ path: join(shots, `${this.line}-${name}.png`) });
  }
}

/** Runs the tests that `define` makes in each line of Node-RED. No page error and no failed request is let pass. */
export function inEachEditor(title: string, define: (session: Session) => void): void {
  for (const line of lines) {
    describe(`browser/${title} in Node-RED ${line}`, function () {
      this.timeout(60_000);
      const session = new Session(line);
      before(() => session.start());
      after(() => session.stop());
      beforeEach(() => renewIds());
      afterEach(async function () {
        const troubles = session.editor.troubles.splice(0);
        if (this.currentTest?.state === 'failed') await session.renew();
        else assert.deepEqual(troubles, []);
      });
      define(session);
    });
  }
}
