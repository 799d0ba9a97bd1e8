/** The guided set-up of the triggers: a poll of a real list in pages, and a webhook that a sender signs as GitHub does. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Locator } from 'playwright-core';
import { sendJson, startServer, type TestServer } from '../support/server';
import { connection, ids, poll, webhook, webhookPath } from './flow';
import { inEachEditor } from './session';

/** 25 orders, the newest first, 10 in a page by Link; beside them a list that is none of them. */
function startShop(): Promise<TestServer> {
  const order = (number: number) => ({
    order_no: `A-${100 + number}`,
    total: number * 2.5,
    customer: { id: number % 3 },
    updated_at: `2026-03-${String(number + 1).padStart(2, '0')}T10:00:00Z`,
  });
  const all = Array.from({ length: 25 }, (_, index) => order(24 - index));
  return startServer(({ url }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://shop.test');
    if (pathname !== '/orders') return sendJson(response, {}, 404);
    const page = Number(searchParams.get('page') ?? 1);
    const link = page < 3 ? { link: `</orders?page=${page + 1}>; rel="next"` } : {};
    response.writeHead(200, { 'content-type': 'application/json', 'x-total-count': '25', ...link });
    const orders = all.slice(page * 10 - 10, page * 10);
    response.end(JSON.stringify({ orders, warnings: [{ code: 1 }, { code: 2 }] }));
  });
}

inEachEditor('the guided set-up of triggers', (session) => {
  let shop: TestServer;
  let dialog: Locator;
  before(async () => (shop = await startShop()));
  after(() => shop?.close());

  const guide = () => dialog.locator('.nrhc-guide');
  const field = (name: string) => dialog.locator(`[id="node-input-${name}"], [id="nrhc-${name}"]`);
  const press = (name: string | RegExp) =>
    dialog.locator('.nrhc-guide, .nrhc-guide-bar').getByRole('button', { name, exact: true }).first().click();
  const stepIs = (title: string) =>
    guide().locator('[aria-current="step"]', { hasText: title }).waitFor({ timeout: 5000 });
  const said = (text: RegExp) =>
    guide().locator('.nrhc-guide-said', { hasText: text }).waitFor({ timeout: 10_000 });
  /** What is suggested, with its reason. */
  const offers = () => guide().locator('.nrhc-guide-suggestions li > span').allInnerTexts();

  it('sets up a poll from what the server answers, each choice by one click', async () => {
    await session.importFlow(
      connection({ baseUrl: shop.url }),
      poll({ url: '', query: [], connection: ids.connection }),
    );
    dialog = await session.editor.edit(ids.poll);
    await press('Start');
    await stepIs('Request');
    await press('Fetch an answer');
    await said(/HTTP_404/);
    await field('url').fill('orders');
    await field('url').press('Enter');
    await stepIs('Records');
    assert.match(
      (await offers())[0]!,
      /^orders\s+“orders” is what services often call their records. Entries: 10\.$/,
    );
    await guide().getByText('there are 25 records, and this page has 10').waitFor();
    await session.shoot('guide-poll-records');
    await press('Use: orders');
    await press('Next');
    await stepIs('Key');
    assert.match((await offers())[0]!, /^order_no\s+Unique in all 10 records, and its name speaks for it\.$/);
    await press('Use: order_no');
    await press('Next');
    await stepIs('What fires');
    await press('Use: New and updated, by updated_at');
    await session.shoot('guide-poll-fires');
    // who leaves keeps what was chosen, and comes back to what is left
    await press('Leave the guide');
    assert.equal(await field('version').inputValue(), 'updated_at');
    await press('Start');
    await stepIs('Cursor');
    assert.match((await offers())[0]!, /^updated_at\s+A time in all 10 records\. .* the newest first\./);
    await press('Use: updated_at');
    await press('Next');
    await stepIs('Pages');
    await press('Use: Link header');
    await press('Next');
    await stepIs('Preview');
    await press('See what would fire');
    await said(/Records found: 25\. Would fire: 0\. The first poll takes what is there for known/);
    await session.shoot('guide-poll-preview');
    await press('Next');
    await guide().locator('h4', { hasText: 'All set' }).waitFor();
    await session.editor.done();
    const { records, keyKind, key, watch, version, cursor, paging, outputSample } = await session.editor.node(
      ids.poll,
    );
    assert.deepEqual(
      [records, keyKind, key, watch, version, cursor],
      ['orders', 'properties', 'order_no', 'updates', 'updated_at', 'updated_at'],
    );
    assert.equal((paging as { kind: string }).kind, 'link-header');
    const sample = JSON.parse(outputSample as string) as { payload: { order_no: string } };
    assert.match(sample.payload.order_no, /^A-/);
  });

  const secret = 'It’s a secret to everybody';

  /** Sends when somebody listens there. */
  async function send(headers: (body: string) => Record<string, string>, body: string): Promise<number> {
    const url = `${session.nodeRed.url}/${webhookPath()}`;
    await said(/^Waiting for a delivery/);
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers(body) },
    });
    return answer.status;
  }

  /** Another delivery, from a sender that nobody knows: how it signs is found out once the secret is there. */
  async function findsOut(): Promise<void> {
    const time = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from('a key of its own');
    await guide()
      .getByRole('button', { name: /Delivery/ })
      .click();
    await press('Listen for a sample');
    const signed = (body: string) => createHmac('sha256', key).update(`${time}:${body}`).digest('base64');
    await send(
      (body) => ({ 'x-acme-timestamp': time, 'x-acme-signature': `v1=${signed(body)}` }),
      '{"id":1}',
    );
    await said(/^A delivery came/);
    await guide()
      .getByRole('button', { name: /Verification/ })
      .click();
    assert.equal((await offers()).length, 2);
    await press('Use: Signature in a header');
    await field('secret').fill(key.toString('base64'));
    await press('Check');
    await said(/^Not right yet: the secret is right/);
    await session.shoot('guide-hook-correct');
    await press('Use: What the service does');
    await said(/^Right/);
    const values = ['text', 'secretFormat', 'prefix', 'header', 'timestampName'].map((name) =>
      field(`signature-${name}`).inputValue(),
    );
    const expected = ['{timestamp}:{body}', 'base64', 'v1=', 'x-acme-signature', 'x-acme-timestamp'];
    assert.deepEqual(await Promise.all(values), expected);
  }

  it('knows who sent a delivery, and checks the secret against it', async () => {
    await session.importFlow(webhook());
    dialog = await session.editor.edit(ids.webhook);
    await press('Start');
    await stepIs('URL');
    await guide().locator('code', { hasText: webhookPath() }).waitFor();
    await session.shoot('guide-hook-url');
    await press('Skip');
    await stepIs('Delivery');
    await press('Listen for a sample');
    const status = await send(
      (body) => ({
        'x-github-event': 'push',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      }),
      '{"ref":"refs/heads/main"}',
    );
    assert.equal(status, 200);
    await said(/^A delivery came/);
    await session.shoot('guide-hook-delivery');
    await press('Next');
    await stepIs('Verification');
    assert.match(
      (await offers())[0]!,
      /^GitHub\s+The header “x-hub-signature-256” is written as this service writes it\. It also has x-github-event\.$/,
    );
    await press('Use: GitHub');
    await said(/enter the secret/);
    await session.editor.until(() => field('secret').evaluate((input) => input === document.activeElement));
    await field('secret').pressSequentially('wrong');
    await press('Check');
    await said(/^Not right: the signature does not match/);
    await session.shoot('guide-hook-wrong');
    await field('secret').fill(secret);
    await field('secret').press('Enter');
    await said(/^Right/);
    await session.shoot('guide-hook-right');
    if (session.line === '5') await findsOut();
    await press('Next');
    await stepIs('Answer');
    await press('Use: At once');
    await press('Next');
    await guide().locator('h4', { hasText: 'All set' }).waitFor();
    await session.editor.done();
    const { verification, preset, outputSample } = await session.editor.node(ids.webhook);
    const isLast = session.line === '5' ? 'signature' : 'preset';
    assert.deepEqual([verification, preset], [isLast, 'github']);
    const { payload } = JSON.parse(outputSample as string) as { payload: unknown };
    assert.deepEqual(payload, { ref: 'refs/heads/main' });
    assert(!(outputSample as string).includes(secret));
  });
});
