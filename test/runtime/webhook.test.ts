import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Message {
  topic: string;
  payload: unknown;
  event: { id: string };
  request: { url: string; path: string; params: Record<string, string>; rawBody?: Buffer };
  failure?: { typeId: string };
}

const trigger = (id: string, fields: object): FlowNode => ({
  id,
  type: 'webhook-trigger',
  z: 'tab1',
  event: `event of ${id}`,
  rawBody: true,
  wires: [['seen1', 'copy1']],
  ...fields,
});

const debug = (id: string): FlowNode => ({
  id,
  type: 'debug',
  z: 'tab1',
  active: true,
  tosidebar: true,
  complete: 'true',
  wires: [],
});

/** The core pair, which our way in must not disturb. */
const echo: FlowNode[] = [
  { id: 'in1', type: 'http in', z: 'tab1', url: '/echo', method: 'post', wires: [['out1']] },
  { id: 'out1', type: 'http response', z: 'tab1', statusCode: '', headers: {}, wires: [] },
];

const base: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  debug('seen1'),
  // A second wire: its messages are clones. What is nested too deep to be cloned would end Node-RED at this node.
  {
    id: 'copy1',
    type: 'delay',
    z: 'tab1',
    pauseType: 'delay',
    timeout: '1',
    timeoutUnits: 'milliseconds',
    outputs: 1,
    wires: [['none1', 'none2']],
  },
  { id: 'none1', type: 'junction', z: 'tab1', wires: [['quiet1']] },
  { id: 'none2', type: 'junction', z: 'tab1', wires: [['quiet1']] },
  { id: 'quiet1', type: 'debug', z: 'tab1', active: false, complete: 'true', wires: [] },
  { id: 'catch1', type: 'catch', z: 'tab1', scope: null, uncaught: false, wires: [['caught1']] },
  debug('caught1'),
  ...echo,
];

const hook = trigger('hook1', { path: 'hooks/:shop/Order' });
const small = trigger('small1', { path: 'small', maxSize: 1 });
const secured = trigger('secured1', {
  path: 'secured',
  verification: 'secret-header',
  secretHeader: 'X-Secret',
});
const credentials = { secured1: { secret: 'correct horse battery' } };

const mounts = [
  { httpAdminRoot: '/', httpNodeRoot: '/' },
  { httpAdminRoot: '/admin', httpNodeRoot: '/' },
  { httpAdminRoot: '/', httpNodeRoot: '/api/v1' },
];

for (const line of lines) {
  for (const settings of mounts) {
    const where = `admin at ${settings.httpAdminRoot}, nodes at ${settings.httpNodeRoot}`;
    describe(`runtime/webhook on Node-RED ${line}, ${where}`, function () {
      this.timeout(60_000);
      let nodeRed: NodeRed;
      let next = 0;

      const flows = [...base, hook, small, secured];
      before(async () => {
        nodeRed = await startNodeRed({ line, flows, credentials, settings });
      });
      after(() => nodeRed?.stop());
      beforeEach(() => (next = nodeRed.debug.length));

      const post = (path: string, body: BodyInit, type: string, headers: Record<string, string> = {}) =>
        fetch(nodeRed.url + path, { method: 'POST', body, headers: { 'content-type': type, ...headers } });
      const read = async (response: Response) => ({
        status: response.status,
        ...((await response.json()) as Record<string, unknown>),
      });

      /** The next message at the debug node. */
      async function message(): Promise<Message> {
        const found = await nodeRed.until('a message at the debug node', () => nodeRed.debug[next]);
        next++;
        return found.value as Message;
      }

      it('takes JSON with exactly the bytes that were sent', async () => {
        const response = await post('/hooks/a/order', '{ "a": 1 }', 'application/json');
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), { status: 'ok' });
        const { payload, request: incoming, topic } = await message();
        assert.equal(incoming.rawBody!.toString(), '{ "a": 1 }');
        assert.deepEqual(payload, { a: 1 });
        assert.equal(topic, 'event of hook1');
        assert.deepEqual(incoming.params, { shop: 'a' });
        const mount = settings.httpNodeRoot.replace(/\/$/, '');
        assert.equal(incoming.path, `${mount}/hooks/a/order`);
      });

      it('takes every other kind of body, each with its bytes', async () => {
        const cases: [string, Buffer<ArrayBuffer>, unknown][] = [
          ['application/x-www-form-urlencoded', Buffer.from('a=1&a=2&b=%C3%BC+'), { a: ['1', '2'], b: 'ü ' }],
          ['text/plain; charset=iso-8859-1', Buffer.from([0x67, 0xfc, 0x0a]), 'gü\n'],
          ['application/cloudevents+json', Buffer.from('[ 1 ]'), [1]],
          ['application/octet-stream', Buffer.from([0, 255, 10, 13]), Buffer.from([0, 255, 10, 13])],
        ];
        for (const [type, body, payload] of cases) {
          assert.equal((await post('/hooks/a/order', body, type)).status, 200);
          const got = await message();
          assert.deepEqual(got.payload, payload, type);
          assert.deepEqual(got.request.rawBody, body, type);
        }
      });

      it('takes any bytes under any type and keeps them', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.uint8Array({ minLength: 1, maxLength: 2000 }),
            fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain'),
            async (bytes, type) => {
              const body = Buffer.from(bytes);
              const response = await post('/hooks/a/order', body, type);
              if (type === 'application/json' && response.status === 400) {
                assert.match(((await read(response)) as { error?: string }).error!, /is not valid JSON/);
                return;
              }
              assert.equal(response.status, 200);
              assert.deepEqual((await message()).request.rawBody, body);
            },
          ),
          { numRuns: 60 },
        );
      });

      it('refuses malformed JSON in our own words', async () => {
        const { status, code, error } = (await read(
          await post('/hooks/a/order', '{ "a": ', 'application/json'),
        )) as {
          status: number;
          code?: string;
          error?: string;
        };
        assert.equal(status, 400);
        assert.equal(code, 'INVALID_BODY');
        assert.match(error!, /^the body is not valid JSON: /);
      });

      it('refuses a body over the limit, announced or not, and lets the sender read why', async () => {
        for (const headers of [{ 'content-length': 3_000_000 }, { 'transfer-encoding': 'chunked' }]) {
          const outgoing = request(`${nodeRed.url}/small`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
          });
          const over = new Promise((resolve) => outgoing.once('close', resolve));
          outgoing.end(Buffer.alloc(3_000_000, '1'));
          const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
          assert.equal(response.statusCode, 413);
          assert.equal(response.headers.connection, 'close');
          const { code } = JSON.parse((await response.toArray()).join('')) as { code: string };
          assert.equal(code, 'BODY_TOO_LARGE');
          await over;
        }
        assert.equal((await post('/small', '1'.repeat(1024), 'text/plain')).status, 200);
        assert.equal(((await message()).payload as string).length, 1024);
      });

      it('refuses a wrong secret, and never shows the right one', async () => {
        for (const headers of [{}, { 'x-secret': 'wrong' }] as Record<string, string>[]) {
          const answer = (await read(await post('/secured', '{', 'application/json', headers))) as Record<
            string,
            unknown
          >;
          assert.deepEqual([answer.status, answer.code], [401, 'UNAUTHORIZED']);
        }
        await nodeRed.waitForStatus('secured1', ({ text }) => text === '401 UNAUTHORIZED');
        const right = { 'x-secret': credentials.secured1.secret };
        assert.equal((await post('/secured', '{}', 'application/json', right)).status, 200);
        await message();
        await nodeRed.waitForStatus('secured1', ({ fill }) => fill === 'green');
        assert.doesNotMatch(JSON.stringify(nodeRed.debug), /correct horse/);
        assert.doesNotMatch(nodeRed.log(), /correct horse/);
      });

      it('leaves the core http in node its requests', async () => {
        const json = await post('/echo', '{ "a": 1 }', 'application/json');
        assert.deepEqual(await json.json(), { a: 1 });
        const form = await post('/echo', 'a=1', 'application/x-www-form-urlencoded');
        assert.deepEqual(await form.json(), { a: '1' });
        assert.equal(await (await post('/echo', 'text', 'text/plain')).text(), 'text');
      });

      it('stands what hostile senders do', async () => {
        const deep = '['.repeat(200_000) + ']'.repeat(200_000);
        const hostile: [string, string, string][] = [
          [
            '/hooks/a/order',
            '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
            'application/json',
          ],
          ['/hooks/a/order', '__proto__=1&__proto__=2&constructor=3', 'application/x-www-form-urlencoded'],
          ['/hooks/a/order', deep, 'application/json'],
          ['/hooks/%zz/order', '{}', 'application/json'],
          ['/hooks/%2e%2e%2f%2e%2e%2fetc/order', '{}', 'application/json'],
          ['/hooks/a/order', '\ud800', 'text/plain; charset="\\"'],
        ];
        for (const [path, body, type] of hostile) {
          const { status } = await post(path, body, type);
          assert([200, 400].includes(status), `${path} ${type}: ${status}`);
        }
        const port = nodeRed.port;
        for (const lines of [
          'Content-Length: 100\r\n\r\nhalf',
          'Transfer-Encoding: chunked\r\n\r\n5\r\nhal',
        ]) {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined);
          const path = new URL(`${nodeRed.url}/hooks/a/order`).pathname;
          await new Promise((resolve) =>
            socket.write(
              `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}`,
              resolve,
            ),
          );
          socket.destroy();
        }
        assert.equal((await post('/hooks/a/order', '{}', 'application/json')).status, 200);
        assert.equal((await post('/echo', '{}', 'application/json')).status, 200);
      });
    });
  }

  describe(`runtime/webhook routes on Node-RED ${line}`, function () {
    this.timeout(60_000);

    const first = trigger('first1', { name: 'First', path: 'same' });
    const second = trigger('second1', { name: 'Second', path: '/SAME/' });
    const post = (nodeRed: NodeRed, path: string) =>
      fetch(nodeRed.url + path, {
        method: 'POST',
        body: '{ "a": 1 }',
        headers: { 'content-type': 'application/json' },
      });

    it('are nobody’s when two nodes want the same, and both say so by name', async () => {
      await using nodeRed = await startNodeRed({ line, flows: [...base, first, second] });
      for (const id of ['first1', 'second1']) await nodeRed.waitForStatus(id, ({ fill }) => fill === 'red');
      await nodeRed.waitForLog(/"First" \(first1\) has the same path and takes POST too/);
      await nodeRed.waitForLog(/"Second" \(second1\) has the same path and takes POST too/);
      assert.equal((await post(nodeRed, '/same')).status, 404);
      for (const type of ['full', 'nodes'] as const) {
        await nodeRed.deploy([...base, first, second], 'full');
        await nodeRed.waitForStatus('second1', ({ fill }) => fill === 'red');
        await nodeRed.deploy([...base, second], type);
        await nodeRed.waitForStatus('second1', ({ fill }) => fill === 'green');
        const before = nodeRed.debug.length;
        assert.equal((await post(nodeRed, '/same')).status, 200);
        const { value } = await nodeRed.until('the event', () => nodeRed.debug[before]);
        assert.equal((value as Message).topic, 'event of second1');
      }
      await nodeRed.stop();
    });

    it('are none where the editor’s own API is, and the node says so', async () => {
      const own = trigger('first1', { path: 'flows' });
      await using nodeRed = await startNodeRed({ line, flows: [...base, own] });
      await nodeRed.waitForStatus('first1', ({ fill }) => fill === 'red');
      await nodeRed.waitForLog(/POST \/flows belongs to Node-RED itself/);
      await nodeRed.deploy([...base, first], 'full');
      await nodeRed.stop();
    });

    it('go with their node, and only they', async () => {
      const other = trigger('other1', { path: 'other' });
      await using nodeRed = await startNodeRed({ line, flows: [...base, first, other] });
      for (const [type, flows] of [
        ['nodes', [...base, other]],
        ['full', [...base, first, other]],
        ['full', [...base, other]],
        ['flows', [...base, first, other]],
        ['nodes', [...base, other]],
      ] as const) {
        await nodeRed.deploy(flows, type);
        const expected = (flows as readonly FlowNode[]).includes(first) ? 200 : 404;
        assert.equal((await post(nodeRed, '/same')).status, expected);
        assert.equal((await post(nodeRed, '/other')).status, 200);
        const echoed = await post(nodeRed, '/echo');
        assert.deepEqual([echoed.status, await echoed.json()], [200, { a: 1 }]);
      }
      await nodeRed.stop();
    });

    it('ask again for a delivery that began before they were there', async () => {
      await using nodeRed = await startNodeRed({ line, flows: [...base, first] });
      await nodeRed.deploy(base, 'full');
      const outgoing = request(`${nodeRed.url}/same`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 10 },
      });
      outgoing.write('{ "a"');
      // Its first half is with a parser of Node-RED by now: an answer to a later request has come.
      await post(nodeRed, '/echo');
      await nodeRed.deploy([...base, first], 'full');
      outgoing.end(': 1 }');
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      const { code } = JSON.parse((await answer.toArray()).join('')) as { code: string };
      assert.deepEqual([answer.statusCode, code, answer.headers['retry-after']], [503, 'NOT_READY', '1']);
      assert.equal((await post(nodeRed, '/same')).status, 200);
      await nodeRed.waitForDebug(({ id }) => id === 'seen1');
      assert.deepEqual(
        nodeRed.debug.filter(({ id }) => id === 'caught1'),
        [],
      );
      await nodeRed.stop();
    });

    it('are behind the password that settings.js asks for', async () => {
      // Node-RED takes a password's MD5 as well as its bcrypt.
      const httpNodeAuth = { user: 'me', pass: createHash('md5').update('pass').digest('hex') };
      await using nodeRed = await startNodeRed({ line, flows: [...base, first], settings: { httpNodeAuth } });
      assert.equal((await post(nodeRed, '/same')).status, 401);
      const answer = await fetch(`${nodeRed.url}/same`, {
        method: 'POST',
        body: '{ "a": 1 }',
        headers: { authorization: `Basic ${btoa('me:pass')}`, 'content-type': 'application/json' },
      });
      assert.equal(answer.status, 200);
      const { value } = await nodeRed.until('the event', () => nodeRed.debug[0]);
      assert.equal((value as Message).request.rawBody!.toString(), '{ "a": 1 }');
      await nodeRed.stop();
    });

    it('let other origins in as settings.js says', async () => {
      // At `/`, the admin app of Node-RED 4.1 answers every preflight by itself.
      const settings = {
        httpAdminRoot: '/admin',
        httpNodeCors: { origin: 'https://shop.example', methods: 'POST' },
      };
      await using nodeRed = await startNodeRed({ line, flows: [...base, first], settings });
      const answer = await post(nodeRed, '/same');
      assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example');
      const asked = await fetch(`${nodeRed.url}/same`, { method: 'OPTIONS' });
      assert.equal(asked.status, 204);
      assert.equal(asked.headers.get('access-control-allow-methods'), 'POST');
      await nodeRed.stop();
    });

    it('are none without a root for them, and the node says so', async () => {
      const settings = { httpNodeRoot: false as unknown as string };
      await using nodeRed = await startNodeRed({ line, flows: [...base, first], settings });
      await nodeRed.waitForStatus('first1', ({ fill }) => fill === 'red');
      await nodeRed.waitForLog(/httpNodeRoot is false in settings\.js/);
      await nodeRed.stop();
    });
  });
}
