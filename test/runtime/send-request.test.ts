import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { MessageFailure } from '../../nodes/runtime/failures';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Message {
  topic: string;
  payload: unknown;
  statusCode?: number;
  response?: { url: string; statusText: string };
  error?: { message: string; code: string; source: { id: string } };
  failure?: MessageFailure;
}

const token = 'tok/3n+of~the&connection';

const debug = (id: string): FlowNode => ({
  id,
  type: 'debug',
  z: 'tab1',
  active: true,
  tosidebar: true,
  complete: 'true',
  wires: [],
});

function flows(baseUrl: string): FlowNode[] {
  return [
    { id: 'tab1', type: 'tab', label: 'test' },
    { id: 'api1', type: 'http-connection', name: 'an API', baseUrl, auth: 'bearer', retryAttempts: 1 },
    {
      id: 'inject1',
      type: 'inject',
      z: 'tab1',
      props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
      topic: 'from inject',
      payload: '{"id":"a/b","n":[1]}',
      payloadType: 'json',
      once: false,
      wires: [['request1']],
    },
    {
      id: 'request1',
      type: 'send-request',
      z: 'tab1',
      connection: 'api1',
      method: 'POST',
      url: 'orders/{{payload.id}}',
      query: [{ name: 'n', type: 'jsonata', value: 'payload.n[0] + 1' }],
      bodyKind: 'json',
      body: '{"topic": "{{topic}}", "home": {{env.SEND_REQUEST_HOME}}, "n": {{payload.n}}}',
      wires: [['answers1']],
    },
    debug('answers1'),
    { id: 'catch1', type: 'catch', z: 'tab1', scope: ['request1'], uncaught: false, wires: [['caught1']] },
    debug('caught1'),
  ];
}

for (const line of lines) {
  describe(`runtime/send-request on Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    let server: TestServer;
    let answer: (request: Received, response: ServerResponse) => void;
    let next = 0;

    before(async () => {
      server = await startServer((request, response) => answer(request, response));
      nodeRed = await startNodeRed({
        line,
        flows: flows(server.url),
        credentials: { api1: { token } },
        env: { SEND_REQUEST_HOME: 'of the runtime' },
      });
    });
    after(async () => {
      await nodeRed?.stop();
      await server?.close();
    });
    beforeEach(() => {
      next = nodeRed.debug.length;
      answer = (_request, response) => sendJson(response, { placed: true }, 201);
    });

    async function inject(): Promise<void> {
      const response = await nodeRed.admin('inject/inject1', { method: 'POST' });
      assert.equal(response.status, 200);
    }

    /** What comes out next, and at which debug node. */
    async function outcome(): Promise<[id: string, msg: Message]> {
      const { id, value } = await nodeRed.until('a message at a debug node', () => nodeRed.debug[next]);
      next++;
      return [id, value as Message];
    }

    it('sends what inject brought and passes the answer on', async () => {
      for (let round = 0; round < 2; round++) {
        await inject();
        const [id, msg] = await outcome();
        assert.equal(id, 'answers1', JSON.stringify(msg.failure));
        assert.deepEqual(msg.payload, { placed: true });
        assert.equal(msg.topic, 'from inject');
        assert.equal(msg.statusCode, 201);
        assert.equal(msg.response!.url, `${server.url}/orders/a%2Fb?n=2`);
        const received = server.received.at(-1)!;
        assert.equal(received.method, 'POST');
        assert.equal(received.url, '/orders/a%2Fb?n=2');
        assert.equal(received.headers.authorization, `Bearer ${token}`);
        assert.deepEqual(JSON.parse(received.body.toString()), {
          topic: 'from inject',
          home: 'of the runtime',
          n: [1],
        });
      }
      await nodeRed.waitForStatus('request1', ({ fill }) => fill === 'green');
    });

    it('says while it waits that it does, in words', async () => {
      let arrived: (response: ServerResponse) => void;
      const held = new Promise<ServerResponse>((resolve) => (arrived = resolve));
      answer = (_request, response) => arrived(response);
      await inject();
      await nodeRed.waitForStatus(
        'request1',
        ({ fill, text }) => fill === 'blue' && /^requesting/.test(text!),
      );
      sendJson(await held, {});
      assert.equal((await outcome())[0], 'answers1');
      await nodeRed.waitForStatus('request1', ({ fill }) => fill === 'green');
    });

    it('tells Catch when the server is gone, turns red, and recovers by itself', async () => {
      server.server.closeAllConnections();
      server.server.close();
      await once(server.server, 'close');
      await inject();
      const [id, msg] = await outcome();
      assert.equal(id, 'caught1');
      assert.equal(msg.error!.code, 'CONNECTION_REFUSED');
      assert.equal(msg.error!.source.id, 'request1');
      assert.deepEqual(msg.payload, { id: 'a/b', n: [1] });
      const { type, typeId, message, retryable, attempts, request, response } = msg.failure!;
      assert.deepEqual(
        { type, typeId, message, retryable, attempts, request, response },
        {
          type: 'network',
          typeId: 'CONNECTION_REFUSED',
          message: 'nothing listens at that address',
          retryable: true,
          attempts: 1,
          request: { method: 'POST', url: `${server.url}/orders/a%2Fb?n=2` },
          response: undefined,
        },
      );
      assert.deepEqual(await nodeRed.waitForStatus('request1', ({ fill }) => fill === 'red'), {
        fill: 'red',
        shape: 'ring',
        text: 'CONNECTION_REFUSED',
      });
      server.server.listen(server.port, '127.0.0.1');
      await once(server.server, 'listening');
      await inject();
      assert.equal((await outcome())[0], 'answers1');
      await nodeRed.waitForStatus('request1', ({ fill }) => fill === 'green');
    });

    it('ends its requests at a redeploy, and the new flow works', async () => {
      let arrived: (response: ServerResponse) => void;
      const held = new Promise<ServerResponse>((resolve) => (arrived = resolve));
      answer = (_request, response) => arrived(response);
      await inject();
      const { socket } = await held;
      const closed = once(socket!, 'close');
      await nodeRed.deploy(flows(server.url));
      await closed;
      answer = (_request, response) => sendJson(response, { after: 'deploy' });
      next = nodeRed.debug.length;
      await inject();
      const [id, msg] = await outcome();
      assert.equal(id, 'answers1', JSON.stringify(msg.failure));
      // a deploy without credentials leaves them as they are
      assert.equal(server.received.at(-1)!.headers.authorization, `Bearer ${token}`);
      assert.deepEqual(msg.payload, { after: 'deploy' });
    });

    it('an answer that no clone survives is an error, and Node-RED lives', async () => {
      answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('['.repeat(50_000) + ']'.repeat(50_000));
      };
      await inject();
      const [id, msg] = await outcome();
      assert.equal(id, 'caught1');
      assert.equal(msg.failure!.typeId, 'INVALID_BODY');
    });

    it('shows its secret nowhere', async () => {
      answer = ({ headers }, response) => sendJson(response, { headers }, 403);
      await inject();
      const [id, msg] = await outcome();
      assert.equal(id, 'caught1');
      assert.equal(msg.error!.code, 'HTTP_403');
      const seen = JSON.stringify([
        nodeRed.debug,
        nodeRed.log(),
        await (await nodeRed.admin('flows')).text(),
      ]);
      for (const form of [token, encodeURIComponent(token), Buffer.from(token).toString('base64')]) {
        assert.ok(!seen.includes(form));
      }
    });
  });
}
