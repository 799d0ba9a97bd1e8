import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Node, NodeAPI } from 'node-red';
import webhookTrigger from '../../nodes/webhook-trigger/webhook-trigger';

interface Message {
  topic?: string;
  payload: unknown;
  event: { id: string; name: string; type: string; time: string; attempt: number };
  request: Record<string, unknown> & { rawBody?: Buffer };
  failure?: { typeId: string; message: string };
  error?: { message: string; code?: string; source: { id: string } };
}

interface Spied {
  args: unknown[][];
}

interface TestNode extends Node {
  received: Message[];
}

interface Helper {
  init(path: string): void;
  settings(settings: object): void;
  load(nodes: unknown[], flow: object[], credentials?: object): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: object[], type: string): Promise<void>;
  getNode(id: string): TestNode | null;
}

const helper = require('node-red-node-test-helper') as Helper;
helper.init(require.resolve('node-red'));

const tab = { id: 'tab', type: 'tab', label: 'tab' };
const out = { id: 'out', z: 'tab', type: 'helper', wires: [] };
const caught = { id: 'caught', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['errors']] };
const errors = { id: 'errors', z: 'tab', type: 'helper', wires: [] };

function trigger(fields: object): object {
  return { id: 'hook', z: 'tab', type: 'webhook-trigger', path: 'hooks/order', wires: [['out']], ...fields };
}

describe('nodes/webhook-trigger', () => {
  let RED: NodeAPI;
  let server: Server;
  let url: string;
  const userDir = mkdtempSync(join(tmpdir(), 'webhook-'));
  after(() => rmSync(userDir, { recursive: true, force: true }));

  async function listen(listener: RequestListener): Promise<void> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function collect(): void {
    for (const id of ['out', 'errors']) {
      const node = helper.getNode(id);
      if (!node || node.received) continue;
      node.received = [];
      node.on('input', (msg) => {
        node.received.push(msg as unknown as Message);
        node.emit('received');
      });
    }
  }

  async function load(flow: object[], credentials = {}, settings: object = {}): Promise<void> {
    helper.settings({ userDir, ...settings });
    const keep = (red: NodeAPI) => (RED = red);
    await helper.load([keep, webhookTrigger], [tab, out, caught, errors, ...flow], credentials);
    collect();
    await listen(RED.httpNode);
  }

  async function message(id = 'out'): Promise<Message> {
    const node = helper.getNode(id)!;
    if (node.received.length === 0) await once(node, 'received');
    return node.received.shift()!;
  }

  /** The messages that are there when a later delivery has come through: so nothing is waited for in vain. */
  async function everything(): Promise<Message[]> {
    assert.equal((await post('last', { path: '/last' })).status, 200);
    const node = helper.getNode('out')!;
    while (!node.received.some((msg) => msg.topic === 'last')) await once(node, 'received');
    return node.received.splice(0).filter((msg) => msg.topic !== 'last');
  }
  const last = trigger({ id: 'last-hook', path: 'last', event: 'last' });

  const post = (
    body: BodyInit,
    { path = '/hooks/order', type = 'text/plain', headers = {}, method = 'POST' } = {},
  ) => fetch(url + path, { method, body, headers: { 'content-type': type, ...headers } });

  const calls = (id: string, method: 'status' | 'error' | 'warn') =>
    (helper.getNode(id)![method] as unknown as Spied).args
      .map(([value]) => value)
      .filter((_, index) => spiedOn(id, method)[index]);
  /** The helper's spies are shared by all nodes. */
  const spiedOn = (id: string, method: 'status' | 'error' | 'warn') =>
    (helper.getNode(id)![method] as unknown as { thisValues: Node[] }).thisValues.map(
      (node) => node.id === id,
    );
  const status = (id = 'hook') =>
    calls(id, 'status').at(-1) as { fill?: string; shape?: string; text?: string };

  afterEach(async () => {
    await helper.unload();
    helper.settings({});
    if (server?.listening) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  describe('a delivery', () => {
    it('is answered at once and becomes a message', async () => {
      await load([trigger({ event: 'New order', path: '/hooks/:kind/', rawBody: true })]);
      assert.deepEqual(status(), {
        fill: 'green',
        shape: 'dot',
        text: 'node-red-contrib-http-connector/webhook-trigger:status.listening',
      });
      const response = await post('{ "a": 1 }', {
        path: '/hooks/or%C3%B6der?x=1&x=2',
        type: 'application/json',
        headers: { cookie: 'session=abc' },
      });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'application/json');
      assert.equal(await response.text(), '{"status":"ok"}');
      const texts = 'node-red-contrib-http-connector/webhook-trigger:status';
      assert.deepEqual(status(), {
        fill: 'green',
        shape: 'dot',
        text: `${texts}.listening · ${texts}.last`,
      });
      const { topic, payload, event, request: incoming } = await message();
      assert.equal(topic, 'New order');
      assert.deepEqual(payload, { a: 1 });
      assert.match(event.id, /^[0-9a-f-]{36}$/);
      assert.deepEqual(
        { ...event, id: '', time: '' },
        { id: '', name: 'New order', type: 'webhook', time: '', attempt: 1 },
      );
      assert(Math.abs(Date.now() - Date.parse(event.time)) < 10_000);
      const { headers, rawBody, ...rest } = incoming;
      assert.equal((headers as Record<string, string>)['content-type'], 'application/json');
      assert.deepEqual(rawBody, Buffer.from('{ "a": 1 }'));
      assert.deepEqual(rest, {
        method: 'POST',
        url: '/hooks/or%C3%B6der?x=1&x=2',
        path: '/hooks/or%C3%B6der',
        params: { kind: 'oröder' },
        query: { x: ['1', '2'] },
        cookies: { session: 'abc' },
        ip: '127.0.0.1',
      });
    });

    it('has no raw bytes on the message unless they are asked for', async () => {
      await load([trigger({})]);
      await post('x');
      assert(!('rawBody' in (await message()).request));
    });

    it('is decoded by its content type or as told', async () => {
      await load([trigger({}), trigger({ id: 'told-hook', path: 'told', payload: 'binary' })]);
      await post('a=1&a=2&__proto__=x', { type: 'application/x-www-form-urlencoded' });
      const form = (await message()).payload as Record<string, unknown>;
      assert.deepEqual(form.a, ['1', '2']);
      assert.equal(Object.getPrototypeOf(form), Object.prototype);
      await post(Buffer.from([0xfc]), { type: 'text/plain; charset=latin1' });
      assert.equal((await message()).payload, 'ü');
      await post(Buffer.from([0, 255]), { type: 'application/octet-stream' });
      assert.deepEqual((await message()).payload, Buffer.from([0, 255]));
      await post('{', { path: '/told', type: 'application/json' });
      assert.deepEqual((await message()).payload, Buffer.from('{'));
    });

    it('comes by each of the chosen methods and by no other', async () => {
      await load([trigger({ methods: ['get', 'PUT', 'DELETE'] })]);
      for (const method of ['PUT', 'DELETE']) {
        assert.equal((await post('x', { method })).status, 200);
        assert.equal((await message()).request.method, method);
      }
      assert.equal((await fetch(`${url}/hooks/order?a=1`)).status, 200);
      assert.deepEqual((await message()).payload, { a: '1' });
      assert.equal((await post('x')).status, 404);
      assert.equal((await fetch(`${url}/hooks/order`, { method: 'HEAD' })).status, 404);
    });

    it('may be compressed; the bytes as received are kept', async () => {
      await load([trigger({ rawBody: true })]);
      const body = gzipSync('{ "a": 1 }');
      await post(body, { type: 'application/json', headers: { 'content-encoding': 'gzip' } });
      const { payload, request: incoming } = await message();
      assert.deepEqual(payload, { a: 1 });
      assert.deepEqual(incoming.rawBody, body);
    });

    it('keeps its bytes, whatever they are and however they are sent', async () => {
      await load([trigger({ rawBody: true, payload: 'binary' })]);
      const types = fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        'text/plain',
        '',
      );
      const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(parts, types, fc.boolean(), async (chunks, type, chunked) => {
          const body = Buffer.concat(chunks);
          const headers = {
            ...(type ? { 'content-type': type } : {}),
            ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }),
          };
          const outgoing = request(`${url}/hooks/order`, { method: 'POST', headers });
          for (const chunk of chunks) outgoing.write(chunk);
          outgoing.end();
          const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
          response.resume();
          assert.equal(response.statusCode, 200);
          const { payload, request: incoming } = await message();
          assert(body.equals(incoming.rawBody!));
          assert(body.equals(payload as Buffer));
        }),
        { numRuns: 100 },
      );
    });

    it('takes the route that fits best, whichever was deployed first', async () => {
      await load([
        trigger({ id: 'general-hook', path: 'a/:x', event: 'general' }),
        trigger({ id: 'special-hook', path: 'a/b', event: 'special' }),
      ]);
      await post('', { path: '/a/b' });
      assert.equal((await message()).topic, 'special');
      await post('', { path: '/a/c' });
      assert.equal((await message()).topic, 'general');
    });
  });

  describe('the answer', () => {
    it('is a template over the message, with typed headers', async () => {
      await load(
        [
          trigger({
            answerStatus: '202',
            answerBody: '{"id":"{{event.id}}","n":{{payload.n}},"env":"{{env.WEBHOOK_TEST}}"}',
            answerHeaders: [
              { name: 'X-Text', value: 'n is {{payload.n}}', type: 'str' },
              { name: 'X-Sum', value: 'payload.n + 1', type: 'jsonata' },
              { name: 'X-Msg', value: 'payload.n', type: 'msg' },
            ],
          }),
        ],
        {},
      );
      const response = await post('{"n":7}', { type: 'application/json' });
      const { event } = await message();
      assert.equal(response.status, 202);
      assert.deepEqual(await response.json(), { id: event.id, n: 7, env: '' });
      assert.deepEqual(
        ['x-text', 'x-sum', 'x-msg'].map((name) => response.headers.get(name)),
        ['n is 7', '8', '7'],
      );
    });

    it('may be empty', async () => {
      await load([trigger({ answerStatus: 204, answerBody: '{"status":"ok"}' })]);
      const response = await post('x');
      assert.equal(response.status, 204);
      assert.equal(response.headers.get('content-length'), null);
    });

    it('that cannot be made costs the answer, not the event, and Catch hears of it', async () => {
      await load([
        trigger({
          event: 'order',
          answerStatus: 201,
          answerHeaders: [{ name: 'X-Bad', value: '{{payload}}', type: 'str' }],
        }),
      ]);
      const response = await post('two\r\nlines');
      assert.equal(response.status, 201);
      assert.equal(await response.text(), '');
      assert.equal(response.headers.get('x-bad'), null);
      assert.equal((await message()).payload, 'two\r\nlines');
      const { failure, error, topic } = await message('errors');
      assert.equal(error?.code, 'TEMPLATE');
      assert.equal(failure?.typeId, 'TEMPLATE');
      assert.equal(topic, 'order');
      assert.deepEqual(status(), { fill: 'red', shape: 'ring', text: 'TEMPLATE' });
      assert.equal((await post('one line')).headers.get('x-bad'), 'one line');
      assert.equal(status().fill, 'green');
    });
  });

  describe('a refused delivery', () => {
    const secured = trigger({ verification: 'secret-header', secretHeader: 'X-Secret' });
    const credentials = { hook: { secret: 'correct horse' } };

    it('is told why, shown on the node, and makes no message and no error', async () => {
      await load([secured, last], credentials);
      for (const headers of [{}, { 'x-secret': 'wrong' }, { 'x-secret': 'correct horse ' + 'x' }]) {
        const response = await post('{}', { type: 'application/json', headers });
        assert.equal(response.status, 401);
        assert.match(response.headers.get('www-authenticate')!, /^Secret/);
        const { error, code } = (await response.json()) as Record<string, string>;
        assert.match(error!, /^the secret is (missing|wrong)$/);
        assert.equal(code, 'UNAUTHORIZED');
      }
      assert.deepEqual(status(), { fill: 'yellow', shape: 'ring', text: '401 UNAUTHORIZED' });
      assert.deepEqual(calls('hook', 'warn'), [
        'refused a delivery: 401 UNAUTHORIZED: the header "x-secret" is missing',
      ]);
      assert.deepEqual(await everything(), []);
      assert.deepEqual(helper.getNode('errors')!.received, []);

      const good = await post('{}', { type: 'application/json', headers: { 'X-SECRET': 'correct horse' } });
      assert.equal(good.status, 200);
      assert.doesNotMatch(JSON.stringify(await message()), /correct horse/);
      assert.equal(status().fill, 'green');
    });

    it('is every delivery when the secret is not set', async () => {
      await load([secured, last]);
      assert.deepEqual(status(), { fill: 'red', shape: 'ring', text: 'CONFIG' });
      assert.match(String(calls('hook', 'error')[0]), /no secret is set/);
      for (const headers of [{}, { 'x-secret': '' }]) {
        const response = await post('x', { headers });
        assert.equal(response.status, 500);
        assert.equal(((await response.json()) as Record<string, string>).code, 'CONFIG');
      }
      assert.deepEqual(await everything(), []);
    });

    it('is malformed JSON', async () => {
      await load([trigger({}), last]);
      const response = await post('{ "a": ', { type: 'application/json' });
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('content-type'), 'application/json');
      const { error, code } = (await response.json()) as Record<string, string>;
      assert.match(error!, /^the body is not valid JSON: /);
      assert.equal(code, 'INVALID_BODY');
      assert.deepEqual(await everything(), []);
    });

    it('has a path that is not valid percent-encoding', async () => {
      await load([trigger({ path: 'hooks/:id' }), last]);
      for (const id of ['%zz', '%', '%C3%28']) {
        const response = await post('x', { path: `/hooks/${id}` });
        assert.equal(response.status, 400);
        assert.equal(((await response.json()) as Record<string, string>).code, 'INVALID_REQUEST');
      }
      assert.deepEqual(await everything(), []);
    });

    it('is too large, by its announcement, by its bytes or when decompressed', async () => {
      await load([trigger({ maxSize: 1 }), last]);
      const announced = await post(Buffer.alloc(1025));
      const chunked = await fetch(`${url}/hooks/order`, {
        method: 'POST',
        body: new Blob([Buffer.alloc(3_000_000)]).stream(),
        duplex: 'half',
      } as RequestInit);
      const bomb = await post(gzipSync(Buffer.alloc(1_000_000)), { headers: { 'content-encoding': 'gzip' } });
      for (const response of [announced, chunked, bomb]) {
        assert.equal(response.status, 413);
        const { error, code } = (await response.json()) as Record<string, string>;
        assert.equal(code, 'BODY_TOO_LARGE');
        assert.equal(error, 'the body is larger than the limit of 1024 bytes');
      }
      assert.equal(announced.headers.get('connection'), 'close');
      assert.equal((await post(Buffer.alloc(1024))).status, 200);
      assert.equal((await everything()).length, 1);
    });
  });

  describe('hostile senders', () => {
    it('that hang up half way leave nothing behind', async () => {
      await load([trigger({}), last]);
      for (const lines of [
        'Content-Length: 100\r\n\r\nhalf',
        'Transfer-Encoding: chunked\r\n\r\n5\r\nhal',
        'Content-Length: 9999999\r\n\r\nhalf',
      ]) {
        const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(`POST /hooks/order HTTP/1.1\r\nHost: x\r\n${lines}`);
        const [incoming] = await arrived;
        socket.destroy();
        if (!incoming.closed) await new Promise<void>((resolve) => incoming.once('close', resolve));
        assert.deepEqual(
          ['data', 'aborted'].map((name) => incoming.listenerCount(name)),
          [0, 0],
        );
      }
      assert.deepEqual(await everything(), []);
    });

    it('that break off a chunked body cost an answer at most', async () => {
      await load([trigger({}), last]);
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write('POST /hooks/order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
      await once(socket, 'close');
      assert.deepEqual(await everything(), []);
    });

    it('with a body that another part of the server has read get an answer, and the node says so', async () => {
      await load([trigger({}), last]);
      server.removeAllListeners('request');
      server.on('request', (incoming, response) => {
        incoming.on('data', () => undefined);
        const go = () => (RED.httpNode as unknown as RequestListener)(incoming, response);
        if (incoming.url === '/last') (RED.httpNode as unknown as RequestListener)(incoming, response);
        else incoming.on('end', go);
      });
      const response = await post('x');
      assert.equal(response.status, 500);
      assert.equal(((await response.json()) as Record<string, string>).code, 'BODY_CONSUMED');
      const { failure } = await message('errors');
      assert.match(failure!.message, /another part of this server has read the body/);
      assert.deepEqual(helper.getNode('out')!.received, []);
    });
  });

  describe('routes', () => {
    it('are refused by the name of the event to whoever has none of its own', async () => {
      await load([
        trigger({ id: 'one-hook', name: '', event: 'New order', path: 'a' }),
        trigger({ id: 'two-hook', path: 'a' }),
      ]);
      assert.match(String(calls('two-hook', 'error')[0]), /"New order" \(one-hook\) has the same path/);
    });

    it('are refused to two nodes with the same method and path, by name', async () => {
      await load([
        trigger({ id: 'one-hook', name: 'Orders', event: 'one', methods: ['POST', 'PUT'], path: 'a/:x' }),
        trigger({ id: 'two-hook', event: 'two', methods: ['GET', 'PUT'], path: '/A/:y/' }),
      ]);
      for (const [id, other] of [
        ['one-hook', '"two" (two-hook)'],
        ['two-hook', '"Orders" (one-hook)'],
      ] as const) {
        assert.deepEqual(status(id), { fill: 'red', shape: 'ring', text: 'CONFIG' });
        const [sentence] = calls(id, 'error');
        assert(String(sentence).includes(`${other} has the same path and takes PUT too`));
      }
      for (const method of ['GET', 'POST', 'PUT']) {
        assert.equal((await fetch(`${url}/a/1`, { method })).status, 404);
      }
    });

    it('go to the waiting node when the other one is removed, also when only changed nodes are deployed', async () => {
      const two = trigger({ id: 'two-hook', event: 'two' });
      await load([trigger({ id: 'one-hook', event: 'one' }), two]);
      assert.equal(status('two-hook').fill, 'red');
      await helper.setFlows([tab, out, caught, errors, two], 'nodes');
      await post('x');
      assert.equal((await message()).topic, 'two');
      assert.equal(status('two-hook').fill, 'green');
    });

    it('are gone with their node, and only they; others and their order stay', async () => {
      const one = trigger({ id: 'one-hook', path: 'one', event: 'one' });
      const two = trigger({ id: 'two-hook', path: 'two', event: 'two' });
      await load([one, two]);
      RED.httpNode.post('/two', (_request, response) => void response.send('foreign'));
      RED.httpNode.post('/foreign', (_request, response) => void response.send('foreign'));
      await helper.setFlows([tab, out, caught, errors, two], 'nodes');
      assert.equal((await post('x', { path: '/one' })).status, 404);
      await post('x', { path: '/two' });
      assert.equal((await message()).topic, 'two');
      await helper.setFlows([tab, out, caught, errors], 'full');
      assert.equal(await (await post('x', { path: '/two' })).text(), 'foreign');
      assert.equal(await (await post('x', { path: '/foreign' })).text(), 'foreign');
    });

    it('survive full deploys: one handler at the front and one route a node, however many there were', async () => {
      const flow = [trigger({ event: 'a' }), last];
      await load(flow);
      const app = RED.httpNode as unknown as { _router: { stack: { name: string; route?: unknown }[] } };
      const before = app._router.stack.map(({ name, route }) => [name, Boolean(route)]);
      for (let round = 0; round < 3; round++) {
        const changed = trigger({ event: `deploy ${round}` });
        await helper.setFlows([tab, out, caught, errors, changed, last], 'full');
        collect();
        await post('x');
        assert.equal((await message()).topic, `deploy ${round}`);
      }
      assert.deepEqual(
        app._router.stack.map(({ name, route }) => [name, Boolean(route)]),
        before,
      );
    });

    it('of requests that are none of ours are left alone', async () => {
      await load([trigger({})]);
      RED.httpNode.post('/other', (incoming, response) => {
        incoming.toArray().then(
          (chunks) => response.send(`${chunks.join('')} ${typeof incoming.body}`),
          (error: unknown) => response.status(500).send(String(error)),
        );
      });
      assert.equal(await (await post('x', { path: '/other' })).text(), 'x undefined');
      assert.equal((await post('x', { method: 'PUT' })).status, 404);
    });

    it('are below no root when settings.js has none', async () => {
      await load([trigger({})], {}, { httpNodeRoot: false });
      assert.equal(status().text, 'CONFIG');
      assert.match(String(calls('hook', 'error')[0]), /httpNodeRoot is false/);
      assert.equal((await post('x')).status, 404);
    });

    it('are not made from settings that cannot work, and the node says why', async () => {
      for (const [fields, reason] of [
        [{ path: '' }, /the path is empty/],
        [{ methods: [] }, /no method is chosen/],
        [{ methods: ['FROB'] }, /"FROB" is not a method/],
        [{ maxSize: 0 }, /the largest body must be a number of at least 1/],
        [{ answerStatus: 99 }, /between 200 and 599/],
        [{ answerBody: '{{#open}}' }, /[Uu]nclosed/],
        [{ answerHeaders: [{ name: 'a b', value: '', type: 'str' }] }, /"a b" is not a header name/],
        [{ verification: 'hmac' }, /"hmac" is not known/],
        [{ configVersion: 99 }, /newer release/],
      ] as const) {
        await load([trigger(fields)]);
        assert.equal(status().fill, 'red', String(reason));
        assert.match(String(calls('hook', 'error')[0]), reason);
        assert.equal((await post('x')).status, 404);
        await helper.unload();
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
      await load([]);
    });
  });

  describe('what settings.js wants for every route', () => {
    it('runs the middleware first, which may refuse; its errors cost an answer', async () => {
      const seen: string[] = [];
      const httpNodeMiddleware = [
        (
          incoming: IncomingMessage,
          response: { sendStatus(status: number): void },
          next: (e?: unknown) => void,
        ) => {
          seen.push(incoming.url!);
          if (incoming.headers['x-mode'] === 'refuse') response.sendStatus(403);
          else if (incoming.headers['x-mode'] === 'fail') throw new Error('broken middleware');
          else next();
        },
      ];
      await load([trigger({}), last], {}, { httpNodeMiddleware });
      assert.equal((await post('x')).status, 200);
      assert.equal((await post('x', { headers: { 'x-mode': 'refuse' } })).status, 403);
      const failed = await post('x', { headers: { 'x-mode': 'fail' } });
      assert.equal(failed.status, 500);
      assert.deepEqual(await failed.json(), {
        error: 'the delivery could not be processed',
        code: 'INTERNAL',
      });
      assert.equal(seen.length, 3);
      assert.equal((await everything()).length, 1);
    });

    it('lets pages of other origins read answers, refusals too', async () => {
      const httpNodeCors = { origin: 'https://shop.example', methods: 'POST' };
      await load([trigger({})], {}, { httpNodeCors });
      for (const body of ['{}', '{']) {
        const response = await post(body, { type: 'application/json' });
        assert.equal(response.headers.get('access-control-allow-origin'), 'https://shop.example');
        assert.equal(response.headers.get('vary'), 'Origin');
      }
      const asked = await fetch(`${url}/hooks/order`, { method: 'OPTIONS' });
      assert.equal(asked.status, 204);
      assert.equal(asked.headers.get('access-control-allow-methods'), 'POST');
    });

    it('asks functions for the origin, as the cors package does', async () => {
      const httpNodeCors = (_request: unknown, callback: (error: unknown, options: unknown) => void) =>
        callback(null, {
          origin: (origin: string, decide: (error: unknown, allowed?: boolean) => void) =>
            decide(null, origin === 'https://shop.example'),
        });
      await load([trigger({})], {}, { httpNodeCors });
      const of = async (origin: string) =>
        (await post('x', { headers: { origin } })).headers.get('access-control-allow-origin');
      assert.equal(await of('https://shop.example'), 'https://shop.example');
      assert.equal(await of('https://other.example'), null);
    });
  });

  it('finishes what it had taken before it closes', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await load([trigger({ answerHeaders: [{ name: 'X-Flow', value: 'x', type: 'flow' }] })]);
    const node = helper.getNode('hook')!;
    let asked: () => void = () => undefined;
    const answering = new Promise<void>((resolve) => (asked = resolve));
    Object.assign(node, {
      context: () => ({
        flow: {
          get(_key: string, _store: unknown, callback: (error: unknown, value: unknown) => void) {
            asked();
            void held.then(() => callback(null, 'kept'));
          },
        },
      }),
    });
    const response = post('x');
    await answering;
    const unloaded = helper.setFlows([tab, out, caught, errors], 'nodes');
    release();
    assert.equal((await response).headers.get('x-flow'), 'kept');
    assert.equal((await message()).payload, 'x');
    await unloaded;
  });
});
