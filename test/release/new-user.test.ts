/**
 * What somebody does who has just heard of the package, by mouse and keyboard alone: installs it, sets up a webhook that is
 * verified and a request that logs in, and puts the data of the one into the other by picking it.
 */
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import type { Browser, Locator } from 'playwright-core';
import manifest from '../../package.json';
import { Editor, launch } from '../browser/editor';
import { pack, type Packed } from '../package/tarball';
import { lines, startNodeRed, type Line, type NodeRed } from '../runtime/node-red';
import { startRegistry, type Registry } from '../support/registry';
import { sendJson, startServer, type TestServer } from '../support/server';
import { Guide, Person } from './person';

const secret = 'It’s a secret to everybody';
const password = 'open-s3same';
/** Of the whole story, by mouse and keyboard; milliseconds. */
const limit = 5 * 60_000;

/** Where tickets are kept for who logs in. */
function startDesk(): Promise<TestServer> {
  const login = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
  return startServer(({ method, url, headers, body }, response) => {
    // the page on which the webhook's URL is entered
    if (url === '/settings') {
      response.setHeader('content-type', 'text/html');
      return void response.end('<link rel="icon" href="data:,"><label>Payload URL <input></label>');
    }
    if (headers.authorization !== login) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="Help desk"' }).end();
    }
    if (url === '/') return sendJson(response, { service: 'Help desk' });
    const [, id] = /^\/tickets\/(\d+)$/.exec(url) ?? [];
    if (method !== 'PUT' || !id) return sendJson(response, { error: `no ${method} ${url}` }, 404);
    sendJson(response, { ...(JSON.parse(body.toString()) as object), id: Number(id), state: 'open' });
  });
}

/** Delivers an issue as GitHub does: docs.github.com, Webhooks, "Validating webhook deliveries". */
async function deliver(url: string, number: number, key = secret): Promise<number> {
  const body = JSON.stringify({
    action: 'opened',
    issue: { number, title: `Lamp ${number} is dark`, user: { login: 'grace' } },
    repository: { full_name: 'ada/lamps' },
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': randomUUID(),
      'x-github-event': 'issues',
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    },
    body,
  });
  await answer.text();
  return answer.status;
}

/** URL and body of the request that an issue is to make. */
function sentFor(number: number): [url: string, body: string] {
  return [`/tickets/${number}`, JSON.stringify({ subject: `Lamp ${number} is dark`, reporter: 'grace' })];
}

/** One person's way from a Node-RED without the package to a flow that runs. */
class Story {
  readonly person: Person;

  constructor(
    line: Line,
    readonly nodeRed: NodeRed,
    readonly editor: Editor,
    readonly desk: TestServer,
  ) {
    this.person = new Person(editor.page, `new-user-${line}`);
  }

  async install(): Promise<void> {
    const { person } = this;
    const { page } = person;
    await person.shoot('before');
    await page.locator('#red-ui-header-button-sidemenu').click();
    await page.locator('#red-ui-header-button-sidemenu-submenu').getByText('Manage palette').click();
    const pane = page.locator('#red-ui-settings-tab-palette');
    await pane.locator('.red-ui-tab-label', { hasText: 'Install' }).click();
    await person.type('http-connector', pane.getByPlaceholder('search modules'));
    const found = pane.locator('.red-ui-editableList-list > li', { hasText: manifest.name });
    await found.getByText('install', { exact: true }).waitFor();
    await person.shoot('palette-manager');
    await found.getByText('install', { exact: true }).click();
    await page.locator('.red-ui-notification button.primary', { hasText: 'Install' }).click();
    for (const type of Object.keys(manifest['node-red'].nodes).filter((name) => name !== 'http-connection')) {
      const node = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
      await node.waitFor({ state: 'attached', timeout: 90_000 });
    }
    await found.getByText('installed', { exact: true }).waitFor();
    await person.shoot('installed');
    // 4.1 has no label on it
    const close = page.locator('#user-settings-dialog-close');
    await close
      .or(page.getByRole('button', { name: 'Close' }))
      .first()
      .click();
    await pane.waitFor({ state: 'hidden' });
    await this.editor.settle();
  }

  /** @returns the URL, as it was pasted on the service's own page */
  async setUpWebhook(): Promise<{ id: string; url: string }> {
    const { person, editor } = this;
    await person.take('webhook-trigger', { x: 180, y: 160 });
    await person.shoot('webhook-dragged');
    const id = await editor.find('webhook-trigger');
    const dialog = await person.open(id);
    const guide = new Guide(dialog);
    await person.shoot('webhook-dialog');
    await guide.press('Start');
    await guide.stepIs('URL');
    await person.type('New issue', dialog.getByLabel('Event', { exact: true }));
    await person.shoot('webhook-url');
    await guide.press('Copy the URL');
    await guide.says(/Copied/i);
    const url = await this.#paste();
    await guide.press('Next');
    await guide.stepIs('Delivery');
    await person.shoot('webhook-delivery');
    await guide.press('Listen for a sample');
    await guide.says(/^Waiting for a delivery/);
    await person.shoot('webhook-waiting');
    assert.equal(await deliver(url, 16), 200);
    await guide.says(/^A delivery came/);
    await person.shoot('webhook-came');
    await guide.press('Next');
    await guide.stepIs('Verification');
    await person.shoot('webhook-verification');
    await guide.press('Use: GitHub');
    await guide.says(/enter the secret/);
    await this.#focusIn(dialog.locator('#node-input-secret'));
    await person.type(secret);
    await person.shoot('webhook-secret');
    await person.press('Enter');
    await guide.says(/^Right/);
    await person.shoot('webhook-right');
    await guide.press('Next');
    await guide.stepIs('Answer');
    await person.shoot('webhook-answer');
    await guide.press('Use: At once');
    await guide.press('Next');
    await guide.isDone();
    await person.shoot('webhook-all-set');
    await editor.done();
    return { id, url };
  }

  /** Where the service asks for it, in another tab of the browser. */
  async #paste(): Promise<string> {
    const page = await this.person.page.context().newPage();
    await page.goto(`${this.desk.url}/settings`);
    await page.locator('input').click();
    await page.keyboard.press('ControlOrMeta+v');
    const pasted = await page.locator('input').inputValue();
    await page.close();
    return pasted;
  }

  #focusIn(field: Locator): Promise<void> {
    return this.editor.until(() => field.evaluate((element) => element === document.activeElement));
  }

  async setUpRequest(webhook: string): Promise<void> {
    const { person, editor, desk } = this;
    await person.take('send-request', { x: 480, y: 160 });
    const id = await editor.find('send-request');
    await person.wire(webhook, id);
    await person.shoot('wired');
    const dialog = await person.open(id);
    const guide = new Guide(dialog);
    await guide.press('Start');
    await guide.stepIs('Request');
    await person.choose(dialog.getByText('Method', { exact: true }), 'PUT');
    await person.type(`${desk.url}/tickets/`, dialog.locator('#node-input-url'));
    await person.shoot('request-url');
    await guide.press('Next');
    await guide.stepIs('Connection');
    await person.shoot('request-connection');
    await guide.press(/^Use: A new connection for/);
    await guide.says(/connection is chosen/);
    await person.shoot('request-connected');
    await this.#setUpConnection();
    await person.shoot('request-back');
    await this.#pickData(dialog);
    await person.shoot('request-picked');
    await guide.press('Next');
    await guide.stepIs('Send');
    await person.shoot('request-send');
    // with the message that the webhook's sample makes
    await guide.press('Send');
    await guide.says(/200 OK/);
    assert.deepEqual([desk.received.at(-1)?.url, desk.received.at(-1)?.body.toString()], sentFor(16));
    await person.shoot('request-sent');
    await guide.press('Next');
    await guide.stepIs('Keep');
    await person.shoot('request-keep');
    await guide.press('Keep this');
    await guide.says(/Kept/);
    await guide.press('Next');
    await guide.isDone();
    await person.shoot('request-all-set');
    await editor.done();
    assert.equal(
      (await editor.node(id)).trySample,
      '{\n  "payload": {}\n}',
      'the sample stays the webhook’s',
    );
  }

  async #setUpConnection(): Promise<void> {
    const { person, editor } = this;
    const dialog = await editor.editConfig('connection');
    const guide = new Guide(dialog);
    await person.shoot('connection');
    await guide.press('Start');
    await guide.stepIs('Authentication');
    await guide.press('Look');
    await guide.says(/answered 401 Unauthorized/);
    await person.shoot('connection-looked');
    await guide.press('Use: Basic (user name and password)');
    await this.#focusIn(dialog.locator('#node-config-input-username'));
    await person.type('ada');
    await person.press('Tab');
    await this.#focusIn(dialog.locator('#node-config-input-password'));
    await person.type(password);
    await person.shoot('connection-login');
    await guide.press('Next');
    await guide.stepIs('Test');
    await guide.press('Test');
    await guide.says(/200 OK/);
    await person.shoot('connection-tested');
    await guide.press('Next');
    await guide.isDone();
    await editor.doneConfig();
  }

  /** Into the URL by the mouse, into the body's fields by the keyboard. */
  async #pickData(dialog: Locator): Promise<void> {
    const { person } = this;
    const { page } = person;
    const row = (name: RegExp) => page.locator('.nrhc-picker').getByRole('treeitem', { name });
    const url = dialog.locator('#node-input-url');
    await url.click();
    await person.press('End');
    await dialog.getByRole('button', { name: 'Insert data (Ctrl+Space)' }).first().click();
    await person.shoot('picker');
    await row(/^issue object/)
      .locator('.nrhc-picker-fold')
      .click();
    await row(/^number /).click();
    assert.equal(await url.inputValue(), '/tickets/{{payload.issue.number}}');

    await dialog.getByRole('tab', { name: 'Body' }).click();
    await person.choose(dialog.getByText('Body', { exact: true }).last(), 'JSON f');
    const fields = dialog.locator('#nrhc-send-request-body');
    for (const [index, [name, search]] of [
      ['subject', 'title'],
      ['reporter', 'login'],
    ].entries()) {
      await fields.getByRole('button', { name: 'add' }).click();
      const cells = fields.locator('.nrhc-cells').nth(index);
      await person.type(name!, cells.locator('.nrhc-name'));
      await cells.locator('.red-ui-typedInput-input').click();
      await person.press('Control+Space');
      await person.type(search!);
      await person.shoot(`picker-${name}`);
      await person.press('Enter');
    }
  }

  async deploy(): Promise<void> {
    const { person, nodeRed } = this;
    await person.shoot('before-deploy');
    await nodeRed.deploying(() => person.page.locator('#red-ui-header-button-deploy').click());
    await person.page.locator('#red-ui-header-button-deploy.disabled').waitFor();
    await person.page.locator('.red-ui-deploy-button-spinner').waitFor({ state: 'hidden' });
    await person.shoot('deployed');
  }
}

describe('release/a new user', function () {
  this.timeout(limit);
  let packed: Packed;
  let registry: Registry;
  let browser: Browser;
  let desk: TestServer;

  before(async () => {
    packed = await pack();
    registry = await startRegistry(manifest, packed.tarball);
    browser = await launch();
  });
  beforeEach(async () => (desk = await startDesk()));
  afterEach(() => desk?.close());
  after(async () => {
    await browser?.close();
    await registry?.close();
    packed?.dispose();
  });

  for (const line of lines) {
    it(`comes from the palette to a verified webhook that sends what was picked, in Node-RED ${line}`, async () => {
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
      const story = new Story(line, nodeRed, editor, desk);
      const { person } = story;
      const began = Date.now();
      try {
        await story.install();
        const { id, url } = await story.setUpWebhook();
        assert.match(url, new RegExp(`^${nodeRed.url}/[\\w-]+/new-issue$`));
        await story.setUpRequest(id);
        const asked = desk.received.length;
        await story.deploy();

        assert.equal(await deliver(url, 17), 200);
        assert.equal(await deliver(url, 18, 'guessed'), 401);
        assert.equal(await deliver(url, 19), 200);
        const sent = () => desk.received.slice(asked).filter(({ method }) => method === 'PUT');
        await editor.until(() => Promise.resolve(sent().some(({ url }) => url === '/tickets/19')));
        const basic = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
        assert.deepEqual(
          sent().map(({ url, headers, body }) => [headers.authorization, url, body.toString()]),
          [17, 19].map((number) => [basic, ...sentFor(number)]),
        );
        await person.seesStatus(id, 'listening');
        await person.shoot('worked');
      } catch (error) {
        await person.shoot('failed');
        throw error;
      }
      const took = Date.now() - began;
      console.log(`      in ${(took / 1000).toFixed(1)} s`);
      assert.ok(took < limit, `${took} ms`);
      // names and credentials of the user's own, and words to search by: no path of the data
      assert.deepEqual(person.typed, [
        ...['http-connector', 'webhook-trigger', 'New issue', secret],
        ...['send-request', `${desk.url}/tickets/`, 'ada', password],
        ...['subject', 'title', 'reporter', 'login'],
      ]);
      assert.deepEqual(editor.troubles, []);
      await editor.close();
    });
  }
});
