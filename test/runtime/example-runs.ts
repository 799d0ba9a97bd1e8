/** What the comment of each shipped example promises, done and looked at. */
import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { RedisServer } from '../support/redis';
import { ExampleBench, ownFiles, type Example } from './examples-bench';

export type Run = (example: Example) => Promise<void>;

interface Event {
  id: string;
  name: string;
  attempt: number;
  change: string;
}

/** By the name of its file. */
export const runs: Record<string, Run> = {
  async '01 - Send a request'(example) {
    await example.press('Order 1001');
    await example.press('New order');
    await example.press('Order that does not exist');
    const [failure] = (await example.wait('failure')) as { typeId: string }[];
    assert.equal(failure!.typeId, 'HTTP_404');
  },

  async '02 - Receive a webhook'(example) {
    await example.press('An order comes in');
    const [{ payload, event } = {} as never] = (await example.wait('event')) as {
      payload: object;
      event: Event;
    }[];
    assert.deepEqual(payload, { id: 1001, customer: 'Ada' });
    assert.deepEqual(await example.wait('what the service got'), [{ status: 'ok', id: event.id }]);
  },

  async '03 - Poll for new records'(example) {
    await example.tookStock();
    await example.press('A lead comes in');
    await example.press('A lead comes in');
    const events: { payload: { id: number; name: string }; event: Event }[] = await example.wait('event', 2);
    assert.ok(events[1]!.payload.id > events[0]!.payload.id);
    assert.ok(events[0]!.payload.id > 1e12, 'an id that comes again after a restart would not be new');
    assert.deepEqual(example.seen('failure'), []);
  },

  async '04 - Read a list with pages'(example) {
    await example.press('By the Link header');
    const pages: { payload: unknown[]; paging: unknown }[] = await example.wait('a page', 3);
    assert.deepEqual(
      pages.map(({ payload, paging }) => [payload.length, paging]),
      [
        [10, { page: 0, complete: false }],
        [10, { page: 1, complete: false }],
        [5, { page: 2, complete: true }],
      ],
    );
    const ids = Array.from({ length: 25 }, (_, n) => n + 1);
    const idsOf = (records: { id: number }[]) => records.map(({ id }) => id);
    assert.deepEqual(idsOf((await example.wait('all pages joined'))[0]!), ids);
    await example.press('By page number');
    assert.deepEqual(idsOf((await example.wait('all at once'))[0]!), ids);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '05 - Download and upload files'(example) {
    const payload = String(example.node('Download the report').payload);
    const { file } = JSON.parse(ownFiles(payload, example.bench.line)) as { file: string };
    try {
      await example.press('Download the report');
      const [written] = await example.wait('written');
      const { size } = statSync(file);
      assert.deepEqual(written, { path: file, size });
      assert.ok(size > 300_000);
      await example.press('Send it back');
      assert.deepEqual((await example.wait('answer'))[0], { bytes: size });
      assert.deepEqual(example.seen('failure'), []);
    } finally {
      rmSync(file, { force: true });
    }
  },

  async '06 - Poll new and updated records with a cursor'(example) {
    await example.tookStock();
    await example.press('A ticket comes in');
    await example.wait('event');
    await example.press('The newest ticket changes');
    const events: { payload: { id: number; status: string; updated_at: string }; event: Event }[] =
      await example.wait('event', 2);
    assert.deepEqual(
      events.map(({ payload, event }) => [payload.status, event.change]),
      [
        ['open', 'created'],
        ['solved', 'updated'],
      ],
    );
    const since = () =>
      (example.seen('what is asked for').at(-1) as unknown as { updated_since: string }).updated_since;
    const expected = new Date(Date.parse(events[1]!.payload.updated_at) - 60_000).toISOString();
    await example.until('the cursor is asked for', () => since() === expected);
    assert.equal(example.seen('event').length, 2);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '07 - Poll a snapshot with deletions'(example) {
    await example.tookStock();
    await example.press('A device appears');
    const [created] = (await example.wait('created')) as { id: string; on: boolean }[];
    assert.equal(created!.on, false);
    await example.press('The newest device changes');
    assert.deepEqual((await example.wait('updated'))[0], { ...created, on: true });
    await example.press('The newest device goes');
    const [deleted] = (await example.wait('deleted')) as { change: string; key: string }[];
    assert.deepEqual([deleted!.change, deleted!.key], ['deleted', created!.id]);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '08 - Errors to a second output'(example) {
    await example.press('Parcel 1');
    assert.deepEqual((await example.wait('answer'))[0], { ok: true, parcel: 1, where: 'on its way' });
    await example.press('Parcel that does not exist');
    await example.wait('failed for good');
    await example.press('Parcel with a problem');
    const failed: { typeId: string }[] = await example.wait('failed for good', 2);
    assert.deepEqual(
      failed.map(({ typeId }) => typeId),
      ['HTTP_404', 'UNSUCCESSFUL'],
    );
    await example.press('A list that breaks');
    assert.deepEqual(await example.wait('a page', 3), [['Aachen', 'Basel'], ['Calais', 'Dover'], ['Ely']]);
    const [broken] = (await example.wait('broke off')) as { typeId: string; paging: { page: number } }[];
    assert.deepEqual([broken!.typeId, broken!.paging.page], ['HTTP_503', 1]);
    assert.equal(example.seen('a page').length, 3);
    assert.equal(example.seen('broke off').length, 1);
    assert.equal(example.seen('failed for good').length, 2);
  },

  async '09 - Create an invoice by POST with a JSON body'(example) {
    await example.press('Order 4711');
    const [first] = (await example.wait('invoice')) as { number: string; total: number; customer: string }[];
    assert.deepEqual([first!.total, first!.customer], [16, 'Ada Lovelace']);
    assert.match(first!.number, /^INV-\d+$/);
    await example.press('Order 4711');
    assert.deepEqual(await example.wait('invoice', 2), [first, first]);
    await example.press('Order without lines');
    const [refused] = (await example.wait('not created')) as { typeId: string }[];
    assert.equal(refused!.typeId, 'HTTP_422');
    assert.match(JSON.stringify(refused), /an invoice needs at least one line/);
  },

  async '10 - Fetch metrics by GET with query parameters'(example) {
    await example.press('Requests of the last hour');
    const [[requests]] = (await example.wait('metrics')) as { metric: string; points: unknown[] }[][] as [
      [{ metric: string; points: unknown[] }],
    ];
    assert.equal(requests.metric, 'requests');
    assert.ok(requests.points.length >= 6);
    await example.press('Requests and errors of the last day');
    const [, averages] = (await example.wait('average', 2)) as { metric: string; average: number }[][];
    assert.deepEqual(
      averages!.map(({ metric }) => metric),
      ['requests', 'errors'],
    );
    const asked: { metric: string | string[] }[] = await example.wait('what was asked for', 2);
    assert.deepEqual(
      asked.map(({ metric }) => metric),
      ['requests', ['requests', 'errors']],
    );
    await example.press('A metric that does not exist');
    const [failure] = (await example.wait('failure')) as { typeId: string }[];
    assert.equal(failure!.typeId, 'HTTP_400');
  },

  async '11 - Webhook for new leads from a web form'(example) {
    const page = await fetch(`${example.bench.nodeRed.url}/http-connector-example/contact`);
    assert.match(await page.text(), /<form method="post" action="new-lead">/);
    await example.press('A visitor sends the form');
    const of = (lead: { contact: Record<string, unknown>; attempt: number }) => lead;
    const first = of((await example.wait('contact'))[0]!);
    assert.deepEqual(
      [first.attempt, first.contact.name, first.contact.source, first.contact.consent],
      [1, 'Ada Lovelace', 'web form', { newsletter: true }],
    );
    await example.press('A robot sends the form');
    const thanks: string[] = await example.wait('what the browser gets', 2);
    assert.match(thanks[1]!, /Thank you/);
    assert.equal(thanks[1], thanks[0]);
    await example.press('The CRM fails once');
    await example.press('A visitor sends the form');
    const [failure] = (await example.wait('failure')) as { typeId: string }[];
    assert.equal(failure!.typeId, 'HTTP_500');
    const again = of((await example.wait('contact', 2))[1]!);
    assert.deepEqual([again.attempt, again.contact.name], [2, 'Ada Lovelace']);
    assert.notEqual(again.contact.id, first.contact.id);
  },

  async '12 - Signed webhook without duplicates'(example) {
    await example.press('A payment comes in');
    await example.wait('event');
    await example.press('The same delivery again');
    assert.deepEqual(await example.wait('what the service gets', 2), [{ status: 'ok' }, { status: 'ok' }]);
    await example.press('A forged delivery');
    const [refusal] = (await example.wait('what the forger gets')) as { code: string }[];
    assert.equal(refusal!.code, 'UNAUTHORIZED');
    await example.press('A payment comes in');
    const events: { payload: { id: string }; event: Event }[] = await example.wait('event', 2);
    const ids = events.map(({ event }) => event.id);
    assert.deepEqual(
      ids,
      events.map(({ payload }) => payload.id),
    );
    assert.notEqual(ids[0], ids[1]);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '13 - Log in with OAuth 2 client credentials'(example) {
    const given = () => example.seen('a token is given out').length;
    await example.press('Read the accounts');
    const [accounts] = (await example.wait('accounts')) as unknown[][];
    assert.equal(accounts!.length, 2);
    await example.press('Six requests at once');
    await example.wait('accounts', 7);
    assert.equal(given(), 1);
    await example.press('All tokens are withdrawn');
    await example.press('Six requests at once');
    await example.wait('accounts', 13);
    assert.equal(given(), 2);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '14 - Poll new records over many pages'(example) {
    type Batch = { count: number; from: string; to: string };
    await example.tookStock();
    await example.press('25 shipments come in');
    const batches: Batch[] = await example.wait('shipments', 3);
    assert.deepEqual(
      batches.map(({ count, from, to }) => [count, from.split('-')[1], to.split('-')[1]]),
      [
        [10, '01', '10'],
        [10, '11', '20'],
        [5, '21', '25'],
      ],
    );
    await example.press('25 shipments come in');
    const more: Batch[] = await example.wait('shipments', 6);
    assert.notEqual(more[3]!.from, more[0]!.from);
    const asked = () => example.seen('what is asked for') as { since?: string; page?: string }[];
    await example.until('the cursor is asked for, over all pages', () =>
      asked().some(({ since, page }) => since && page === '5'),
    );
    assert.deepEqual(example.seen('failure'), []);
  },

  async '15 - Webhook with a poll that finds what it missed'(example) {
    await example.tookStock();
    await example.press('An order whose delivery gets lost');
    await example.wait('order');
    // a poll has just been, so that this one is the webhook's
    await example.press('An order comes in');
    await example.wait('order', 2);
    await example.press('An order whose delivery gets lost');
    const orders: { order: { id: string; customer: string }; by: string }[] = await example.wait('order', 3);
    assert.deepEqual(
      orders.map(({ order, by }) => [order.customer, by]),
      [
        ['Grace', 'poll'],
        ['Ada', 'webhook'],
        ['Grace', 'poll'],
      ],
    );
    assert.equal(new Set(orders.map(({ order }) => order.id)).size, 3);
    assert.deepEqual(example.seen('failure'), []);
  },

  async '16 - Several Node-RED instances with Redis'(example) {
    const [alone] = (await example.wait('tick')) as { number: number; seen_by: string }[];
    assert.ok(alone!.seen_by.endsWith(`:${example.bench.nodeRed.port}`));
    await withRedis(example.bench.line);
  },

  async '17 - API key with rate limit and retries'(example) {
    type Quote = { quote: { symbol: string; client: string; time: string }; attempts: number };
    await example.press('Twelve requests at once');
    const quotes: Quote[] = await example.wait('quotes', 12);
    assert.equal(new Set(quotes.map(({ quote }) => quote.symbol)).size, 12);
    assert.ok(quotes.every(({ quote }) => quote.client === 'node-red'));
    const times = quotes.map(({ quote }) => Date.parse(quote.time)).sort((a, b) => a - b);
    assert.ok(times[11]! - times[0]! >= 1000, `all within ${times[11]! - times[0]!} ms`);
    await example.press('Busy for a moment');
    await example.press('One request');
    const last = (await example.wait('quotes', 13)).at(-1) as unknown as Quote;
    assert.deepEqual([last.quote.symbol, last.attempts], ['NR-0', 2]);
    assert.deepEqual(example.seen('failure'), []);
  },
};

/** Two on one Redis: one sees the ticks, and when it stops the other goes on, without a gap and without a repeat. */
async function withRedis(line: ExampleBench['line']): Promise<void> {
  const name = '16 - Several Node-RED instances with Redis';
  const redis = await RedisServer.start();
  const benches: ExampleBench[] = [];
  try {
    const more = { env: { HTTP_CONNECTOR_STATE: redis.url }, settings: { httpConnector: { leaseTime: 2 } } };
    const start = async () => benches.push(await ExampleBench.start(line, [name], more));
    await Promise.all([start(), start()]);
    const both = benches.map((bench) => bench.example(name));
    const first = await Promise.race(both.map((one) => one.wait('tick').then(() => one)));
    const other = both.find((one) => one !== first)!;
    const watches = /another instance polls/;
    await other.until('the other one watches', () =>
      watches.test(other.bench.nodeRed.statusOf(other.poll).text ?? ''),
    );
    assert.deepEqual(other.seen('tick'), []);
    benches.splice(benches.indexOf(first.bench), 1);
    await first.bench.stop();
    await other.wait('tick');
    const numbers = [...first.seen('tick'), ...other.seen('tick')].map(
      ({ number }: { number: number }) => number,
    );
    assert.deepEqual(
      numbers,
      numbers.map((_, n) => numbers[0]! + n),
    );
  } finally {
    await Promise.all(benches.map((bench) => bench.stop()));
    await redis.remove();
  }
}
