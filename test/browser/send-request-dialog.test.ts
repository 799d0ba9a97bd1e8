/** The dialog of send-request: bodies, pages, outputs, what is wrong, Try it, cURL import. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Locator } from 'playwright-core';
import { bodyKinds, defaults, type BodyKind } from '../../nodes/send-request/config';
import { sendJson, startServer, type TestServer } from '../support/server';
import { connection, ids, request } from './flow';
import { inEachEditor } from './session';

/** The labels and the editors or tables that a person sees for each kind of body. */
const bodyFields: Record<BodyKind, string[]> = {
  none: [],
  payload: [],
  fields: ['form'],
  json: ['body'],
  jsonata: ['body'],
  graphql: ['body', 'variables'],
  form: ['form', 'Lists as'],
  multipart: ['parts'],
  xml: ['Content type', 'body'],
  text: ['Content type', 'body'],
  binary: ['From', 'Content type'],
  file: ['File', 'Content type'],
};

const stop = ['Most pages', 'Most records', 'Longest', 'Messages', 'Records'];
const pageFields = {
  '': [],
  'link-header': stop,
  'next-url': ['Next URL', ...stop],
  cursor: ['Cursor is in', 'Cursor', 'Sent in', 'Named', 'Has more', ...stop],
  'page-number': ['Sent in', 'Named', 'First page', 'Page size', 'Has more', 'Pages in all', ...stop],
  offset: ['Sent in', 'Named', 'First offset', 'Page size', 'Has more', 'Records in all', ...stop],
};

inEachEditor('the dialog of a request', (session) => {
  /** Node-RED 5 for everything, 4.1 for what may differ there. */
  const only5 = (title: string, test: () => Promise<void>) => session.line === '5' && it(title, test);
  let dialog: Locator;

  async function open(properties: object = {}, ...others: object[]): Promise<void> {
    await session.importFlow(connection(), request(properties as Record<string, unknown>), ...others);
    dialog = await session.editor.edit(ids.request);
  }

  const tab = (name: string) => dialog.getByRole('tab', { name, exact: true }).click();
  const field = (name: string) => dialog.locator(`[id="node-input-${name}"], [id="nrhc-${name}"]`);
  const pane = () => dialog.locator('.nrhc-tab:visible');
  const saved = () => session.editor.node(ids.request);

  /** Labels of the visible fields, and the properties of visible editors and tables. */
  async function fields(): Promise<string[]> {
    return pane().evaluate((element) =>
      [...element.querySelectorAll('.form-row > :is(label, .nrhc-label), [data-nrhc-part]')]
        .filter((node) => (node as HTMLElement).offsetParent !== null)
        .map((node) => node.getAttribute('data-nrhc-part') ?? (node as HTMLElement).innerText.trim())
        .filter((name) => !['bodyProperty', 'overrides', 'Body', 'Next page'].includes(name)),
    );
  }

  /** The code editors' text, whichever kind of editor it is. */
  const code = (id: string) => dialog.locator(`#nrhc-send-request-${id}-editor .view-lines`);

  it('shows the fields of each body, and saves exactly what config.ts holds', async () => {
    await session.importFlow(connection(), { ...request(), ...bare() });
    dialog = await session.editor.edit(ids.request);
    await tab('Body');
    for (const kind of [...bodyKinds].reverse()) {
      await field('bodyKind').selectOption(kind);
      assert.deepEqual(await fields(), bodyFields[kind], kind);
    }
    await field('name').fill('Plain');
    await session.editor.done();
    const { id, type, valid, validationErrors, ...rest } = await saved();
    assert.deepEqual([id, type, valid, validationErrors], [ids.request, 'send-request', true, []]);
    assert.deepEqual(rest, { ...defaults, name: 'Plain', connection: ids.connection, outputs: 1 });
  });

  only5('keeps what each body holds', async () => {
    await open();
    await tab('Body');
    await field('bodyKind').selectOption('file');
    await field('bodyFile').fill('/data/{{payload.name}}');
    await field('contentType').fill('application/zip');
    await field('bodyKind').selectOption('fields');
    await pane().getByRole('button', { name: 'add' }).click();
    await pane().locator('.nrhc-name').fill('customer.name');
    await pane().getByRole('textbox', { name: 'Value' }).fill('{{payload.name}}');
    await field('bodyKind').selectOption('multipart');
    for (const [index, kind] of ['field', 'path'].entries()) {
      await pane().getByRole('button', { name: 'add' }).click();
      const row = dialog.locator('#nrhc-send-request-parts .nrhc-cells').nth(index);
      await row.locator('.nrhc-name').fill(`part${index}`);
      await row.locator('.nrhc-part-kind').selectOption(kind);
      await row.getByRole('textbox', { name: 'Value' }).fill('/tmp/{{topic}}');
      await row.locator('.nrhc-part-type').fill('text/csv');
    }
    await pane().locator('.nrhc-part-filename:visible').fill('{{topic}}.csv');
    await field('bodyKind').selectOption('graphql');
    await session.editor.type(
      '#nrhc-send-request-body-editor',
      'query ($id: ID!) { order(id: $id) { total } }',
    );
    await session.editor.type('#nrhc-send-request-variables-editor', '{"id": {{payload.id}}}');
    await tab('Query');
    await field('arrays').selectOption('brackets');
    const part = { value: '/tmp/{{topic}}', type: 'str', contentType: 'text/csv' };
    const expected = {
      ...(await saved()),
      bodyKind: 'graphql',
      body: 'query ($id: ID!) { order(id: $id) { total } }',
      variables: '{"id": {{payload.id}}}',
      form: [{ name: 'customer.name', value: '{{payload.name}}', type: 'str' }],
      parts: [
        { name: 'part0', kind: 'field', filename: '', ...part },
        { name: 'part1', kind: 'path', filename: '{{topic}}.csv', ...part },
      ],
      bodyFile: '/data/{{payload.name}}',
      contentType: 'application/zip',
      arrays: 'brackets',
    };
    await session.editor.done();
    const shape = pick(await saved(), expected);
    assert.deepEqual(pick(shape, bodyValues), pick(expected, bodyValues));
    dialog = await session.editor.edit(ids.request);
    await tab('Body');
    assert.equal(await field('bodyKind').inputValue(), 'graphql');
    assert.match(await code('body').innerText(), /order/);
    await field('bodyKind').selectOption('form');
    assert.equal(await dialog.locator('#nrhc-send-request-form-arrays').inputValue(), 'brackets');
    await field('bodyKind').selectOption('multipart');
    assert.equal(await pane().locator('.nrhc-part-filename').nth(1).inputValue(), '{{topic}}.csv');
    await field('bodyKind').selectOption('graphql');
    await session.editor.done();
    assert.deepEqual(await saved(), shape);
  });

  only5('shows the fields of each way to page, and keeps what they hold', async () => {
    await open();
    await tab('Pages');
    for (const [kind, labels] of Object.entries(pageFields)) {
      await field('paging-kind').selectOption(kind);
      assert.deepEqual(await fields(), labels, kind);
    }
    assert.equal(await field('paging-start').inputValue(), '0');
    await field('paging-parameter').fill('$skip');
    await field('paging-size').fill('50');
    await field('paging-sizeParameter').fill('$top');
    await field('paging-total').fill('@odata.count');
    await field('paging-maxPages').fill('${PAGES}');
    await field('paging-output').selectOption('record');
    await field('paging-records').fill('value');
    await tab('Options');
    await dialog.getByLabel('headers', { exact: true }).check();
    await dialog.getByLabel('timeout', { exact: true }).check();
    await field('longJob').check();
    await field('longJobTimeout').fill('60');
    await field('rules-own').check();
    await field('rules-totalTimeout').fill('0.5');
    await session.editor.done();
    const expected = {
      overrides: ['headers', 'timeout'],
      longJob: true,
      longJobTimeout: 60,
      rules: { ...defaults.rules, own: true, totalTimeout: 0.5 },
      paging: {
        ...defaults.paging,
        kind: 'offset',
        parameter: '$skip',
        start: 0,
        size: 50,
        sizeParameter: '$top',
        total: '@odata.count',
        maxPages: '${PAGES}',
        output: 'record',
        records: 'value',
      },
      valid: true,
    };
    assert.deepEqual(pick(await saved(), expected), expected);
    dialog = await session.editor.edit(ids.request);
    await session.editor.done();
    assert.deepEqual(pick(await saved(), expected), expected);
  });

  only5('has a second output for failures, and keeps the wires', async () => {
    const wires = () =>
      session.editor.page.evaluate((id) => {
        const { RED } = window as unknown as {
          RED: { nodes: { filterLinks(filter: object): { sourcePort: number }[]; node(id: string): object } };
        };
        return RED.nodes.filterLinks({ source: RED.nodes.node(id) }).map(({ sourcePort }) => sourcePort);
      }, ids.request);
    const debug = { type: 'debug', z: ids.tab, x: 400, wires: [] };
    await open(
      { outputs: 2, failures: 'output', wires: [[ids.second], [ids.poll]] },
      { ...debug, id: ids.second, y: 80 },
      { ...debug, id: ids.poll, y: 140 },
    );
    await tab('Response');
    await field('ordered').check();
    await session.editor.done();
    assert.equal((await saved()).outputs, 2);
    assert.deepEqual(await wires(), [0, 1]);
    const ports = session.editor.page.locator(`[id="${ids.request}"] .red-ui-flow-port-output`);
    assert.equal(await ports.count(), 2);
    dialog = await session.editor.edit(ids.request);
    await tab('Response');
    await field('failures').selectOption('catch');
    await session.editor.done();
    const { outputs, failures, ordered } = await saved();
    assert.deepEqual([outputs, failures, ordered], [1, 'catch', true]);
    assert.deepEqual(await wires(), [0]);
    assert.equal(await ports.count(), 1);
  });

  only5('says what the runtime would refuse', async () => {
    await open();
    await tab('Query');
    await pane().getByRole('button', { name: 'add' }).click();
    await pane().locator('.nrhc-name').fill('limit');
    await pane().locator('.red-ui-typedInput-type-select').click();
    await session.editor.page.locator('.red-ui-typedInput-options:visible a', { hasText: 'number' }).click();
    await pane().getByRole('textbox', { name: 'Value' }).fill('many');
    await session.editor.expectText('.nrhc-cells .nrhc-problem', /Invalid number/);
    await tab('Body');
    await field('bodyKind').selectOption('json');
    await session.editor.type('#nrhc-send-request-body-editor', '{"n": {{payload.n}},, "s": "{{topic}}"}');
    await session.editor.expectText('#node-input-body-problem', /does not give JSON/);
    await field('bodyKind').selectOption('jsonata');
    await session.editor.expectText('#node-input-body-problem', /Not valid JSONata/);
    await session.editor.type('#nrhc-send-request-body-editor', '{"n": payload.n}');
    await session.editor.expectNoProblem('#nrhc-send-request-body-editor');
    await field('bodyKind').selectOption('file');
    await session.editor.expectNoProblem('#node-input-bodyFile');
    await field('contentType').fill('zip');
    await session.editor.expectProblem('#node-input-contentType', /media type/);
    await tab('Response');
    await field('successCondition').fill('payload.(');
    await session.editor.expectProblem('#node-input-successCondition', /Not valid JSONata/);
    await tab('Pages');
    await field('paging-kind').selectOption('page-number');
    await field('paging-parameter').focus();
    await field('paging-start').fill('-1');
    await session.editor.expectProblem('#nrhc-paging-parameter', /name of the parameter is missing/);
    await session.editor.expectProblem('#nrhc-paging-start', /whole number from 0/);
    await field('paging-records').fill('data..items');
    await session.editor.expectProblem('#nrhc-paging-records', /property path/);
    await tab('Options');
    await field('rules-own').check();
    await field('rules-retryStatuses').fill('often');
    await session.editor.expectProblem('#nrhc-rules-retryStatuses', /separated by commas/);
    await session.editor.done();
    const { valid, validationErrors } = await saved();
    assert.equal(valid, false);
    const said = String(validationErrors);
    for (const reason of [
      /Query: limit: Invalid number/,
      /File: Enter the path/,
      /Content type: /,
      /Condition: /,
      /Pages: Named: /,
      /Options: Repeat on: /,
    ]) {
      assert.match(said, reason);
    }
    assert.doesNotMatch(said, /Body/);
  });

  describe('Try it', () => {
    let server: TestServer;
    let hanging: Promise<unknown>;

    before(async () => {
      server = await startServer((incoming, response) => {
        if (incoming.url === '/v1/slow') {
          hanging = once(response, 'close');
          return;
        }
        if (incoming.url === '/v1/none') return sendJson(response, { error: '<i>gone</i>' }, 404);
        sendJson(response, { html: '<b>bold</b>', token: incoming.headers.authorization, list: [1, 2] });
      });
    });
    after(() => server.close());

    const result = () => dialog.locator('.nrhc-try-result');

    async function send(): Promise<string> {
      await dialog.getByRole('button', { name: 'Send' }).click();
      await result().locator('.nrhc-result-ok, .nrhc-result-failed').waitFor();
      return result().innerText();
    }

    it('sends what stands in the dialog before the first deploy, and keeps the answer as a sample', async () => {
      await session.importFlow(
        {
          ...connection({ baseUrl: `${server.url}/v1`, auth: 'bearer' }),
          credentials: { token: 's3cr3t-t0k3n', has_token: true },
        },
        request({
          connection: '',
          url: 'orders',
          method: 'POST',
          bodyKind: 'json',
          body: '{"n": {{payload.n}}}',
        }),
      );
      dialog = await session.editor.edit(ids.request);
      await tab('Try it');
      const button = dialog.getByRole('button', { name: 'Send' });
      assert.equal(await button.isDisabled(), true);
      await session.editor.expectText('.nrhc-try-reason', /Choose a connection/);
      await field('connection').selectOption(ids.connection);
      await session.editor.type('#nrhc-send-request-try-editor', '{"payload": {"n": 7}}');
      await button.and(session.editor.page.locator(':enabled')).waitFor();
      const shown = await send();
      assert.match(shown, /Works\s*200 OK/);
      assert.match(shown, /POST http:\S+\/v1\/orders/);
      assert.match(shown, /"n": ?7/);
      assert.match(shown, /html[^]*<b>bold<\/b>/);
      assert.doesNotMatch(shown, /s3cr3t/);
      await session.shoot('try-it');
      await dialog.getByRole('button', { name: 'Use as output sample' }).click();
      await session.editor.done();
      const { trySample, outputSample, valid } = await saved();
      assert.deepEqual(JSON.parse(trySample as string), { payload: { n: 7 } });
      const sample = JSON.parse(outputSample as string) as {
        statusCode: number;
        payload: { list: number[] };
      };
      assert.deepEqual([sample.statusCode, sample.payload.list], [200, [1, 2]]);
      assert.equal(valid, true);
    });

    only5('says what failed with its code, and ends with the dialog', async () => {
      await session.importFlow(connection({ baseUrl: `${server.url}/v1` }), request({ url: 'none' }));
      dialog = await session.editor.edit(ids.request);
      await tab('Try it');
      assert.match(await send(), /Failed\s*HTTP_404[^]*GET http:\S+\/v1\/none/);
      await field('url').fill('slow');
      await dialog.getByRole('button', { name: 'Send' }).click();
      await session.editor.until(() => Promise.resolve(hanging !== undefined));
      await session.editor.cancel();
      await hanging;
    });
  });

  describe('cURL import', () => {
    const command = (origin: string) => `curl -X PUT '${origin}/v2/orders/7?expand=lines' \\
      -H 'Authorization: Bearer t0k3n-of-curl' -H 'X-Trace: 1' \\
      --json '{"a": "<b>"}'`;

    async function paste(text: string): Promise<void> {
      await dialog.getByRole('button', { name: 'cURL', exact: true }).click();
      await dialog.getByRole('textbox', { name: 'cURL command' }).fill(text);
      await dialog.getByRole('button', { name: 'Import', exact: true }).click();
      await dialog.locator('.nrhc-curl-result.nrhc-result-ok').waitFor();
    }

    it('fills the fields and makes a connection that holds the secret', async () => {
      await open();
      await paste(command('https://api.example.com'));
      await session.editor.expectText('.nrhc-curl-offer', /api\.example\.com and holds credentials/);
      assert.doesNotMatch(await session.editor.page.content(), /t0k3n-of-curl/);
      await session.shoot('curl-import');
      await dialog.getByRole('button', { name: 'Make a connection' }).click();
      await session.editor.done();
      const { method, url, query, headers, bodyKind, body, connection: made } = await saved();
      assert.deepEqual([method, url, bodyKind, body], ['PUT', '/v2/orders/7', 'json', '{"a": "<b>"}']);
      assert.deepEqual(query, [{ name: 'expand', value: 'lines', type: 'str' }]);
      assert.ok((headers as { name: string }[]).some(({ name }) => name === 'X-Trace'));
      const node = await session.editor.node(made as string);
      assert.deepEqual(
        [node.baseUrl, node.auth, node.valid],
        ['https://api.example.com', 'bearer', true],
        String(node.validationErrors),
      );
      await session.deploy();
      const answer = await fetch(`${session.nodeRed.adminUrl}/credentials/http-connection/${made as string}`);
      assert.equal(((await answer.json()) as { has_token: boolean }).has_token, true);
    });

    only5('keeps a connection that covers the command; another one can be undone', async () => {
      await open();
      await paste(command('http://127.0.0.1:9').replace('/v2/', '/v1/'));
      await session.editor.expectText('.nrhc-curl-offer', /“Shop” stays/);
      assert.equal(await field('url').inputValue(), '/orders/7');
      await dialog.getByRole('button', { name: 'cURL', exact: true }).click();
      await dialog.getByRole('textbox', { name: 'cURL command' }).fill('wget https://example.com');
      await session.editor.page.keyboard.press('Control+Enter');
      await session.editor.expectText('.nrhc-curl .nrhc-problem', /no cURL command/);
      await session.editor.page.keyboard.press('Escape');
      await paste(command('https://undo.example.com'));
      await dialog.getByRole('button', { name: 'Make a connection' }).click();
      assert.notEqual(await field('connection').inputValue(), ids.connection);
      await session.editor.cancel();
      assert.equal((await saved()).connection, ids.connection);
      const others = () =>
        session.editor.page.evaluate(() => {
          const { RED } = window as unknown as {
            RED: { nodes: { eachConfig(visit: (node: { baseUrl?: string }) => void): void } };
          };
          let count = 0;
          RED.nodes.eachConfig(
            ({ baseUrl }) => void (count += Number(baseUrl === 'https://undo.example.com')),
          );
          return count;
        });
      assert.equal(await others(), 1);
      await session.editor.page.evaluate(() => {
        (window as unknown as { RED: { actions: { invoke(name: string): void } } }).RED.actions.invoke(
          'core:undo',
        );
      });
      assert.equal(await others(), 0);
    });
  });
});

const bodyValues = {
  bodyKind: 0,
  body: 0,
  variables: 0,
  form: 0,
  parts: 0,
  bodyFile: 0,
  contentType: 0,
  arrays: 0,
};

/** A node as it is written by hand. */
function bare(): object {
  const names = Object.keys(request()).filter(
    (name) => !['id', 'type', 'z', 'x', 'y', 'wires'].includes(name),
  );
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), connection: ids.connection };
}

/** The properties that are expected, of a node that has more. */
function pick(node: Record<string, unknown>, expected: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, node[key]]));
}
