/** What the fields of the dialog mean: the engine behind them has its own tests. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import httpConnection from '../../nodes/http-connection/http-connection';
import pollingTrigger from '../../nodes/polling-trigger/polling-trigger';
import { pagingDefaults } from '../../nodes/runtime/paging-config';
import { Flow, sink, tab, type Message } from '../support/flow';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

interface Event {
  key?: string;
  change?: string;
}

interface Order {
  id: number;
  at?: string;
  open?: boolean;
}

describe('nodes/polling-trigger: options', () => {
  let server: TestServer;
  let userDir: string;
  let flow: Flow;
  let orders: Order[];
  let answer: (request: Received) => unknown;

  beforeEach(async () => {
    orders = [{ id: 1 }, { id: 2 }];
    answer = () => orders;
    server = await startServer((request, response) => sendJson(response, answer(request)));
    userDir = await mkdtemp(join(tmpdir(), 'polling-options-'));
  });

  afterEach(async () => {
    await flow?.close();
    await server.close();
    await rm(userDir, { recursive: true, force: true });
  });

  /** The node begins with a first run that fires everything, unless a test says otherwise. */
  async function load(fields: object = {}): Promise<void> {
    const nodes = [
      { id: 'api', type: 'http-connection', baseUrl: server.url },
      {
        id: 'poll',
        z: tab.id,
        type: 'polling-trigger',
        connection: 'api',
        url: 'orders',
        interval: 0.1,
        firstRun: 'everything',
        wires: [['out']],
        ...fields,
      },
      { id: 'catch-node', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      sink('out'),
      sink('caught'),
    ];
    flow = await Flow.load([httpConnection, pollingTrigger], nodes, {}, { userDir });
  }

  const out = async (count: number): Promise<Message[]> => flow.first('out', count);
  const payloads = (messages: Message[]) => messages.map(({ payload }) => payload);
  const ids = (messages: Message[]) => messages.map(({ payload }) => (payload as Order | null)?.id);
  const events = (messages: Message[]) =>
    messages.map(({ event }) => [(event as Event).change, (event as Event).key]);
  /** Until so many more requests have come: whatever they brought has been judged by the one after. */
  async function polls(count: number): Promise<void> {
    const until = server.received.length + count;
    while (server.received.length < until) await new Promise(setImmediate);
  }

  it('updates: new records and those whose version has changed', async () => {
    orders = [{ id: 1, at: 'a' }];
    await load({ watch: 'updates', version: 'at' });
    await out(1);
    orders = [
      { id: 1, at: 'b' },
      { id: 2, at: 'a' },
    ];
    assert.deepEqual(events(await out(3)), [
      ['created', '1'],
      ['updated', '1'],
      ['created', '2'],
    ]);
  });

  it('snapshot: deletions too', async () => {
    await load({ watch: 'snapshot' });
    await out(2);
    orders = [{ id: 2, open: true }];
    const three = await out(4);
    assert.deepEqual(events(three).slice(2).sort(), [
      ['deleted', '1'],
      ['updated', '2'],
    ]);
    assert.equal(three.find(({ event }) => (event as Event).change === 'deleted')!.payload, null);
  });

  it('every: each record of each poll', async () => {
    await load({ watch: 'every' });
    assert.deepEqual(ids(await out(6)), [1, 2, 1, 2, 1, 2]);
  });

  it('a key that JSONata makes, and a condition', async () => {
    orders = [
      { id: 1, open: true },
      { id: 2, open: false },
    ];
    await load({ keyKind: 'jsonata', key: '"order " & payload.id', condition: 'payload.open' });
    orders = [...orders, { id: 3, open: true }];
    const two = await out(2);
    assert.deepEqual(events(two), [
      ['created', 'order 1'],
      ['created', 'order 3'],
    ]);
  });

  it('the content as the key: another content is another record', async () => {
    await load({ keyKind: 'content', key: '' });
    await out(2);
    orders = [{ id: 1 }, { id: 2, open: true }];
    assert.deepEqual(payloads(await out(3))[2], { id: 2, open: true });
  });

  it('a cursor: what the request asks from, with its lookback', async () => {
    orders = [{ id: 1, at: '2026-11-23T12:00:00Z' }];
    await load({
      url: 'orders?since={{cursor}}',
      cursor: 'at',
      cursorStart: '2026-01-01T00:00:00Z',
      lookback: 60,
    });
    await out(1);
    await polls(2);
    const asked = server.received.map(({ url }) => new URL(url, server.url).searchParams.get('since'));
    assert.equal(asked[0], '2026-01-01T00:00:00Z');
    assert.equal(asked.at(-1), '2026-11-23T11:59:00Z');
  });

  it('first runs: the last so many, and since a date', async () => {
    await load({ firstRun: 'last', firstCount: 1 });
    assert.deepEqual(ids(await out(1)), [2]);
    await flow.close();
    await rm(join(userDir, 'http-connector'), { recursive: true });
    orders = [
      { id: 1, at: '2026-01-01' },
      { id: 2, at: '2026-02-01' },
    ];
    await load({ firstRun: 'since', firstSince: '2026-01-15', cursor: 'at' });
    assert.deepEqual(ids(await out(1)), [2]);
  });

  it('batches, and the whole poll', async () => {
    orders = [1, 2, 3].map((id) => ({ id }));
    await load({ output: 'batch', batchSize: 2 });
    const batches = await out(2);
    assert.deepEqual(
      batches.map(({ payload }) => (payload as Order[]).map(({ id }) => id)),
      [[1, 2], [3]],
    );
    assert.deepEqual(
      (batches[0]!.events as Event[]).map(({ key }) => key),
      ['1', '2'],
    );
    await flow.close();
    await rm(join(userDir, 'http-connector'), { recursive: true });
    await load({ output: 'all' });
    assert.deepEqual(payloads(await out(1)), [orders]);
  });

  it('a cap: the rest waits for the next polls, in order', async () => {
    orders = [1, 2, 3, 4, 5].map((id) => ({ id }));
    await load({ perPoll: 2 });
    assert.deepEqual(ids(await out(5)), [1, 2, 3, 4, 5]);
    assert.ok(server.received.length >= 2);
  });

  it('a body, pages, and the size of a page', async () => {
    answer = ({ url }) => {
      const page = Number(new URL(url, server.url).searchParams.get('page'));
      return page > 2 ? [] : [{ id: page * 10 }, { id: page * 10 + 1 }];
    };
    await load({
      method: 'POST',
      bodyKind: 'json',
      body: '{"since": "{{lastPoll}}"}',
      paging: {
        ...pagingDefaults,
        kind: 'page-number',
        parameter: 'page',
        size: 2,
        sizeParameter: 'per_page',
      },
    });
    assert.deepEqual(ids(await out(4)), [10, 11, 20, 21]);
    const [first] = server.received;
    assert.equal(first!.method, 'POST');
    assert.equal(first!.body.toString(), '{"since": ""}');
    assert.equal(first!.url, '/orders?per_page=2&page=1');
  });

  it('a condition for the answer', async () => {
    answer = () => ({ ok: false, orders });
    await load({ records: 'orders', successCondition: 'payload.ok' });
    const caught = await flow.after('caught', 0);
    assert.equal((caught.failure as { typeId: string }).typeId, 'UNSUCCESSFUL');
  });

  it('a cron pattern: one poll at the start, the next when it is due; one that cannot be read is said', async () => {
    await load({ schedule: 'cron', cron: '0 0 1 1 *', zone: 'Europe/Berlin' });
    await out(2);
    await flow.showing('poll', ({ text }) => /status\.next/.test(text ?? ''));
    assert.equal(server.received.length, 1);
    await flow.close();
    await load({ schedule: 'cron', cron: 'every day', control: true });
    await flow.showing('poll', ({ text }) => text === 'CONFIG');
  });

  describe('a control message', () => {
    const control = (payload: unknown) => flow.send('poll', { payload });
    const rare = { interval: 1, intervalUnit: 'h', control: true };

    it('polls now', async () => {
      await load(rare);
      await out(2);
      orders = [...orders, { id: 3 }];
      control('poll');
      assert.deepEqual(ids(await out(3)), [1, 2, 3]);
    });

    it('pauses and resumes', async () => {
      await load();
      await out(2);
      control('pause');
      await flow.showing('poll', ({ text }) => /status\.paused/.test(text ?? ''));
      const { length } = server.received;
      orders = [...orders, { id: 3 }];
      control('resume');
      await out(3);
      assert.ok(server.received.length > length);
    });

    it('forgets everything, and goes back', async () => {
      orders = [
        { id: 1, at: '2026-01-01T00:00:00Z' },
        { id: 2, at: '2026-02-01T00:00:00Z' },
      ];
      await load({ ...rare, cursor: 'at' });
      await out(2);
      control('reset');
      assert.deepEqual(ids(await out(4)), [1, 2, 1, 2]);
      control({ rewind: '2026-01-15T00:00:00Z' });
      assert.deepEqual(ids(await out(5)), [1, 2, 1, 2, 2]);
    });

    it('that is none is an error', async () => {
      await load(rare);
      await out(2);
      control('stop');
      const caught = await flow.after('caught', 0);
      assert.match((caught.error as { message: string }).message, /control message/);
    });
  });
});
