/** The dialog of webhook-trigger: its fields, what is wrong, the services, secrets, dead letters, and Listen. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { defaults } from '../../nodes/webhook-trigger/config';
import { presets } from '../../src/webhook/verification/presets';
import { ids, webhook, webhookPath } from './flow';
import { inEachEditor } from './session';

const senders = 'Only from,Handshake';

/** The labels that are to be seen in the tab *Verification* for each way. */
const shownFor = {
  none: senders,
  preset: `Service,Secret,${senders}`,
  'secret-header': `Header,Secret,${senders}`,
  'query-token': `Parameter,Token,${senders}`,
  'body-token': `Path,Token,${senders}`,
  basic: `User,Password,${senders}`,
  signature: `Secret,Signed text,Algorithm,Encoding,Written as,Header,Separator,Prefix,Stands in,Example,${senders}`,
  jwt: `Secret,Keys,Written as,Algorithms,Header,Issuers,Audiences,Required claims,Tolerance,${senders}`,
  'message-signature': `Secret,Algorithm,Written as,Key id,Must cover,Tolerance,Tag,${senders}`,
  'aws-sns': `Topic ARN,${senders}`,
};

inEachEditor('the dialog of a webhook', (session) => {
  /** Node-RED 5 for everything, 4.1 for what may differ there. */
  const only5 = (title: string, test: () => Promise<void>) => session.line === '5' && it(title, test);
  let dialog: Locator;

  async function open(properties: Record<string, unknown> = {}): Promise<void> {
    await session.importFlow(webhook(properties));
    dialog = await session.editor.edit(ids.webhook);
  }

  const tab = (name: string) => dialog.getByRole('tab', { name, exact: true }).click();
  const field = (name: string) => dialog.locator(`[id="node-input-${name}"], [id="nrhc-${name}"]`);
  const button = (name: string) => dialog.getByRole('button', { name, exact: true });
  const saved = () => session.editor.node(ids.webhook);

  /** Labels of what is to be seen in the open tab. */
  async function labels(): Promise<string> {
    const found = await dialog
      .locator('.nrhc-tab:visible')
      .evaluate((pane) =>
        [...pane.querySelectorAll('.form-row > :is(label:not(.nrhc-check), .nrhc-label)')]
          .filter((node) => (node as HTMLElement).offsetParent !== null)
          .map((node) => (node as HTMLElement).innerText.trim()),
      );
    return found.join();
  }

  /** Chooses a service by typing a part of its name. */
  async function chooseService(words: string): Promise<void> {
    await dialog.getByRole('combobox', { name: 'Service' }).fill(words);
    await session.editor.page.keyboard.press('Enter');
  }

  /** The secrets that the runtime has. */
  async function stored(): Promise<string[]> {
    const answer = await fetch(`${session.nodeRed.adminUrl}/credentials/webhook-trigger/${ids.webhook}`);
    const known = (await answer.json()) as Record<string, unknown>;
    return Object.keys(known).filter((key) => known[key] === true);
  }

  only5('saves exactly what config.ts holds, also when nothing was entered', async () => {
    const { id, type, z, x, y, wires } = webhook() as Record<string, unknown>;
    await session.importFlow({ id, type, z, x, y, wires, path: webhookPath() });
    dialog = await session.editor.edit(ids.webhook);
    await field('name').fill('Plain');
    await session.editor.done();
    const { valid, validationErrors, ...rest } = await saved();
    assert.deepEqual([valid, validationErrors], [true, []]);
    assert.deepEqual(rest, {
      ...{ id, type, ...defaults, name: 'Plain', path: webhookPath() },
    });
  });

  only5('shows the fields of each choice', async () => {
    await open({ answer: 'flow', acknowledge: 'done', rateLimit: 5, split: true, repeatBy: 'path' });
    await tab('Verification');
    for (const [kind, expected] of Object.entries(shownFor)) {
      await field('verification').selectOption(kind);
      assert.equal(await labels(), `Verification,${expected}`, kind);
    }
    await field('verification').selectOption('signature');
    await field('signature-text').fill('{id}.{timestamp}.{url}.{body}');
    await field('signature-timestampFrom').selectOption('entry');
    assert.match(await labels(), /Prefix,Id header,Stands in,In front of it,Unit,Tolerance,Written,Example/);
    await field('handshake').selectOption('hmac-query');
    assert.match(await labels(), /Handshake,Name or path,Answer field,Algorithm,Encoding,Prefix$/);
    await field('handshake').selectOption('meta');
    assert.match(await labels(), /Handshake,Verify token$/);
    await tab('Payload');
    assert.equal(await labels(), 'Payload,Files,Largest body,Raw bytes,Split,List,Only if,Expression');
    await field('files').selectOption('file');
    await field('conditionBy').selectOption('rules');
    assert.equal(await labels(), 'Payload,Files,Folder,Largest body,Raw bytes,Split,List,Only if,Must hold');
    await field('payload').selectOption('cloudevents');
    await field('conditionBy').selectOption('jsonata');
    assert.equal(await labels(), 'Payload,Largest body,Raw bytes,Only if,Expression');
    await tab('Delivery');
    assert.doesNotMatch(await labels(), /Known by/);
    await tab('Payload');
    await field('payload').selectOption('auto');
    await tab('Answer');
    assert.equal(await labels(), 'Answer,Deadline,Fallback status,Fallback body,Status,Body,Headers');
    await field('answer').selectOption('at-once');
    assert.equal(await labels(), 'Answer,Status,Body,Headers');
    await tab('Delivery');
    const done = 'At once,Deadline,Then the event,Attempts,First wait,Longest wait';
    const limits = 'Most waiting,Most in size,Time for a body';
    const repeats = 'Known by,Path,Remembered';
    assert.equal(await labels(), `Durable,Acknowledged,${done},${repeats},Rate,Burst,${limits}`);
    await session.editor.expectText('.nrhc-letters-state', /once the node is deployed/);
    await field('acknowledge').selectOption('handover');
    await field('rateLimit').fill('0');
    await field('repeatBy').selectOption('none');
    assert.equal(await labels(), `Durable,Acknowledged,Known by,Rate,${limits}`);
    await session.editor.cancel();
  });

  only5('finds a service by its name, and says what is known of it', async () => {
    await open();
    await tab('Verification');
    await field('verification').selectOption('preset');
    const combobox = dialog.getByRole('combobox', { name: 'Service' });
    await combobox.click();
    assert.equal(await dialog.locator('.nrhc-search [role=option]').count(), Object.keys(presets).length);
    await combobox.fill('no such');
    await session.editor.expectText('.nrhc-search', /No service of that name/);
    await session.editor.page.keyboard.press('Escape');
    assert.equal(await dialog.isVisible(), true);
    await session.editor.page.keyboard.press('Tab');
    await session.editor.expectProblem('#node-input-preset', /Choose the service/);
    await field('secret').fill('k3y');
    await chooseService('meta what');
    assert.equal(await combobox.inputValue(), presets.meta.label);
    await session.editor.expectNoProblem('#node-input-preset');
    await session.editor.expectText('.nrhc-secret-hint', /app secret/);
    await session.editor.expectText('.nrhc-handshake-hint', /Meta: verify token and challenge/);
    assert.equal(await field('verifyToken').isVisible(), true);
    await combobox.fill('stripe');
    await dialog.getByRole('option', { name: 'Stripe' }).click();
    assert.equal(await field('verifyToken').isVisible(), false);
    const link = dialog.locator('.nrhc-preset-hint a');
    assert.equal(await link.getAttribute('href'), `https://${presets.stripe.source}`);
    await session.editor.expectText('.nrhc-preset-hint', /known by id of the body/);
    await session.editor.expectText('.nrhc-example-signed', /^1790000000\.\{"n":42\}$/);
    await chooseService('square');
    await session.editor.expectText('.nrhc-public-url-needed', /covers the URL/);
    await tab('URL & methods');
    await field('publicUrl').fill('https://shop.example');
    assert.equal(await dialog.locator('output').innerText(), `https://shop.example/${webhookPath()}`);
    await tab('Verification');
    assert.equal(await dialog.locator('.nrhc-public-url-needed').isVisible(), false);
    await session.editor.expectText('.nrhc-example-signed', /^https:\/\/shop\.example\/hooks/);
    await session.editor.done();
    const { preset, publicUrl, valid } = await saved();
    assert.deepEqual([preset, publicUrl, valid], ['square', 'https://shop.example', true]);
  });

  only5('says what is wrong', async () => {
    await open({ verification: 'signature', repeatBy: 'header', repeatName: 'X-Id', allowedIps: '::1' });
    const { expectNoProblem, expectProblem } = bound();
    const cases: [string, [string, string, RegExp, string][]][] = [
      [
        'URL & methods',
        [
          ['path', 'a/:b-c', /not a path parameter/, 'a/:b'],
          ['publicUrl', 'example.com', /an address like https/, 'https://example.com/x'],
        ],
      ],
      [
        'Verification',
        [
          ['signature-text', '{timestamp}{body}', /say in which header it stands/, '{body}'],
          ['signature-text', '{id}{body}', /name the header that the id stands in/, '{method}{body}'],
          ['signature-text', '{nothing}', /There is no \{nothing\}/, '{header:X-A}{body}'],
          ['signature-header', 'not one', /cannot be the name of a header/, 'X-Sig'],
          ['allowedIps', '10.0.0.0/33 ::1', /"10.0.0.0\/33" is not an address/, '10.0.0.0/8, 2001:db8::/32'],
          ['trustedProxies', 'proxy', /"proxy" is not an address/, '${PROXIES}'],
        ],
      ],
      [
        'Payload',
        [
          ['maxSize', '0', /Enter a number from 0.001/, '512'],
          ['condition', 'payload.(', /Not valid JSONata/, 'payload.a > 1'],
        ],
      ],
      ['Answer', [['answerStatus', '99', /whole number from 200 to 599/, '202']]],
      [
        'Delivery',
        [
          ['repeatName', 'not one', /cannot be the name of a header/, 'X-Event'],
          ['inboxCount', '0', /whole number from 1/, '${WAITING}'],
          ['rateLimit', 'many', /Enter a number from 0/, '10'],
        ],
      ],
    ];
    for (const [name, fields] of cases) {
      await tab(name);
      for (const [id, wrong, reason, right] of fields) {
        await field(id).fill(wrong);
        await expectProblem(id, reason);
        await field(id).fill(right);
        await expectNoProblem(id);
      }
    }
    await tab('Verification');
    await field('verification').selectOption('jwt');
    await field('jwt-keysFrom').selectOption('jwks');
    await expectProblem('jwt-algorithms', /one or more of RS256/);
    await field('jwt-algorithms').fill('RS256, ES256');
    await expectNoProblem('jwt-algorithms');
    await field('jwt-jwksUrl').fill('keys');
    await expectProblem('jwt-jwksUrl', /complete URL/);
    await field('jwt-jwksUrl').fill('https://example.com/jwks');
    await field('verification').selectOption('message-signature');
    await field('messageSignature-required').fill('@status');
    await expectProblem('messageSignature-required', /is no component/);
    await field('secret').focus();
    await field('messageSignature-keyId').focus();
    await expectProblem('secret', /The secret is missing/);
    await session.editor.done();
    const { valid, validationErrors } = await saved();
    assert.equal(valid, false);
    assert.match(String(validationErrors), /Must cover: "@status" is no component/);
  });

  /** Fields by the name that they have in their group, or in the node. */
  function bound() {
    const idOf = async (name: string) => `#${await field(name).getAttribute('id')}`;
    return {
      expectProblem: async (name: string, reason: RegExp) =>
        session.editor.expectProblem(await idOf(name), reason),
      expectNoProblem: async (name: string) => session.editor.expectNoProblem(await idOf(name)),
    };
  }

  only5('takes rules for the condition, and makes a key for what a handshake brings', async () => {
    await open({ payload: 'multipart', handshake: 'asana', condition: 'payload.a > 1' });
    await tab('Payload');
    await field('files').selectOption('file');
    await field('filesFolder').focus();
    await field('maxSize').focus();
    await field('conditionBy').selectOption('rules');
    await session.editor.expectProblem('#node-input-filesFolder', /Enter the folder/);
    await field('filesFolder').fill('/data/uploads');
    const rows = dialog.locator('.nrhc-tab:visible .nrhc-cells');
    const add = dialog.locator('.nrhc-tab:visible .red-ui-editableList-addButton');
    const rule = async (n: number, property: string, operator: string, value?: string) => {
      await add.click();
      await rows.nth(n).getByLabel('Property').fill(property);
      await rows.nth(n).getByLabel('Comparison').selectOption(operator);
      if (value !== undefined) await rows.nth(n).getByLabel('Value').fill(value);
    };
    await rule(0, 'payload.a[0', 'is more than', 'much');
    await session.editor.expectText('.nrhc-tab:visible .nrhc-cells .nrhc-problem', /names with dots/);
    await rows.first().getByLabel('Property').fill('payload.a');
    await session.editor.expectText('.nrhc-tab:visible .nrhc-cells .nrhc-problem', /a number, or a date/);
    await rows.first().getByLabel('Value').fill('5');
    await rule(1, 'payload.b', 'is not there');
    assert.equal(await rows.nth(1).getByLabel('Value').isVisible(), false);
    await field('conditionMatch').selectOption('any');
    await session.editor.done();
    await session.deploy();
    const { conditionBy, conditionMatch, conditionRules, condition, filesFolder, valid } = await saved();
    assert.deepEqual(
      [conditionBy, conditionMatch, conditionRules, condition, filesFolder, valid],
      [
        'rules',
        'any',
        [
          { property: 'payload.a', operator: 'more', value: '5' },
          { property: 'payload.b', operator: 'missing', value: '' },
        ],
        'payload.a > 1',
        '/data/uploads',
        true,
      ],
    );
    assert.deepEqual(await stored(), ['has_stateKey']);
  });

  only5('marks two nodes that a handshake brings together', async () => {
    await session.importFlow(
      webhook({ name: 'Meta', verification: 'preset', preset: 'meta' }),
      webhook({ id: ids.second, name: 'Reader', y: 260, methods: ['GET'] }),
    );
    dialog = await session.editor.edit(ids.second);
    await field('event').fill('Other');
    await session.editor.expectProblem('#node-input-path', /"Meta" has the same path/);
    await session.editor.done();
    await session.editor.until(async () => String((await saved()).validationErrors).includes('"Reader"'));
    dialog = await session.editor.edit(ids.webhook);
    await tab('Verification');
    await field('handshake').selectOption('none');
    await session.editor.done();
    await session.editor.until(async () => (await session.editor.node(ids.second)).valid === true);
  });

  only5('keeps secrets and keys of several lines, and forgets what is not used', async () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----';
    await open({ verification: 'signature' });
    await tab('Verification');
    await field('secret').fill('old');
    await button('Another secret').click();
    await field('secret2').fill('new');
    await field('signature-algorithm').selectOption('ed25519');
    await dialog.getByLabel('Public key').fill(pem);
    await field('signature-algorithm').selectOption('hmac-sha256');
    await field('signature-algorithm').selectOption('ed25519');
    assert.equal(await dialog.getByLabel('Public key').inputValue(), pem);
    await session.editor.done();
    await session.deploy();
    assert.deepEqual(await stored(), ['has_secret', 'has_secret2']);
    dialog = await session.editor.edit(ids.webhook);
    await tab('Verification');
    assert.equal(await dialog.getByLabel('Public key').inputValue(), '');
    await field('verification').selectOption('none');
    await session.editor.done();
    await session.deploy();
    assert.deepEqual(await stored(), []);
  });

  /** Sends to the webhook. */
  async function send(headers: Record<string, string> = {}, path = webhookPath()): Promise<number> {
    const body = JSON.stringify({ order: 42 });
    const type = { 'content-type': 'application/json' };
    const answer = await fetch(`${session.nodeRed.url}/${path}`, {
      ...{ method: 'POST', headers: { ...type, ...headers }, body },
    });
    return answer.status;
  }

  it('listens for a sample: judged by the values as they stand, and kept', async () => {
    await open();
    await tab('Verification');
    await field('verification').selectOption('secret-header');
    await field('secret').fill('right');
    await tab('Listen');
    const verdict = dialog.locator('.nrhc-listen-result');
    const listen = async (headers: Record<string, string>) => {
      await button('Listen for a sample').click();
      await session.editor.expectText('.nrhc-listen-result', /Listening until/);
      const status = await send(headers);
      await button('Use as output sample').or(verdict.getByText('Refused')).waitFor();
      return status;
    };
    assert.equal(await listen({ 'x-webhook-secret': 'wrong' }), 401);
    assert.match(
      await verdict.innerText(),
      /UNAUTHORIZED · the header "x-webhook-secret" holds another secret/,
    );
    assert.match(await verdict.innerText(), /answered with 401/);
    assert.equal(await listen({ 'x-webhook-secret': 'right', 'x-trace': 't1' }), 200);
    const text = await verdict.innerText();
    assert.match(text, /Accepted[^]*POST \/hooks\/[^]*x-trace\s+t1[^]*\{"order":42\}[^]*Message/);
    assert.doesNotMatch(text, /right/);
    await button('Use as output sample').click();
    await button('Listen for a sample').click();
    await session.editor.expectText('.nrhc-listen-result', /Listening until/);
    await button('Stop').click();
    await session.editor.until(async () => (await send()) === 404);
    await session.editor.done();
    const sample = JSON.parse((await saved()).outputSample as string) as Record<string, unknown>;
    assert.deepEqual([sample.payload, sample.topic], [{ order: 42 }, 'New order']);
    dialog = await session.editor.edit(ids.webhook);
    await tab('Listen');
    await button('Listen for a sample').click();
    await session.editor.expectText('.nrhc-listen-result', /Listening until/);
    await session.editor.cancel();
    await session.editor.until(async () => (await send()) === 404);
  });

  only5('lists, shows, replays and deletes dead letters', async () => {
    const fail = {
      id: ids.second,
      type: 'function',
      z: ids.tab,
      x: 400,
      y: 180,
      wires: [],
      func: 'throw new Error("no luck")',
    };
    await session.importFlow(webhook({ acknowledge: 'done', maxAttempts: 1, wires: [[ids.second]] }), fail);
    await session.deploy();
    for (let n = 0; n < 3; n++) assert.equal(await send(), 200);
    dialog = await session.editor.edit(ids.webhook);
    await tab('Delivery');
    const letters = dialog.locator('.nrhc-letter');
    const count = async (wanted: number) => {
      await session.editor.until(async () => {
        await button('Reload').click();
        return (await letters.count()) === wanted;
      });
    };
    await count(3);
    await session.editor.expectText('.nrhc-letters-state', /1 to 3 of 3/);
    assert.match(await letters.first().innerText(), /1 attempt[^]*no luck/);
    await letters.first().locator('summary').click();
    await letters.first().getByText('order', { exact: true }).waitFor();
    await letters.first().getByRole('button', { name: 'Delete' }).click();
    await session.editor.expectText('.nrhc-letters-state', /Deleted. 1 to 2 of 2/);
    await letters.first().locator('summary').click();
    await letters.first().getByText('order', { exact: true }).waitFor();
    await letters.first().getByRole('button', { name: 'Replay' }).click();
    await session.editor.expectText('.nrhc-letters-state', /through the flow again/);
    await session.editor.until(async () => {
      await button('Reload').click();
      return /2 attempts/.test((await letters.allInnerTexts()).join());
    });
    await button('Delete all').click();
    await session.editor.expectText('.nrhc-letters-question', /cannot be brought back/);
    await dialog.locator('.nrhc-letters-sure').click();
    await session.editor.expectText('.nrhc-letters-state', /All are deleted. There are none/);
    await session.editor.cancel();
  });
});
