/** The dialog of polling-trigger: its fields, what is wrong, Preview, and what a deployed node can be told. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { defaults } from '../../nodes/polling-trigger/config';
import { sendJson, startServer, type TestServer } from '../support/server';
import { connection, ids, poll } from './flow';
import { inEachEditor } from './session';

/** What is to be seen in a tab for a choice: property, option, labels. */
const shownFor = [
  ['Request', 'method', 'GET', ['Method', 'URL', 'Lists as', 'Read as', 'Success', 'Condition']],
  ['Request', 'bodyKind', 'graphql', ['Body', 'body', 'variables']],
  ['Request', 'bodyKind', 'form', ['Body', 'form']],
  ['Request', 'bodyKind', 'xml', ['Body', 'Content type', 'body']],
  ['What fires', 'keyKind', 'content', ['Known by', 'Only if', 'Order']],
  ['What fires', 'watch', 'snapshot', ['Fires for', 'Known by', 'Version', 'Only if']],
  ['What fires', 'watch', 'every', ['Order', 'Field', 'If changed']],
  ['What fires', 'watch', 'new', ['Order', 'Field', 'First run', 'If changed']],
  ['What fires', 'firstRun', 'last', ['First run', 'How many', 'If changed']],
  ['Schedule', 'schedule', 'cron', ['Schedule', 'Pattern', 'Time zone', 'Input']],
  ['Schedule', 'schedule', 'interval', ['Schedule', 'Every', 'Input']],
  ['Output', 'output', 'batch', ['Event', 'Messages', 'Batches of', 'At most']],
] as const;

inEachEditor('the dialog of a poll', (session) => {
  /** Node-RED 5 for everything, 4.1 for what may differ there. */
  const only5 = (title: string, test: () => Promise<void>) => session.line === '5' && it(title, test);
  let dialog: Locator;

  async function open(properties: Record<string, unknown> = {}): Promise<void> {
    await session.importFlow(connection(), poll(properties));
    dialog = await session.editor.edit(ids.poll);
  }

  const tab = (name: string) => dialog.getByRole('tab', { name, exact: true }).click();
  const field = (name: string) => dialog.locator(`[id="node-input-${name}"], [id="nrhc-${name}"]`);
  const button = (name: string) => dialog.getByRole('button', { name, exact: true });
  const saved = () => session.editor.node(ids.poll);

  /** Labels of the visible fields of a tab, and the properties of its visible editors and tables. */
  function fields(): Promise<string[]> {
    return dialog.locator('.nrhc-tab:visible').evaluate((pane) =>
      [...pane.querySelectorAll('.form-row > :is(label, .nrhc-label), [data-nrhc-part]')]
        .filter((node) => (node as HTMLElement).offsetParent !== null)
        .map((node) => node.getAttribute('data-nrhc-part') ?? (node as HTMLElement).innerText.trim())
        .filter((name) => !['query', 'headers'].includes(name)),
    );
  }

  only5('saves exactly what config.ts holds, also when nothing was entered', async () => {
    const bare = Object.fromEntries(Object.keys(poll()).map((name) => [name, undefined]));
    const { z, x, y, wires } = poll() as Record<string, unknown>;
    const place = { id: ids.poll, type: 'polling-trigger', z, x, y, wires };
    await session.importFlow(connection(), { ...bare, ...place, connection: ids.connection });
    dialog = await session.editor.edit(ids.poll);
    await field('name').fill('Plain');
    await session.editor.done();
    const { id, type, valid, validationErrors, ...rest } = await saved();
    assert.deepEqual([id, type, valid, validationErrors], [ids.poll, 'polling-trigger', true, []]);
    assert.deepEqual(rest, { ...defaults, name: 'Plain', connection: ids.connection, inputs: 0 });
  });

  only5('shows the fields of the choices that are made', async () => {
    await open({ method: 'POST' });
    for (const [name, property, option, expected] of shownFor) {
      await tab(name);
      if (property === 'bodyKind') await field('method').selectOption('POST');
      await field(property).selectOption(option);
      const shown = await fields();
      const from = shown.indexOf(expected[0]);
      assert.deepEqual(shown.slice(from, from + expected.length), expected, `${property} ${option}`);
    }
    await tab('What fires');
    assert.doesNotMatch((await fields()).join(), /Start|Look back/);
    await field('cursor').fill('updated_at');
    assert.match((await fields()).join(), /Field,Start,Look back/);
    await session.editor.cancel();
  });

  only5('saves what was entered, and its input follows the check box', async () => {
    await open();
    await field('method').selectOption('POST');
    await field('bodyKind').selectOption('json');
    await session.editor.type('#nrhc-polling-trigger-body', '{"since": "{{cursor}}"}');
    await tab('Records');
    await field('records').fill('rss.channel.item');
    await field('paging-kind').selectOption('offset');
    await field('paging-parameter').fill('skip');
    await tab('What fires');
    await field('watch').selectOption('updates');
    await field('key').fill('shop, order.id');
    await field('version').fill('revision');
    await field('condition').fill('payload.total > 10');
    await field('cursor').fill('updated_at');
    await field('lookback').fill('300');
    await field('firstRun').selectOption('since');
    await field('firstSince').fill('2026-01-31');
    await field('onChange').selectOption('first run');
    await tab('Schedule');
    await field('schedule').selectOption('cron');
    await field('cron').fill('*/15 8-17 * * MON-FRI');
    await field('zone').fill('Europe/Berlin');
    await field('control').check();
    await tab('Output');
    await field('output').selectOption('batch');
    await field('batchSize').fill('25');
    await field('perPoll').fill('200');
    await session.editor.done();
    const expected = {
      method: 'POST',
      bodyKind: 'json',
      body: '{"since": "{{cursor}}"}',
      query: [{ name: 'limit', value: '50', type: 'num' }],
      records: 'rss.channel.item',
      paging: { ...defaults.paging, kind: 'offset', parameter: 'skip', start: 0 },
      watch: 'updates',
      key: 'shop, order.id',
      version: 'revision',
      condition: 'payload.total > 10',
      cursor: 'updated_at',
      lookback: 300,
      firstRun: 'since',
      firstSince: '2026-01-31',
      onChange: 'first run',
      schedule: 'cron',
      cron: '*/15 8-17 * * MON-FRI',
      zone: 'Europe/Berlin',
      control: true,
      inputs: 1,
      output: 'batch',
      batchSize: 25,
      perPoll: 200,
      valid: true,
    };
    const node = await saved();
    assert.deepEqual(pick(node, expected), expected, String(node.validationErrors));
    assert.equal(await ports().count(), 1);
    dialog = await session.editor.edit(ids.poll);
    await tab('Schedule');
    await field('control').uncheck();
    await session.editor.done();
    assert.deepEqual(pick(await saved(), expected), { ...expected, control: false, inputs: 0 });
    assert.equal(await ports().count(), 0);
  });

  const ports = () => session.editor.page.locator(`[id="${ids.poll}"] .red-ui-flow-port-input`);

  only5('says what is wrong where it is used, and names the field', async () => {
    await open({ bodyKind: 'json', body: '{{#open}}' });
    const wrong: [string, string, string, RegExp][] = [
      ['Request', 'url', 'orders/{{cursor', /does not parse/],
      ['Request', 'success', 'all', /separated by commas/],
      ['Request', 'successCondition', 'payload.(', /Not valid JSONata/],
      ['Records', 'records', 'data..items', /property path/],
      ['What fires', 'key', 'id, a..b', /"a..b" is not a property path/],
      ['What fires', 'condition', '(', /Not valid JSONata/],
      ['What fires', 'cursor', 'a[b', /property path/],
      ['What fires', 'lookback', '-1', /number from 0/],
      ['What fires', 'firstSince', '2026-02-30', /no such date/],
      ['Schedule', 'interval', '0', /Enter a number from 1 to/],
      ['Output', 'perPoll', '1.5', /whole number from 0/],
    ];
    await tab('What fires');
    await field('firstRun').selectOption('since');
    for (const [name, property, value, problem] of wrong) {
      await tab(name);
      await field(property).fill(value);
      await session.editor.expectProblem(`#node-input-${property}`, problem);
    }
    await tab('What fires');
    await field('cursor').fill('');
    await session.editor.expectProblem('#node-input-firstSince', /Name the cursor’s field/);
    await field('keyKind').selectOption('jsonata');
    await field('key').fill('payload.(');
    await session.editor.expectProblem('#node-input-key', /Not valid JSONata/);
    await tab('Schedule');
    await field('schedule').selectOption('cron');
    await field('cron').fill('every hour');
    await session.editor.expectProblem('#node-input-cron', /five fields/);
    await field('zone').fill('Europe/Nowhere');
    await session.editor.expectProblem('#node-input-zone', /not a time zone/);
    await session.editor.done();
    const { valid, validationErrors } = await saved();
    assert.equal(valid, false);
    const said = String(validationErrors);
    for (const label of [
      'URL',
      'Success',
      'Condition',
      'Records',
      'Key',
      'Only if',
      'Since',
      'Pattern',
      'Time zone',
    ]) {
      assert.ok(said.includes(`${label}: `), `${label} in ${said}`);
    }
    // a GET has no body, and a cron pattern no interval
    assert.doesNotMatch(said, /Body|Every|Look back/);
  });

  describe('of a deployed node', () => {
    let server: TestServer;
    let records: { id: number; updated_at: string; html?: string }[];
    let asked: string[];

    const record = (id: number) => ({ id, updated_at: `2026-01-01T00:00:${String(id).padStart(2, '0')}Z` });
    const range = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => record(from + index));

    before(async () => {
      server = await startServer((incoming, response) => {
        asked.push(incoming.url);
        if (incoming.url.startsWith('/v1/none')) return sendJson(response, { error: '<i>gone</i>' }, 404);
        sendJson(response, { items: records });
      });
    });
    after(() => server.close());
    beforeEach(() => {
      records = range(1, 9);
      asked = [];
    });

    async function deploy(properties: Record<string, unknown> = {}): Promise<void> {
      await session.importFlow(
        connection({ baseUrl: `${server.url}/v1` }),
        poll({
          url: 'orders?since={{cursor}}',
          query: [],
          cursor: 'updated_at',
          interval: 1,
          intervalUnit: 'h',
          ...properties,
        }),
      );
      await session.deploy();
      await session.editor.status(ids.poll, /9 known/);
    }

    const result = () => dialog.locator('.nrhc-preview-result');

    it('previews what would fire and keeps a sample of it', async () => {
      await deploy();
      records = [...range(1, 12)].map((one) => ({ ...one, html: '<b>bold</b>' }));
      dialog = await session.editor.edit(ids.poll);
      await tab('Preview');
      await button('Preview').click();
      await result().locator('.nrhc-result-ok').waitFor();
      const shown = await result().innerText();
      assert.match(shown, /12 records found,\s*3 would fire/);
      assert.match(shown, /Asked from\s+2026-01-01T00:00:09Z|Asked from\s+2025-12-31T23:59:09Z/);
      assert.match(shown, /Cursor afterwards\s+2026-01-01T00:00:12Z/);
      assert.match(shown, /fires: created\s+10\s+2026/);
      assert.match(shown, /known\s+1\s+2026/);
      await result().locator('.nrhc-record > summary').first().focus();
      await session.editor.page.keyboard.press('Enter');
      await session.editor.expectText('.nrhc-record-tree', /<b>bold<\/b>/);
      await session.shoot('preview');
      await button('Use as output sample').click();
      await field('url').evaluate((input: HTMLInputElement) => (input.value = 'none'));
      await button('Preview').click();
      await result().locator('.nrhc-result-failed').waitFor();
      assert.match(await result().innerText(), /Failed\s*HTTP_404 · /);
      await field('url').evaluate((input: HTMLInputElement) => (input.value = 'orders?since={{cursor}}'));
      // nothing was moved: a poll finds the same three
      await tab('Schedule');
      await button('Poll now').click();
      await session.editor.expectText('.nrhc-now-last', /12 found, 3 fired/);
      await session.editor.done();
      const { payload, topic, event, parts } = JSON.parse((await saved()).outputSample as string) as {
        payload: object;
        topic: string;
        event: Record<string, unknown>;
        parts: object;
      };
      assert.deepEqual([payload, topic], [{ ...record(10), html: '<b>bold</b>' }, 'New order']);
      assert.deepEqual([event.type, event.change, event.key, event.attempt], ['poll', 'created', '10', 1]);
      assert.deepEqual(parts, { id: 'preview', type: 'array', count: 3, len: 1, index: 0 });
    });

    only5(
      'polls by the button of the node, pauses, resumes, rewinds and resets, which it asks first',
      async () => {
        await deploy();
        await session.editor.press(ids.poll);
        await session.editor.status(ids.poll, /unchanged/);
        await session.editor.settle();
        dialog = await session.editor.edit(ids.poll);
        await tab('Schedule');
        await session.editor.expectText('.nrhc-now-last', / · cursor 2026-01-01T00:00:09Z/);
        await button('Pause').click();
        await session.editor.expectText('.nrhc-now-state', /Paused/);
        await button('Resume').click();
        await session.editor.expectText('.nrhc-now-state', /Next poll/);
        await dialog.getByLabel('Rewind to').fill('2026-13-01');
        await button('Rewind').click();
        await session.editor.expectText('#nrhc-polling-trigger-rewind-problem', /no such date/);
        await dialog.getByLabel('Rewind to').fill('2026-01-01T00:00:05Z');
        await session.editor.page.keyboard.press('Enter');
        await session.editor.expectText('.nrhc-now-last', /9 found, 5 fired/);
        await button('Reset …').click();
        await session.editor.expectText('.nrhc-now-question', /next poll takes stock/);
        await session.editor.page.keyboard.press('Escape');
        assert.equal(await dialog.locator('.nrhc-now-confirm').isVisible(), false);
        const before = asked.length;
        await button('Reset …').click();
        await session.editor.page.keyboard.press('Enter');
        await session.editor.expectText('.nrhc-now-last', /9 found, 0 fired/);
        assert.equal(asked[before], '/v1/orders?since=');
        await session.editor.cancel();
      },
    );
  });
});

/** The properties that are expected, of a node that has more. */
function pick(node: Record<string, unknown>, expected: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, node[key]]));
}
