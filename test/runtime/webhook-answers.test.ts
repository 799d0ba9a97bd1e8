/** Answers from the flow, repeats, limits, what a sample shows: on a real Node-RED. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Seen {
  payload: unknown;
  parts?: { index: number; count: number };
  event: { id: string; attempt: number; name: string };
  cloudEvent?: { type: string };
}

const at = { z: 'tab1', x: 10, y: 10 };
const debug = (id: string): FlowNode => ({
  id,
  type: 'debug',
  ...at,
  active: true,
  tosidebar: true,
  complete: 'true',
  wires: [],
});
const trigger = (id: string, fields: object): FlowNode => ({
  id,
  type: 'webhook-trigger',
  ...at,
  path: id,
  wires: [['seen1']],
  ...fields,
});
const code = (id: string, func: string, next: string): FlowNode => ({
  id,
  type: 'function',
  ...at,
  func,
  outputs: 1,
  wires: [[next]],
});

const flows: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  debug('seen1'),
  trigger('flow1', {
    answer: 'flow',
    answerTimeout: 0.4,
    wires: [['think1', 'seen1']],
    repeatBy: 'header',
    repeatName: 'X-Id',
  }),
  code(
    'think1',
    `if (msg.payload.wait) setTimeout(() => node.send(msg), msg.payload.wait); else return msg;`,
    'answer0',
  ),
  code(
    'answer0',
    'msg.statusCode = 201; msg.headers = { "X-From": "flow" }; msg.payload = { at: Date.now() }; return msg;',
    'answer1',
  ),
  { id: 'answer1', type: 'http response', ...at, statusCode: '', headers: {}, wires: [] },
  trigger('once1', { repeatBy: 'path', repeatName: 'id', answerBody: '{"time":"{{event.time}}"}' }),
  trigger('some1', { condition: 'payload.amount > 10', split: true, splitPath: 'list' }),
  trigger('rate1', { rateLimit: 1, rateBurst: 2, rateUnit: 'm' }),
  trigger('slow1', { bodyTimeout: 0.2 }),
  trigger('full1', {
    acknowledge: 'done',
    doneTimeout: 600,
    inboxCount: 2,
    wires: [['never1']],
  }),
  code('never1', 'if (false) node.done();', 'seen1'),
  trigger('cloud1', { payload: 'cloudevents' }),
  trigger('memory1', { durable: false }),
  trigger('signed1', { verification: 'preset', preset: 'slack' }),
];
const secret = 'correct horse battery staple';
const credentials = { signed1: { secret } };

for (const line of lines) {
  describe(`runtime/webhook answers on Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    before(async () => {
      nodeRed = await startNodeRed({ line, flows, credentials });
    });
    after(() => nodeRed?.stop());
    beforeEach(() => (nodeRed.debug.length = 0));

    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${nodeRed.url}/${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
    const seen = () => nodeRed.debug.map(({ value }) => value as Seen);

    it('come from the flow, by the core http response node', async () => {
      const answer = await post('flow1', { wait: 50 });
      assert.deepEqual([answer.status, answer.headers.get('x-from')], [201, 'flow']);
      assert.deepEqual(Object.keys((await answer.json()) as object), ['at']);
    });

    it('are the fallback when the flow takes too long; what it says later harms nobody', async () => {
      const answer = await post('flow1', { wait: 800 });
      assert.deepEqual([answer.status, await answer.json()], [504, { error: 'no answer in time' }]);
      await nodeRed.waitForLog(/the flow answered too late/);
      assert.doesNotMatch(nodeRed.log(), /Cannot set headers/);
    });

    it('are the same for a repeat, while the first is on its way and afterwards', async () => {
      const id = { 'x-id': 'order-7' };
      const [first, second] = await Promise.all([
        post('flow1', { wait: 100 }, id),
        post('flow1', { wait: 100 }, id),
      ]);
      const texts = [await first.text(), await second.text(), await (await post('flow1', {}, id)).text()];
      assert.equal(new Set(texts).size, 1, texts.join());
      assert.equal(seen().length, 1);
    });

    it('are given by a redeploy to whoever still waits', async () => {
      const waiting = post('flow1', { wait: 5000 });
      await nodeRed.waitForDebug(() => true);
      await nodeRed.deploy(flows, 'full');
      assert.equal((await waiting).status, 504);
    });

    it('are the same to a repeat of an event that is handed on once', async () => {
      const answers = [];
      for (let n = 0; n < 3; n++) answers.push(await (await post('once1', { id: 'evt_1' })).text());
      assert.equal(new Set(answers).size, 1);
      assert.equal((await post('once1', { id: 'evt_2' })).status, 200);
      await nodeRed.until('two events', () => seen().length === 2);
      assert.deepEqual(
        seen().map(({ event }) => event.id),
        ['evt_1', 'evt_2'],
      );
    });

    it('are a success for what the condition leaves out; a list becomes events', async () => {
      const list = [{ amount: 5 }, { amount: 20 }, { amount: 30 }];
      assert.equal((await post('some1', { list })).status, 200);
      assert.equal((await post('some1', { list: [{ amount: 1 }] })).status, 200);
      const wrong = await post('some1', { list: 'none' });
      assert.equal(wrong.status, 400);
      await nodeRed.until('two events', () => seen().length === 2);
      assert.deepEqual(
        seen().map(({ payload, parts }) => [payload, parts!.index, parts!.count]),
        [
          [{ amount: 20 }, 0, 2],
          [{ amount: 30 }, 1, 2],
        ],
      );
    });

    it('say when there is too much: rate, waiting events, and a body that never ends', async () => {
      const statuses = [];
      for (let n = 0; n < 3; n++) statuses.push(await post('rate1', {}));
      assert.deepEqual(
        statuses.map(({ status }) => status),
        [200, 200, 429],
      );
      assert(Number(statuses[2]!.headers.get('retry-after')) > 30);
      const full = [];
      for (let n = 0; n < 3; n++) full.push((await post('full1', {})).status);
      assert.deepEqual(full, [200, 200, 503]);
      const socket = connect(nodeRed.port, '127.0.0.1');
      const path = new URL(`${nodeRed.url}/slow1`).pathname;
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 408 /);
      await once(socket, 'close');
    });

    it('take CloudEvents in both modes and in batches, each once, and the OPTIONS before them', async () => {
      const event = { specversion: '1.0', id: '1', source: '/shop', type: 'order.made', data: { a: 1 } };
      const type = { 'content-type': 'application/cloudevents+json' };
      assert.equal((await post('cloud1', event, type)).status, 200);
      const headers = {
        'ce-id': '2',
        'ce-source': '/shop',
        'ce-type': 'order.made',
        'ce-specversion': '1.0',
      };
      assert.equal((await post('cloud1', { a: 2 }, headers)).status, 200);
      const batch = { 'content-type': 'application/cloudevents-batch+json' };
      assert.equal((await post('cloud1', [event, { ...event, id: '3' }], batch)).status, 200);
      assert.equal((await post('cloud1', {})).status, 400);
      await nodeRed.until('three events', () => seen().length === 3);
      assert.deepEqual(
        seen().map(({ event: { id, name }, cloudEvent }) => [id, name, cloudEvent!.type]),
        ['1', '2', '3'].map((id) => [`/shop ${id}`, 'order.made', 'order.made']),
      );
      const asked = await fetch(`${nodeRed.url}/cloud1`, {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': 'shop.example' },
      });
      assert.equal(asked.headers.get('webhook-allowed-origin'), 'shop.example');
    });

    it('are as fast without a durable inbox, and the events come', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => post('memory1', n)));
      await nodeRed.until('all events', () => seen().length === 50);
    });

    it('answer the handshake of a preset, and tell who is not verified nothing', async () => {
      const body = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
      const time = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
      const headers = { 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${signature}` };
      const answer = await post('signed1', body, headers);
      assert.deepEqual([answer.status, await answer.json()], [200, { challenge: 'abc' }]);
      assert.equal((await post('signed1', body)).status, 401);
      assert.deepEqual(seen(), []);
    });

    describe('and the sample', () => {
      interface State {
        state: string;
        sample?: {
          delivery: { text?: string; headers: Record<string, string>; size: number };
          verdict: { result: string; status: number; code?: string; detail?: string };
          messages: { payload: unknown }[];
        };
      }
      const listen = async (id: string, method: string, body?: object): Promise<State> =>
        (await (
          await nodeRed.admin(`webhook-trigger/${id}/listen`, {
            method,
            ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
          })
        ).json()) as State;

      it('shows what a node that runs gets, and why it was refused', async () => {
        const config = flows.find(({ id }) => id === 'signed1')!;
        const started = await listen('signed1', 'POST', { config, credentials: { secret: '__PWRD__' } });
        assert.equal(started.state, 'listening');
        const headers = {
          'x-slack-request-timestamp': '1',
          'x-slack-signature': 'v0=00',
          authorization: 'Bearer x',
        };
        assert.equal((await post('signed1', { a: 1 }, headers)).status, 401);
        const { state, sample } = await listen('signed1', 'GET');
        assert.equal(state, 'received');
        assert.equal(sample!.verdict.result, 'refused');
        assert.match(sample!.verdict.detail!, /timestamp/);
        assert.deepEqual([sample!.delivery.text, sample!.delivery.size], ['{"a":1}', 7]);
        assert.equal(sample!.delivery.headers.authorization, '•••');
        await listen('signed1', 'DELETE');
        assert.equal((await listen('signed1', 'GET')).state, 'over');
      });

      it('opens the path of a node that is not deployed, for the time, and makes no event', async () => {
        const config = { id: 'new1', type: 'webhook-trigger', z: 'tab1', path: 'new1', methods: ['POST'] };
        assert.equal((await post('new1', {})).status, 404);
        assert.equal((await listen('new1', 'POST', { config, credentials: {} })).state, 'listening');
        assert.equal((await post('new1', { a: 1 })).status, 200);
        const { sample } = await listen('new1', 'GET');
        assert.deepEqual([sample!.verdict.result, sample!.messages[0]!.payload], ['event', { a: 1 }]);
        await listen('new1', 'DELETE');
        assert.equal((await post('new1', {})).status, 404);
        assert.deepEqual(seen(), []);
      });

      it('is refused for a path that another node has, and for values that cannot work', async () => {
        const config = { id: 'new1', type: 'webhook-trigger', z: 'tab1', path: 'once1', methods: ['POST'] };
        const body = JSON.stringify({ config, credentials: {} });
        const headers = { 'content-type': 'application/json' };
        const answer = await nodeRed.admin('webhook-trigger/new1/listen', { method: 'POST', body, headers });
        assert.equal(answer.status, 400);
        assert.match(((await answer.json()) as { message: string }).message, /another webhook trigger/);
        assert.equal((await post('once1', { id: 'evt_9' })).status, 200);
      });
    });
  });
}
