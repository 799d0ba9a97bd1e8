import assert from 'node:assert/strict';
import { connection, ids, request, webhook, webhookPath } from './flow';
import { inEachEditor } from './session';

inEachEditor('editing', (session) => {
  describe('of send-request', () => {
    it('says what is wrong', async () => {
      await session.importFlow(connection(), request());
      const dialog = await session.editor.edit(ids.request);
      await dialog.locator('#node-input-url').fill('orders/{{payload.id');
      await session.editor.expectProblem('#node-input-url', /does not parse: Unclosed tag/);
      await dialog.getByLabel('Method', { exact: true }).selectOption('other');
      await dialog.locator('#node-input-method').fill('NOT A METHOD');
      await session.editor.expectProblem('#node-input-method', /is not a method/);
      await dialog.getByRole('tab', { name: 'Headers' }).click();
      await dialog.locator('.nrhc-name:visible').first().fill('not a header');
      await session.editor.expectText('.nrhc-cells .nrhc-problem', /cannot be the name of a header/);
      await dialog.getByRole('tab', { name: 'Body' }).click();
      await dialog.locator('#node-input-bodyKind').selectOption('json');
      await session.editor.type('#nrhc-send-request-body-editor', '{{#open}}');
      await session.editor.expectText('#node-input-body-problem', /does not parse: Unclosed section/);
      await dialog.getByRole('tab', { name: 'Response' }).click();
      await dialog.locator('#node-input-success').fill('all of them');
      await session.editor.expectProblem('#node-input-success', /separated by commas/);
      await dialog.locator('#node-input-success').fill('2xx, 304, 400-404');
      await session.editor.expectNoProblem('#node-input-success');
      await session.editor.done();
      const { valid, validationErrors } = await session.editor.node(ids.request);
      assert.equal(valid, false);
      assert.equal((validationErrors as string[]).length, 4, String(validationErrors));
    });

    it('saves what was entered, in the shape of config.ts, and shows it again', async () => {
      await session.importFlow(connection(), request());
      const dialog = await session.editor.edit(ids.request);
      await dialog.locator('#node-input-name').fill('Create an order');
      await dialog.getByLabel('Method', { exact: true }).selectOption('POST');
      await dialog.locator('#node-input-url').fill('orders/{{payload.shop}}');
      await dialog.getByRole('button', { name: 'add' }).first().click();
      await session.editor.page.keyboard.type('expand');
      await session.editor.page.keyboard.press('Tab');
      await session.editor.page.keyboard.press('Tab');
      await session.editor.page.keyboard.type('lines');
      await dialog.getByRole('tab', { name: 'Body' }).focus();
      await session.editor.page.keyboard.press('Enter');
      await dialog.locator('#node-input-bodyKind').selectOption('text');
      await dialog.locator('#node-input-contentType').fill('text/csv');
      await session.editor.type('#nrhc-send-request-body-editor', 'a,b');
      await dialog.getByRole('tab', { name: 'Response' }).click();
      await dialog.locator('#node-input-responseKind').selectOption('json');
      await dialog.getByRole('textbox', { name: 'Put into' }).fill('order');
      await dialog.locator('#node-input-success').fill('201');
      await session.editor.done();
      const expected = {
        configVersion: 1,
        name: 'Create an order',
        connection: ids.connection,
        method: 'POST',
        url: 'orders/{{payload.shop}}',
        query: [{ name: 'expand', value: 'lines', type: 'str' }],
        headers: [{ name: 'X-Trace', value: '_msgid', type: 'msg' }],
        bodyKind: 'text',
        body: 'a,b',
        form: [],
        contentType: 'text/csv',
        bodyProperty: 'payload',
        responseKind: 'json',
        responseProperty: 'order',
        success: '201',
      };
      assert.deepEqual(pick(await session.editor.node(ids.request), expected), expected);
      const again = await session.editor.edit(ids.request);
      assert.equal(await again.locator('#node-input-contentType').inputValue(), 'text/csv');
      assert.equal(await again.locator('.nrhc-name').first().inputValue(), 'expand');
      await session.editor.done();
      assert.deepEqual(pick(await session.editor.node(ids.request), expected), expected);
    });

    it('takes the method from the message, or any that is typed', async () => {
      await session.importFlow(connection(), request({ method: 'PROPFIND' }));
      const dialog = await session.editor.edit(ids.request);
      const method = dialog.getByLabel('Method', { exact: true });
      assert.equal(await method.inputValue(), 'other');
      await method.selectOption('msg');
      await session.editor.done();
      assert.equal((await session.editor.node(ids.request)).method, '');
      const again = await session.editor.edit(ids.request);
      assert.equal(await again.getByLabel('Method', { exact: true }).inputValue(), 'msg');
      await session.editor.cancel();
    });

    it('leaves the node alone on Cancel', async () => {
      await session.importFlow(connection(), request());
      const before = await session.editor.node(ids.request);
      const dialog = await session.editor.edit(ids.request);
      await dialog.locator('#node-input-url').fill('elsewhere');
      await dialog.getByRole('tab', { name: 'Headers' }).click();
      await dialog.getByRole('button', { name: 'Remove this row' }).first().click();
      await session.editor.cancel();
      assert.deepEqual(await session.editor.node(ids.request), before);
    });

    it('fills in what a flow written by hand leaves out', async () => {
      await session.importFlow(connection(), {
        id: ids.request,
        type: 'send-request',
        z: ids.tab,
        x: 300,
        y: 100,
        wires: [[]],
      });
      const dialog = await session.editor.edit(ids.request);
      assert.equal(await dialog.locator('#node-input-success').inputValue(), '2xx');
      await dialog.locator('#node-input-connection').selectOption(ids.connection);
      await session.editor.done();
      const node = await session.editor.node(ids.request);
      assert.deepEqual([node.configVersion, node.bodyKind, node.valid], [1, 'none', true]);
    });
  });

  describe('of http-connection', () => {
    it('says why credentials need a base URL or allowed hosts', async () => {
      await session.importFlow(connection({ baseUrl: '' }), request());
      await session.editor.edit(ids.request);
      const dialog = await session.editor.editConfig('connection');
      await dialog.getByRole('tab', { name: 'Authentication' }).click();
      await dialog.locator('#node-config-input-auth').selectOption('bearer');
      await dialog.locator('#node-config-input-token').fill('t0k3n');
      await dialog.getByRole('tab', { name: 'Service' }).click();
      await dialog.locator('#node-config-input-baseUrl').focus();
      await dialog.locator('#node-config-input-allowedHosts').focus();
      await session.editor.expectProblem(
        '#node-config-input-baseUrl',
        /needs a base URL or a list of allowed hosts/,
      );
      await dialog.locator('#node-config-input-allowedHosts').fill('api.example.com');
      await session.editor.expectNoProblem('#node-config-input-baseUrl');
      await dialog.locator('#node-config-input-allowedHosts').fill('https://api.example.com');
      await session.editor.expectProblem('#node-config-input-allowedHosts', /is not a host/);
      for (const [url, problem] of [
        ['ftp://example.com', /must start with http/],
        ['https://user:pw@example.com', /Do not put a user name/],
        ['https://example.com/?a=1', /no query/],
        ['example', /not a complete URL/],
        ['https://${HOST}/', /must be the whole value/],
      ] as const) {
        await dialog.locator('#node-config-input-baseUrl').fill(url);
        await session.editor.expectProblem('#node-config-input-baseUrl', problem);
      }
      await dialog.locator('#node-config-input-baseUrl').fill('${API_URL}');
      await session.editor.expectNoProblem('#node-config-input-baseUrl');
      await dialog.getByRole('tab', { name: 'Transport' }).click();
      await dialog.locator('#node-config-input-connectTimeout').fill('soon');
      await session.editor.expectProblem('#node-config-input-connectTimeout', /Enter a number from/);
      await dialog.locator('#node-config-input-connectTimeout').fill('2.5');
      await session.editor.doneConfig();
      await session.editor.cancel();
      const saved = await session.editor.node(ids.connection);
      assert.equal(saved.connectTimeout, 2.5);
      assert.equal(saved.totalTimeout, 120);
      assert.equal(saved.baseUrl, '${API_URL}');
    });

    it('keeps secrets row by row, and forgets those whose row is gone', async () => {
      await session.importFlow(connection({ auth: 'custom' }), request());
      await session.editor.edit(ids.request);
      let dialog = await session.editor.editConfig('connection');
      const authentication = () => dialog.getByRole('tab', { name: 'Authentication' }).click();
      await authentication();
      const row = (index: number) => dialog.locator('#nrhc-http-connection-secrets .nrhc-cells').nth(index);
      for (const [index, place, name] of [
        [0, 'header', 'X-API-Key'],
        [1, 'query', 'key'],
        [2, 'body', 'token'],
      ] as const) {
        await dialog.locator('.nrhc-tab:visible').getByRole('button', { name: 'add' }).click();
        await row(index).locator('select').selectOption(place);
        await row(index).locator('.nrhc-name').fill(name);
        await row(index).locator('input[type=password]').fill(`secret of ${name}`);
      }
      await session.editor.doneConfig();
      await session.editor.done();
      await session.deploy();
      const fields = [
        { in: 'header', name: 'X-API-Key', slot: 'secret1' },
        { in: 'query', name: 'key', slot: 'secret2' },
        { in: 'body', name: 'token', slot: 'secret3' },
      ];
      assert.deepEqual((await session.editor.node(ids.connection)).authFields, fields);

      await session.editor.edit(ids.request);
      dialog = await session.editor.editConfig('connection');
      await authentication();
      assert.equal(await row(1).locator('input[type=password]').inputValue(), '__PWRD__');
      await dialog.getByRole('button', { name: 'Remove this row' }).nth(1).click();
      await row(0).locator('input[type=password]').fill('another');
      await session.editor.doneConfig();
      await session.editor.cancel();
      await session.deploy();
      assert.deepEqual((await session.editor.node(ids.connection)).authFields, [fields[0], fields[2]]);
      assert.deepEqual(await stored(), ['has_secret1', 'has_secret3']);

      await session.editor.edit(ids.request);
      dialog = await session.editor.editConfig('connection');
      await authentication();
      await dialog.locator('#node-config-input-auth').selectOption('none');
      await session.editor.doneConfig();
      await session.editor.cancel();
      await session.deploy();
      assert.deepEqual((await session.editor.node(ids.connection)).authFields, []);
      assert.deepEqual(await stored(), []);
    });

    it('carries along a scheme that it does not know', async () => {
      await session.importFlow(connection({ auth: 'quantum', maxRedirects: 3, guard: true }), request());
      await session.editor.edit(ids.request);
      const dialog = await session.editor.editConfig('connection');
      await dialog.locator('#node-config-input-name').fill('Renamed');
      await session.editor.doneConfig();
      await session.editor.cancel();
      const expected = { name: 'Renamed', auth: 'quantum', maxRedirects: 3, guard: true };
      const node = await session.editor.node(ids.connection);
      assert.deepEqual(pick(node, expected), expected);
      assert.equal(node.valid, true, String(node.validationErrors));
    });

    /** The secrets that the runtime has. */
    async function stored(): Promise<string[]> {
      const answer = await fetch(`${session.nodeRed.adminUrl}/credentials/http-connection/${ids.connection}`);
      const known = (await answer.json()) as Record<string, unknown>;
      return Object.keys(known).filter((key) => known[key] === true);
    }
  });

  describe('of webhook-trigger', () => {
    it('gives a dropped node a URL that nobody can guess, named after the event', async () => {
      await session.importFlow();
      const id = await session.editor.drag('webhook-trigger', 400, 300);
      assert.match((await session.editor.node(id)).path as string, /^[\w-]{22}$/);
      const dialog = await session.editor.edit(id);
      await dialog.locator('#node-input-event').fill('Neue Bestellung: Größe L');
      const path = await dialog.locator('#node-input-path').inputValue();
      assert.match(path, /^[\w-]{22}\/neue-bestellung-gro-e-l$/);
      assert.equal(await dialog.locator('output').innerText(), `${session.nodeRed.url}/${path}`);
      await dialog.locator('#node-input-path').fill('hooks/:shop');
      await dialog.locator('#node-input-event').fill('Other');
      assert.equal(await dialog.locator('#node-input-path').inputValue(), 'hooks/:shop');
      await dialog.getByLabel('PUT').check();
      await dialog.getByRole('tab', { name: 'Verification' }).click();
      await dialog.locator('#node-input-verification').selectOption('secret-header');
      await dialog.locator('#node-input-secret').fill('s3cr3t');
      await dialog.getByRole('tab', { name: 'Answer' }).click();
      await dialog.locator('#node-input-answerStatus').fill('202');
      await session.editor.done();
      const expected = {
        configVersion: 1,
        name: '',
        event: 'Other',
        path: 'hooks/:shop',
        methods: ['POST', 'PUT'],
        payload: 'auto',
        rawBody: false,
        maxSize: 1024,
        verification: 'secret-header',
        secretHeader: 'X-Webhook-Secret',
        answerStatus: 202,
        answerHeaders: [],
        answerBody: '{"status":"ok"}',
      };
      const node = await session.editor.node(id);
      assert.deepEqual(pick(node, expected), expected);
      assert.equal(node.valid, true, String(node.validationErrors));
    });

    it('marks two nodes with one path and method, each naming the other', async () => {
      await session.importFlow(
        webhook({ name: 'First' }),
        webhook({ id: ids.second, name: 'Second', y: 260, path: 'free' }),
      );
      const dialog = await session.editor.edit(ids.second);
      await dialog.locator('#node-input-path').fill(`/${webhookPath().toUpperCase()}/`);
      await session.editor.expectProblem('#node-input-path', /"First" has the same path and method/);
      await session.editor.done();
      await session.editor.until(async () => (await session.editor.node(ids.webhook)).valid === false);
      assert.deepEqual((await session.editor.node(ids.webhook)).validationErrors, [
        'The webhook "Second" has the same path and method. Change one of them.',
      ]);
      const again = await session.editor.edit(ids.second);
      await again.getByLabel('POST').uncheck();
      await session.editor.expectText('#node-input-methods-problem', /at least one method/);
      await again.getByLabel('PUT').check();
      await session.editor.expectNoProblem('#node-input-path');
      await session.editor.done();
      await session.editor.until(async () => (await session.editor.node(ids.webhook)).valid === true);
    });
  });
});

/** The properties that are expected, of a node that has more. */
function pick(node: Record<string, unknown>, expected: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, node[key]]));
}
