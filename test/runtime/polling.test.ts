import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '../../src/state/sqlite';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Message {
  topic: string;
  payload: { id: number };
  event: { id: string; key: string; attempt: number };
  failure?: { typeId: string; retryable: boolean; request: { method: string; url: string } };
  error?: { code: string; source: { id: string } };
}

/** A shop that can go away and come back at the same address. */
class Orders {
  readonly list: { id: number }[] = [{ id: 1 }, { id: 2 }];
  requests = 0;
  port = 0;
  #server: Server | undefined;

  async open(): Promise<void> {
    this.#server = createServer((_request, response) => {
      this.requests++;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ orders: [...this.list].reverse() }));
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server?.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  add(...ids: number[]): void {
    for (const id of ids) this.list.push({ id });
  }
}

const place = { z: 'tab1', x: 100, y: 100 };
const debug = (id: string, complete = 'true'): FlowNode => {
  return { id, type: 'debug', ...place, active: true, tosidebar: true, complete, wires: [] };
};

const flowsFor = (orders: Orders, fields: object = {}): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'shop1', type: 'http-connection', baseUrl: `http://127.0.0.1:${orders.port}/` },
  {
    id: 'poll1',
    type: 'polling-trigger',
    ...place,
    connection: 'shop1',
    event: 'new order',
    url: 'orders',
    records: 'orders',
    interval: 0.2,
    wires: [['seen1', 'join1']],
    ...fields,
  },
  debug('seen1'),
  { id: 'join1', type: 'join', ...place, mode: 'auto', build: 'object', wires: [['joined1']] },
  debug('joined1', 'payload'),
  { id: 'catch1', type: 'catch', ...place, scope: null, uncaught: false, wires: [['caught1']] },
  debug('caught1'),
];

const without = (flows: FlowNode[], id: string) => flows.filter((node) => node.id !== id);

const seen = (nodeRed: NodeRed) =>
  nodeRed.debug.filter(({ id }) => id === 'seen1').map(({ value }) => value as Message);
const keys = (nodeRed: NodeRed) => seen(nodeRed).map(({ event }) => event.key);
const seenOrder = (nodeRed: NodeRed, id: number) =>
  nodeRed.until(`order ${id} is seen`, () => seen(nodeRed).find(({ payload }) => payload.id === id));

/** The status of a poll that went well; the one after it may say that nothing has changed since. */
const done = /(?:new|unchanged) · /;

for (const line of lines) {
  describe(`runtime/polling-trigger in Node-RED ${line}`, function () {
    this.timeout(60_000);
    let orders: Orders;
    let userDir: string;

    beforeEach(async () => {
      orders = new Orders();
      await orders.open();
      userDir = mkdtempSync(join(tmpdir(), 'node-red-polling-'));
    });

    afterEach(async () => {
      await orders.close();
      rmSync(userDir, { recursive: true, force: true });
    });

    const start = (fields?: object) => startNodeRed({ line, userDir, flows: flowsFor(orders, fields) });
    const restart = () => startNodeRed({ line, userDir });
    const baseline = (nodeRed: NodeRed) =>
      nodeRed.waitForStatus('poll1', ({ text }) => /^2 known · \d\d:\d\d:\d\d · next /.test(text ?? ''));
    /** Two more polls: the second began after everything that is there now. */
    async function polledAgain(nodeRed: NodeRed) {
      const before = orders.requests;
      await nodeRed.until('two more polls', () => {
        return orders.requests >= before + 2 && done.test(nodeRed.statusOf('poll1').text ?? '');
      });
    }

    it('sees a new order, and core join puts the orders of a poll together', async () => {
      await using nodeRed = await start();
      await baseline(nodeRed);
      orders.add(3, 4);
      const message = await seenOrder(nodeRed, 4);
      assert.equal(message.topic, 'new order');
      assert.deepEqual(keys(nodeRed), ['3', '4']);
      const joined = await nodeRed.waitForDebug(({ id }) => id === 'joined1');
      assert.deepEqual(joined.value, [{ id: 3 }, { id: 4 }]);
      const status = await nodeRed.waitForStatus('poll1', ({ text }) => done.test(text ?? ''));
      assert.deepEqual([status.fill, status.shape], ['green', 'dot']);
      await nodeRed.stop();
    });

    for (const end of ['stop', 'kill'] as const) {
      it(`repeats nothing and loses nothing over a restart between two polls (${end})`, async () => {
        const ids = new Set<string>();
        {
          await using nodeRed = await start({ interval: 1 });
          await baseline(nodeRed);
          orders.add(3);
          ids.add((await seenOrder(nodeRed, 3)).event.id);
          // The status comes after the end of the batch is stored.
          await nodeRed.waitForStatus('poll1', ({ text }) => /^1 new · /.test(text ?? ''));
          await nodeRed[end]();
        }
        orders.add(4);
        {
          await using nodeRed = await restart();
          orders.add(5);
          ids.add((await seenOrder(nodeRed, 4)).event.id).add((await seenOrder(nodeRed, 5)).event.id);
          await polledAgain(nodeRed);
          assert.deepEqual(keys(nodeRed), ['4', '5']);
          assert.ok(seen(nodeRed).every(({ event }) => event.attempt === 1));
          await nodeRed.stop();
        }
        assert.equal(ids.size, 3);
      });
    }

    it('shows that the server is gone, tells Catch nodes, and recovers by itself', async () => {
      await using nodeRed = await start();
      await baseline(nodeRed);
      await orders.close();
      const caught = (await nodeRed.waitForDebug(({ id }) => id === 'caught1')).value as Message;
      assert.match(caught.failure!.typeId, /^CONNECTION_(REFUSED|RESET)$/);
      assert.deepEqual(caught.failure!.request, {
        method: 'GET',
        url: `http://127.0.0.1:${orders.port}/orders`,
      });
      assert.equal(caught.failure!.retryable, true);
      assert.deepEqual([caught.error!.code, caught.error!.source.id], [caught.failure!.typeId, 'poll1']);
      await nodeRed.waitForStatus(
        'poll1',
        ({ fill, text }) => fill === 'red' && /^CONNECTION_REFUSED · next /.test(text ?? ''),
      );
      orders.add(3);
      await orders.open();
      await seenOrder(nodeRed, 3);
      await nodeRed.waitForStatus('poll1', ({ fill, text }) => fill === 'green' && done.test(text ?? ''));
      await polledAgain(nodeRed);
      assert.deepEqual(keys(nodeRed), ['3']);
      await nodeRed.stop();
    });

    it('keeps its state over deploys, and takes it along when it is removed', async () => {
      await using nodeRed = await start();
      await baseline(nodeRed);
      for (const [index, type] of (['full', 'nodes', 'flows'] as const).entries()) {
        orders.add(index + 3);
        await nodeRed.deploy(flowsFor(orders, { name: `after a deploy of ${type}` }), type);
        await seenOrder(nodeRed, index + 3);
      }
      await polledAgain(nodeRed);
      assert.deepEqual(keys(nodeRed), ['3', '4', '5']);

      await nodeRed.deploy(without(flowsFor(orders), 'poll1'), 'nodes');
      const requests = orders.requests;
      orders.add(6);
      await nodeRed.deploy(flowsFor(orders), 'nodes');
      await nodeRed.waitForStatus('poll1', ({ text }) => /^6 known · /.test(text ?? ''));
      assert.equal(orders.requests, requests + 1);
      await nodeRed.stop();

      const file = join(userDir, 'http-connector', 'state.sqlite');
      const store = await openSqlite({ file, now: Date.now, warn: assert.fail });
      const unknown = await store.unknown('polling/poll1', ['1', '2', '3', '4', '5', '6', '7']);
      assert.deepEqual([...unknown], ['7']);
      await store.close();
    });
  });
}
