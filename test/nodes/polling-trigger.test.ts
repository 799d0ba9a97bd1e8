import assert from 'node:assert/strict';
import { EventEmitter, on } from 'node:events';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import httpConnection from '../../nodes/http-connection/http-connection';
import pollingTrigger from '../../nodes/polling-trigger/polling-trigger';
import { openSqlite } from '../../src/state/sqlite';
import { sendJson, startServer, type TestServer } from '../support/server';

interface Message {
  /** Id of the sink that received it. */
  at: string;
  topic?: string;
  payload?: unknown;
  event: {
    id: string;
    name: string;
    type: string;
    time: string;
    attempt: number;
    change: string;
    key: string;
  };
  parts: object;
  failure?: { typeId: string; message: string; retryable: boolean; request?: { url: string } };
  error?: { message: string; code?: string; source: { id: string } };
}

interface Status {
  fill?: string;
  shape?: string;
  text?: string;
}

interface Helper {
  init(path: string): void;
  settings(settings: object): void;
  load(nodes: unknown[], flow: object[]): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: object[], type: string): Promise<void>;
  getNode(id: string): Node | null;
  log(): { args: [{ level: number; msg: unknown; id?: string }][] };
}

const helper = require('node-red-node-test-helper') as Helper;
helper.init(require.resolve('node-red'));

/** Node-RED takes a node without a position for a config node. */
const place = { z: 'tab', x: 100, y: 100 };
const tab = { id: 'tab', type: 'tab', label: 'a tab' };
const caught = { id: 'caught', ...place, type: 'catch', scope: null, uncaught: false, wires: [['errors']] };
const errors = { id: 'errors', ...place, type: 'sink', wires: [] };
const out = { id: 'out', ...place, type: 'sink', wires: [] };

describe('nodes/polling-trigger', () => {
  let server: TestServer;
  let userDir: string;
  let answer: (path: string) => unknown;
  /** A status other than 200; 0 for no answer at all. */
  let status: number;
  let orders: { id: unknown }[];
  let received: Message[];
  let statuses: Map<string, Status[]>;
  const changes = new EventEmitter();

  beforeEach(async () => {
    [status, orders, received, statuses] = [200, [{ id: 1 }, { id: 2 }], [], new Map()];
    answer = () => ({ orders: [...orders].reverse() });
    server = await startServer(({ url }, response) => {
      changes.emit('change');
      if (status !== 0 && !url.includes('hang')) sendJson(response, answer(url), status);
    });
    userDir = await mkdtemp(join(tmpdir(), 'http-connector-polling-trigger-'));
    helper.settings({ userDir });
  });

  afterEach(async () => {
    await helper.unload();
    await server.close();
    await rm(userDir, { recursive: true, force: true });
  });

  const connection = () => ({ id: 'conn', type: 'http-connection', baseUrl: server.url });
  const trigger = (fields: object = {}) => ({
    id: 'poll',
    ...place,
    type: 'polling-trigger',
    connection: 'conn',
    event: 'new order',
    url: 'orders',
    records: 'orders',
    interval: 0.1,
    wires: [['out']],
    ...fields,
  });
  const flow = (...nodes: object[]) => [tab, connection(), out, caught, errors, ...nodes];

  /** A node that keeps what it receives, over redeploys; statuses are read where Node-RED itself tells of them. */
  function sink(RED: NodeAPI): void {
    RED.nodes.registerType('sink', function (this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config);
      this.on('input', (msg, _send, done) => {
        received.push({ at: config.id, ...(msg as object) } as Message);
        changes.emit('change');
        done();
      });
    });
    RED.events.removeAllListeners('node-status');
    RED.events.on('node-status', ({ id, status: shown }: { id: string; status?: Status }) => {
      if (!shown) return;
      statuses.set(id, [...(statuses.get(id) ?? []), shown]);
      changes.emit('change');
    });
  }

  const load = (...nodes: object[]) => helper.load([sink, httpConnection, pollingTrigger], flow(...nodes));
  const deploy = (type: string, ...nodes: object[]) => helper.setFlows(flow(...nodes), type);

  async function until<T>(what: string, check: () => T | undefined | false): Promise<T> {
    const over = AbortSignal.timeout(8000);
    const events = on(changes, 'change', { signal: over });
    try {
      for (;;) {
        const found = check();
        if (found !== undefined && found !== false) return found;
        await events.next();
      }
    } catch (error) {
      throw over.aborted
        ? new Error(`${what} did not come; statuses: ${JSON.stringify([...statuses]).slice(0, 2000)}`)
        : error;
    } finally {
      await events.return!();
    }
  }

  const keys = (at = 'out') => received.filter((msg) => msg.at === at).map((msg) => msg.event.key);
  const lastStatus = (id = 'poll') => statuses.get(id)?.at(-1);
  const shows = (text: RegExp, id = 'poll') =>
    until(`the status ${text}`, () => {
      const shown = lastStatus(id);
      return text.test(shown?.text ?? '') ? shown : undefined;
    });
  const emitted = (count: number) => until(`message ${count}`, () => keys().length >= count);
  const failed = (code: string) =>
    until(`a failure ${code}`, () => received.find((msg) => msg.failure?.typeId === code));
  const polled = (id: string) => statuses.get(id)?.some(({ text }) => /baseline/.test(text ?? ''));
  const baseline = () => shows(/status\.baseline/);

  /** What the state file knows of a node, read beside it. */
  async function known(owner: string, ids: string[] = ['1', '2']) {
    const file = join(userDir, 'http-connector', 'state.sqlite');
    const store = await openSqlite({ file, now: Date.now, warn: assert.fail });
    try {
      const document = await store.get(`polling/${owner}`, 'known');
      const unknown = await store.unknown(`polling/${owner}`, ids);
      return { document: document !== undefined, ids: ids.length - unknown.size };
    } finally {
      await store.close();
    }
  }

  it('turns what is new into messages, oldest first, each once', async () => {
    await load(trigger());
    await baseline();
    orders.push({ id: 3 }, { id: 4 });
    await emitted(2);
    orders.push({ id: 5 });
    await emitted(3);
    await shows(/status\.new/);
    assert.deepEqual(keys(), ['3', '4', '5']);
    const [first, second] = received;
    const { id, time, ...event } = first!.event;
    assert.deepEqual(event, { name: 'new order', type: 'poll', attempt: 1, change: 'created', key: '3' });
    assert.match(id, /^[\w-]{22}$/);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 10_000);
    assert.deepEqual([first!.topic, first!.payload], ['new order', { id: 3 }]);
    const batch = (first!.parts as { id: string }).id;
    assert.deepEqual(first!.parts, { id: batch, type: 'array', count: 2, len: 1, index: 0 });
    assert.deepEqual(second!.parts, { id: batch, type: 'array', count: 2, len: 1, index: 1 });
  });

  it('shows that it polls, and the last result with its time of day', async () => {
    await load(trigger());
    await baseline();
    const [polling, result] = statuses.get('poll')!.slice(-2);
    assert.deepEqual(polling, {
      fill: 'blue',
      shape: 'dot',
      text: 'node-red-contrib-http-connector/polling-trigger:status.polling',
    });
    assert.deepEqual([result!.fill, result!.shape], ['green', 'dot']);
    assert.match(result!.text!, / · \d\d:\d\d:\d\d · .*status\.next$/);
  });

  it('shows that it waits for a limit of its connection, and does not wait for that at its end', async () => {
    const slow = { ...connection(), id: 'slow', rateRequests: 1, rateInterval: 3600 };
    await load(slow, trigger({ connection: 'slow' }));
    await baseline();
    const { fill } = await shows(/status\.waitingUntil/);
    assert.equal(fill, 'yellow');
    await deploy('full');
    assert.equal(server.received.length, 1);
  });

  it('leaves msg.topic away when no event is named', async () => {
    await load(trigger({ event: ' ' }));
    await baseline();
    orders.push({ id: 3 });
    await emitted(1);
    assert.ok(!('topic' in received[0]!));
    assert.equal(received[0]!.event.name, '');
  });

  it('fills the request’s templates with the times, the environment and typed rows', async () => {
    process.env.POLLING_TEST_SHOP = 'a b';
    await load(
      trigger({
        url: 'orders/{{env.POLLING_TEST_SHOP}}?since={{lastPoll}}',
        query: [
          { name: 'now', type: 'str', value: '{{now}}' },
          { name: 'limit', type: 'num', value: '5' },
          { name: 'again', type: 'jsonata', value: 'lastPoll = "" ? "no" : "yes"' },
        ],
        headers: [{ name: 'X-Now', type: 'str', value: '{{{now}}}' }],
      }),
    );
    await until('the second request', () => server.received.length >= 2);
    delete process.env.POLLING_TEST_SHOP;
    const [first, second] = server.received.map(({ url, headers }) => ({
      url: new URL(url, server.url),
      headers,
    }));
    assert.equal(first!.url.pathname, '/orders/a%20b');
    assert.equal(first!.url.searchParams.get('since'), '');
    assert.equal(first!.url.searchParams.get('again'), 'no');
    assert.equal(first!.url.searchParams.get('limit'), '5');
    assert.equal(second!.url.searchParams.get('since'), first!.url.searchParams.get('now'));
    assert.equal(second!.url.searchParams.get('again'), 'yes');
    assert.equal(second!.headers['x-now'], second!.url.searchParams.get('now'));
  });

  describe('when something is wrong', () => {
    it('shows it, tells Catch nodes, and recovers by itself', async () => {
      await load(trigger());
      await baseline();
      status = 503;
      orders.push({ id: 3 });
      const { failure, error, topic, ...rest } = await failed('HTTP_503');
      assert.equal(failure!.retryable, true);
      assert.equal(failure!.request!.url, `${server.url}/orders`);
      assert.deepEqual([error!.code, error!.source.id, topic], ['HTTP_503', 'poll', 'new order']);
      assert.ok(!('payload' in rest) && !('event' in rest));
      const { text, ...look } = lastStatus()!;
      assert.deepEqual(look, { fill: 'red', shape: 'ring' });
      assert.match(text!, /^HTTP_503 · /);
      status = 200;
      await emitted(1);
      await shows(/status\.new/);
      assert.deepEqual(keys(), ['3']);
    });

    it('says where the list is not', async () => {
      answer = () => ({ data: orders });
      await load(trigger());
      const { failure } = await failed('RECORDS_NOT_FOUND');
      assert.equal(failure!.message, '"orders" in the answer is missing: there is a list in "data"');
    });

    it('leaves out records without a key, says so once, and emits the others', async () => {
      await load(trigger());
      await baseline();
      orders.push({ id: null }, { id: 3 });
      await emitted(1);
      await until('three more polls', () => server.received.length > 5);
      assert.equal(received.filter(({ at }) => at === 'errors').length, 1);
      assert.match(
        received.find(({ at }) => at === 'errors')!.failure!.message,
        /^1 of the records .* "id" is null$/,
      );
      assert.equal((await shows(/status\.unchanged/)).fill, 'yellow');
    });

    const settings: [string, object, RegExp, string?][] = [
      ['no connection', { connection: '' }, /no connection is chosen/],
      ['a connection that is missing', { connection: 'elsewhere' }, /missing or disabled/],
      ['a connection that is none', { connection: 'out' }, /is not an http-connection/],
      ['no key', { key: ' , ' }, /no property is named/],
      ['an interval of nothing', { interval: 0 }, /the interval must be a number of at least 0.1/],
      ['an interval beyond all time', { interval: '1e305', intervalUnit: 'h' }, /at most a year/],
      ['an unknown unit', { intervalUnit: 'days' }, /"days" is not a unit/],
      ['a template that does not parse', { url: 'orders/{{#x}}' }, /Unclosed section/, 'TEMPLATE'],
      ['the configuration of a newer release', { configVersion: 99 }, /newer release/],
    ];
    for (const [what, fields, message, code = 'CONFIG'] of settings) {
      it(`shows ${what} and does nothing`, async () => {
        await load(trigger(fields));
        assert.deepEqual(lastStatus(), { fill: 'red', shape: 'ring', text: code });
        assert.ok(
          helper.log().args.some(([entry]) => entry.id === 'poll' && message.test(String(entry.msg))),
        );
        assert.equal(server.received.length, 0);
      });
    }

    it('emits nothing while the state cannot be kept, and goes on when it can', async () => {
      await writeFile(join(userDir, 'http-connector'), 'a file where the directory should be');
      await load(trigger());
      const { failure } = await failed('STATE');
      assert.match(failure!.message, /cannot be made/);
      assert.equal(server.received.length, 0);
      await rename(join(userDir, 'http-connector'), join(userDir, 'moved'));
      await baseline();
      orders.push({ id: 3 });
      await emitted(1);
    });

    it('says so when Node-RED has no user directory', async () => {
      helper.settings({});
      await load(trigger());
      assert.match((await failed('STATE')).failure!.message, /no user directory/);
    });
  });

  describe('its state', () => {
    it('is in a directory of its own that others cannot read', async () => {
      await load(trigger());
      await baseline();
      assert.equal((await stat(join(userDir, 'http-connector'))).mode & 0o777, 0o700);
      assert.deepEqual(await known('poll'), { document: true, ids: 2 });
    });

    for (const type of ['full', 'nodes', 'flows']) {
      it(`stays when the node is deployed again (${type})`, async () => {
        await load(trigger());
        await baseline();
        orders.push({ id: 3 });
        await emitted(1);
        orders.push({ id: 4 });
        await deploy(type, trigger({ interval: 0.2, name: 'another name' }));
        await emitted(2);
        orders.push({ id: 5 });
        await emitted(3);
        assert.deepEqual(keys(), ['3', '4', '5']);
      });
    }

    it('stays while the node, or its flow, is disabled', async () => {
      await load(trigger());
      await baseline();
      await deploy('full', trigger({ d: true }));
      orders.push({ id: 3 });
      await deploy('full', trigger());
      await emitted(1);
      const rest = flow(trigger()).slice(1);
      await helper.setFlows([{ ...tab, disabled: true }, ...rest], 'full');
      orders.push({ id: 4 });
      await helper.setFlows([tab, ...rest], 'full');
      await emitted(2);
      assert.deepEqual(keys(), ['3', '4']);
    });

    it('goes with the node, and only with it', async () => {
      const other = trigger({ id: 'other' });
      await load(trigger(), other);
      await Promise.all([baseline(), shows(/status\.baseline/, 'other')]);
      await deploy('nodes', other);
      assert.deepEqual(await known('poll'), { document: false, ids: 0 });
      assert.deepEqual(await known('other'), { document: true, ids: 2 });
    });

    it('goes with a node that could not start', async () => {
      await load(trigger());
      await baseline();
      await deploy('full', trigger({ connection: '' }));
      assert.deepEqual(await known('poll'), { document: true, ids: 2 });
      await deploy('full');
      assert.deepEqual(await known('poll'), { document: false, ids: 0 });
    });

    it('of a node in a subflow goes with its instance', async () => {
      const template = { id: 'sub', type: 'subflow', name: 'a subflow', in: [], out: [] };
      const inner = trigger({ id: 'inner', z: 'sub', url: '{{env.INSTANCE}}', wires: [] });
      const instance = (id: string) => {
        const env = [{ name: 'INSTANCE', type: 'str', value: `instance ${id}` }];
        return { id, ...place, type: 'subflow:sub', env, wires: [] };
      };
      await load(template, inner, instance('one'), instance('two'));
      // The second request of each comes after its first poll is stored.
      const asked = (path: string) => server.received.filter(({ url }) => url === path).length > 1;
      await until('two polls', () => asked('/instance%20one') && asked('/instance%20two'));
      await deploy('full', template, inner, instance('two'));
      assert.deepEqual(await known('one-inner'), { document: false, ids: 0 });
      assert.deepEqual(await known('two-inner'), { document: true, ids: 2 });
    });

    it('begins anew, and says so, when the settings name other records', async () => {
      await load(trigger());
      await baseline();
      orders.push({ id: 3 });
      await emitted(1);
      await helper.unload();
      statuses.clear();
      orders.push({ id: 4 });
      await load(trigger({ url: 'orders?open=true' }));
      await baseline();
      assert.ok(helper.log().args.some(([entry]) => /log\.changed/.test(String(entry.msg))));
      orders.push({ id: 5 });
      await emitted(2);
      assert.deepEqual(keys(), ['3', '5']);
    });
  });

  describe('the end', () => {
    it('does not wait for a poll that hangs', async () => {
      await load(trigger({ url: 'hang' }));
      await until('the request', () => server.received.length === 1);
      const started = performance.now();
      await deploy('full');
      assert.ok(performance.now() - started < 2000);
    });

    it('may come before the beginning', async () => {
      await load(trigger());
      await helper.unload();
      assert.equal(received.length, 0);
    });
  });

  it('polls with a hundred nodes, and one that hangs disturbs none of them', async function () {
    this.timeout(20_000);
    const nodes = Array.from({ length: 100 }, (_, n) => trigger({ id: `poll ${n}`, interval: 1 }));
    await load(...nodes, trigger({ id: 'hanging', url: 'hang' }));
    await until('all baselines', () => nodes.every(({ id }) => polled(id)));
    orders.push({ id: 3 });
    await emitted(100);
    assert.deepEqual(
      keys(),
      Array.from({ length: 100 }, () => '3'),
    );
    assert.equal(new Set(received.map(({ event }) => event.id)).size, 100);
    assert.equal(server.received.filter(({ url }) => url === '/hang').length, 1);
  });
});
