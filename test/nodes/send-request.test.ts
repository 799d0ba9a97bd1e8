import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import httpConnection from '../../nodes/http-connection/http-connection';
import type { Failure } from '../../src/exchange/failure';
import type { MessageFailure } from '../../nodes/runtime/failures';
import sendRequest from '../../nodes/send-request/send-request';
import { Flow, sink, tab, type FlowNode, type Message } from '../support/flow';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

interface Answer {
  statusCode: number;
  statusText: string;
  headers: Record<string, string>;
  url: string;
  redirects: string[];
  attempts: number;
  timings: { firstByte: number; total: number };
  cookies: Record<string, { value: string }>;
}

interface Caught extends Message {
  error: {
    message: string;
    code: string;
    source: { id: string; type: string; count: number };
    stack?: string;
  };
  failure: MessageFailure;
}

const requesting = 'node-red-contrib-http-connector/send-request:status.requesting';

describe('nodes/send-request', () => {
  let server: TestServer;
  let answer: (request: Received, response: ServerResponse) => void;
  let flow: Flow | undefined;

  beforeEach(async () => {
    answer = (_request, response) => sendJson(response, { ok: true });
    server = await startServer((request, response) => answer(request, response));
  });

  afterEach(async () => {
    await flow?.close();
    flow = undefined;
    await server.close();
  });

  const connection = (fields: object = {}): FlowNode => ({
    id: 'the-api',
    type: 'http-connection',
    baseUrl: server.url,
    retryAttempts: 1,
    ...fields,
  });
  const request = (fields: object = {}): FlowNode => ({
    id: 'the-request',
    z: tab.id,
    type: 'send-request',
    connection: 'the-api',
    url: 'things',
    wires: [['answers']],
    ...fields,
  });
  const around: FlowNode[] = [
    sink('answers'),
    sink('completed'),
    sink('caught'),
    { id: 'complete-node', z: tab.id, type: 'complete', scope: ['the-request'], wires: [['completed']] },
    { id: 'catch-node', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
  ];

  async function load(fields: object = {}, connected: object = {}, credentials: object = {}): Promise<Flow> {
    flow = await Flow.load(
      [httpConnection, sendRequest],
      [connection(connected), request(fields), ...around],
      { 'the-api': credentials },
    );
    return flow;
  }

  /** Sends a message through and waits for what comes of it. */
  async function through(msg: object): Promise<Message> {
    const count = flow!.messages('answers').length;
    flow!.send('the-request', msg);
    const next = await Promise.race([
      flow!.after('answers', count),
      flow!.after('caught', flow!.messages('caught').length),
    ]);
    assert.equal(next.error, undefined, JSON.stringify(next.error));
    return next;
  }

  async function failing(msg: object): Promise<Caught> {
    const count = flow!.messages('caught').length;
    flow!.send('the-request', msg);
    return (await flow!.after('caught', count)) as Caught;
  }

  const received = (): Received => server.received.at(-1)!;
  const json = (): unknown => JSON.parse(received().body.toString());

  describe('a message', () => {
    it('goes on as the same object, with what it had and the answer', async () => {
      answer = (_request, response) => {
        response.setHeader('Set-Cookie', 'sid=1; Path=/');
        sendJson(response, { id: 7 }, 201);
      };
      await load({ method: 'POST', bodyKind: 'payload' });
      for (const payload of [{ a: 1 }, { a: 2 }]) {
        const msg = { payload, topic: 'kept', headers: { 'x-mine': 'kept' }, deep: { kept: [1] } };
        const out = await through(msg);
        assert.equal(out, msg);
        assert.deepEqual(json(), payload);
        assert.equal('x-mine' in received().headers, false);
        assert.deepEqual(out.payload, { id: 7 });
        assert.equal(out.topic, 'kept');
        assert.deepEqual(out.headers, { 'x-mine': 'kept' });
        assert.deepEqual(out.deep, { kept: [1] });
        assert.equal(out.statusCode, 201);
        assert.equal(out.failure, undefined);
        const summary = out.response as Answer;
        assert.deepEqual(Object.keys(summary).sort(), [
          'attempts',
          'cookies',
          'headers',
          'redirects',
          'size',
          'statusCode',
          'statusText',
          'timings',
          'url',
        ]);
        assert.equal(summary.statusText, 'Created');
        assert.equal(summary.url, `${server.url}/things`);
        assert.equal(summary.headers['content-type'], 'application/json');
        assert.equal(summary.cookies.sid!.value, '1');
        assert.equal(summary.attempts, 1);
      }
    });

    it('is complete exactly once, also when it failed', async () => {
      answer = ({ url }, response) => sendJson(response, {}, url === '/bad' ? 400 : 200);
      await load({ url: '{{{payload}}}' });
      await through({ payload: 'one' });
      await failing({ payload: 'bad' });
      await through({ payload: 'two' });
      await flow!.first('completed', 2);
      // a round trip through the runtime: what was on its way is there
      await through({ payload: 'three' });
      await flow!.first('completed', 3);
      assert.equal(flow!.messages('completed').length, 3);
      assert.equal(flow!.messages('caught').length, 1);
      assert.equal(flow!.messages('answers').length, 3);
    });

    it('shows a status while it is under way, and what came of it after it', async () => {
      const held: ServerResponse[] = [];
      answer = (_request, response) => {
        held.push(response);
        if (held.length === 2) for (const one of held) sendJson(one, {});
      };
      await load();
      assert.deepEqual(flow!.statuses('the-request'), [{}]);
      flow!.send('the-request', { payload: 1 });
      flow!.send('the-request', { payload: 2 });
      await flow!.first('completed', 2);
      await flow!.showing('the-request', ({ fill }) => fill === 'green');
      assert.match(flow!.statuses('the-request').at(-1)!.text!, /^200 · \d+ ms$/);
      const shown = flow!.statuses('the-request').map(({ fill, shape, text }) => [fill, shape, text]);
      assert.deepEqual(shown.slice(0, 2), [
        [undefined, undefined, undefined],
        ['blue', 'dot', requesting],
      ]);
      // what changes within a moment is shown as one, so the second may not be seen
      for (const [fill] of shown.slice(2, -1)) assert.equal(fill, 'blue');
    });

    it('whose answer has no place to go ends with an error', async () => {
      await load({ responseProperty: 'payload.result' });
      const { error, failure } = await failing({ payload: 'a text' });
      assert.equal(error.code, 'CONFIG');
      assert.match(failure.message, /msg\.payload\.result/);
      assert.deepEqual((await through({ payload: { a: 1 } })).payload, { a: 1, result: { ok: true } });
    });
  });

  describe('the request', () => {
    it('takes every type of value in its tables', async () => {
      process.env.SEND_REQUEST_TEST = 'from env';
      try {
        const rows = [
          { name: 'str', type: 'str', value: '{{payload.a}} & {{env.SEND_REQUEST_TEST}}' },
          { name: 'untyped', value: 'n={{payload.n}}' },
          { name: 'msg', type: 'msg', value: 'payload.list' },
          { name: 'nested', type: 'msg', value: 'payload[msg.topic]' },
          { name: 'missing', type: 'msg', value: 'payload.none.deeper' },
          { name: 'flow', type: 'flow', value: 'a.b' },
          { name: 'global', type: 'global', value: 'g' },
          { name: 'env', type: 'env', value: 'SEND_REQUEST_TEST' },
          { name: 'num', type: 'num', value: '1.50' },
          { name: 'bool', type: 'bool', value: 'false' },
          { name: 'json', type: 'json', value: '{"x":[1]}' },
          { name: 'jsonata', type: 'jsonata', value: '$sum(payload.list)' },
          { name: 'nothing', type: 'jsonata', value: 'payload.none' },
          { name: '  ', type: 'str', value: 'without a name' },
        ];
        const expected = {
          str: ['x/y & from env'],
          untyped: ['n=5'],
          msg: ['1', '2'],
          nested: ['x/y'],
          flow: ['of the flow'],
          global: ['of all'],
          env: ['from env'],
          num: ['1.5'],
          bool: ['false'],
          json: ['{"x":[1]}'],
          jsonata: ['3'],
        };
        const headers = rows.map((row) => ({ ...row, name: row.name.trim() && `X-${row.name}` }));
        await load({ method: 'POST', query: rows, headers, bodyKind: 'form', form: rows });
        const context = flow!.node('the-request').context();
        context.flow.set('a', { b: 'of the flow' });
        context.global.set('g', 'of all');
        const grouped = (params: URLSearchParams) =>
          Object.fromEntries([...params.keys()].map((name) => [name, params.getAll(name)]));
        for (let round = 0; round < 2; round++) {
          await through({ payload: { a: 'x/y', n: 5, list: [1, 2] }, topic: 'a' });
          assert.deepEqual(grouped(new URL(received().url, server.url).searchParams), expected);
          assert.deepEqual(grouped(new URLSearchParams(received().body.toString())), expected);
          for (const [name, values] of Object.entries(expected)) {
            assert.equal(received().headers[`x-${name}`], values.join(', '), name);
          }
          assert.equal('x-missing' in received().headers, false);
        }
        context.global.set('g', 'changed');
        await through({ payload: { list: [] } });
        assert.equal(received().headers['x-global'], 'changed');
      } finally {
        delete process.env.SEND_REQUEST_TEST;
      }
    });

    it('takes flow, global and environment in its URL and its body', async () => {
      process.env.SEND_REQUEST_TEST = 'a/b';
      try {
        await load({
          method: 'POST',
          url: '{{env.SEND_REQUEST_TEST}}/{{flow.id}}?g={{global.g.n}}',
          bodyKind: 'json',
          body: '{"l": [{{#flow.list}}"{{.}}",{{/flow.list}}null], "m": {{payload}}}',
        });
        const context = flow!.node('the-request').context();
        context.flow.set('id', 'ü');
        context.flow.set('list', ['x', '"']);
        context.global.set('g', { n: 1 });
        await through({ payload: { deep: [true] } });
        assert.equal(received().url, '/a%2Fb/%C3%BC?g=1');
        assert.deepEqual(json(), { l: ['x', '"', null], m: { deep: [true] } });
      } finally {
        delete process.env.SEND_REQUEST_TEST;
      }
    });

    const octets = Buffer.from([0, 255, 13, 10]);
    const bodies: [string, object, object, string | undefined, Buffer | string][] = [
      ['none', { bodyKind: 'none' }, { payload: 'not sent' }, undefined, ''],
      [
        'the payload, an object',
        { bodyKind: 'payload' },
        { payload: { a: 'ü' } },
        'application/json',
        '{"a":"ü"}',
      ],
      [
        'the payload, bytes',
        { bodyKind: 'payload' },
        { payload: octets },
        'application/octet-stream',
        octets,
      ],
      ['the payload, a text', { bodyKind: 'payload' }, { payload: 'ü' }, 'text/plain; charset=utf-8', 'ü'],
      ['the payload, nothing', { bodyKind: 'payload' }, {}, undefined, ''],
      [
        'a JSON template',
        { bodyKind: 'json', body: '{"v":{{payload}},"s":"{{payload}}"}' },
        { payload: 'a"b' },
        'application/json',
        '{"v":"a\\"b","s":"a\\"b"}',
      ],
      [
        'a form',
        { bodyKind: 'form', form: [{ name: 'a b', type: 'msg', value: 'payload' }] },
        { payload: ['1&', 2] },
        'application/x-www-form-urlencoded',
        'a+b=1%26&a+b=2',
      ],
      [
        'a text',
        { bodyKind: 'text', body: '<a>{{payload}}</a>', contentType: 'application/xml' },
        { payload: 'x' },
        'application/xml',
        '<a>x</a>',
      ],
      [
        'bytes',
        { bodyKind: 'binary', bodyProperty: 'file.data' },
        { file: { data: octets } },
        'application/octet-stream',
        octets,
      ],
    ];
    for (const [what, fields, msg, type, body] of bodies) {
      it(`has as its body ${what}`, async () => {
        await load({ method: 'PUT', ...fields });
        for (let round = 0; round < 2; round++) {
          await through(structuredClone(msg));
          assert.equal(received().headers['content-type'], type);
          assert.deepEqual(received().body, Buffer.from(body as string));
        }
      });
    }

    it('takes its method from the message when it is set so', async () => {
      await load({ method: '' });
      await through({ method: 'delete' });
      assert.equal(received().method, 'DELETE');
      for (const method of [undefined, '', 5]) {
        const { error, failure } = await failing({ method });
        assert.equal(error.code, 'INVALID_REQUEST');
        assert.match(failure.message, /msg\.method/);
      }
      assert.equal((await failing({ method: 'NO WAY' })).error.code, 'INVALID_REQUEST');
      assert.equal(server.received.length, 1);
    });
  });

  describe('the answer', () => {
    it('is decoded as told and put where it is told', async () => {
      answer = (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/plain' }).end('[1]') && undefined;
      const cases: [string, unknown][] = [
        ['auto', '[1]'],
        ['text', '[1]'],
        ['json', [1]],
        ['binary', Buffer.from('[1]')],
      ];
      for (const [responseKind, expected] of cases) {
        await load({ responseKind, responseProperty: 'result.body[0]' });
        const out = await through({ payload: 'kept' });
        assert.equal(out.payload, 'kept');
        assert.deepEqual(out.result, { body: [expected] });
        await flow!.close();
      }
    });

    it('that is no JSON is an error with its text', async () => {
      answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('<html>');
      };
      await load();
      const { error, failure, payload } = await failing({ payload: 'kept' });
      assert.equal(error.code, 'INVALID_BODY');
      assert.equal(failure.type, 'answer');
      assert.equal(failure.response!.body, '<html>');
      assert.equal(payload, 'kept');
    });
  });

  describe('a failure', () => {
    it('reaches Catch with its code, and msg.failure tells the rest', async () => {
      answer = (_request, response) => sendJson(response, { why: 'no' }, 404);
      await load({ method: 'DELETE', url: 'things/{{payload}}' });
      const ids = new Set<string>();
      for (let round = 0; round < 2; round++) {
        const { error, failure, payload, topic } = await failing({ payload: 7, topic: 't' });
        assert.equal(error.code, 'HTTP_404');
        assert.equal(error.message, 'HTTP_404: the server answered 404 Not Found');
        assert.equal(error.source.id, 'the-request');
        assert.equal(error.source.count, 1);
        assert.deepEqual([payload, topic], [7, 't']);
        const { id, elapsed, response, ...rest } = failure;
        assert.match(id, /^[0-9a-f-]{36}$/);
        ids.add(id);
        assert.ok(Number.isInteger(elapsed) && elapsed >= 0);
        assert.deepEqual(rest, {
          type: 'http',
          typeId: 'HTTP_404',
          message: 'the server answered 404 Not Found',
          retryable: false,
          attempts: 1,
          request: { method: 'DELETE', url: `${server.url}/things/7` },
        });
        assert.equal(response!.statusCode, 404);
        assert.equal(response!.statusText, 'Not Found');
        assert.deepEqual(response!.body, { why: 'no' });
        assert.equal(response!.headers['content-type'], 'application/json');
        assert.deepEqual(flow!.statuses('the-request').at(-1), {
          fill: 'red',
          shape: 'ring',
          text: 'HTTP_404',
        });
      }
      assert.equal(ids.size, 2);
      assert.equal(flow!.messages('answers').length, 0);
    });

    it('of the network has no response; the next success takes the red away', async () => {
      await load();
      const { port } = server;
      await server.close();
      const { error, failure } = await failing({ payload: 1 });
      assert.equal(error.code, 'CONNECTION_REFUSED');
      assert.deepEqual([failure.type, failure.retryable, failure.response], ['network', true, undefined]);
      assert.equal(flow!.statuses('the-request').at(-1)!.fill, 'red');
      await new Promise<void>((resolve) => server.server.listen(port, '127.0.0.1', resolve));
      await through({ payload: 1 });
      await flow!.showing('the-request', ({ fill }) => fill === 'green');
    });

    it('has the kind that a flow can branch on', async () => {
      answer = ({ url }, response) => {
        if (url === '/wait') return;
        if (url === '/reset') response.socket!.destroy();
        else response.writeHead(200).end('x'.repeat(3000));
      };
      await load({ url: '{{{payload}}}' }, { totalTimeout: 0.3, maxResponseSize: 0.002 });
      const cases: [string, string, string][] = [
        ['wait', 'TIMEOUT', 'timeout'],
        ['reset', 'CONNECTION_RESET', 'network'],
        ['big', 'BODY_TOO_LARGE', 'answer'],
        ['http://elsewhere.invalid/', 'HOST_NOT_ALLOWED', 'request'],
      ];
      for (const [payload, code, type] of cases) {
        const { error, failure } = await failing({ payload });
        assert.deepEqual([error.code, failure.typeId, failure.type], [code, code, type]);
      }
    });

    it('is what a list of successes says', async () => {
      answer = ({ url }, response) => sendJson(response, {}, Number(url.slice(1)));
      await load({ url: '{{payload}}', success: '2xx, 404' });
      assert.equal((await through({ payload: 404 })).statusCode, 404);
      assert.equal((await through({ payload: 202 })).statusCode, 202);
      assert.equal((await failing({ payload: 500 })).failure.retryable, true);
    });
  });

  describe('settings that cannot work', () => {
    const cases: [string, object, string, RegExp][] = [
      ['no connection', { connection: '' }, 'CONFIG', /no connection is chosen/],
      ['a connection that is gone', { connection: 'gone' }, 'CONFIG', /missing or disabled/],
      ['a broken URL template', { url: '{{a' }, 'TEMPLATE', /Unclosed/],
      ['a broken body template', { bodyKind: 'json', body: '{{#a}}' }, 'TEMPLATE', /Unclosed section "a"/],
      [
        'a broken template in a row',
        { query: [{ name: 'q', type: 'str', value: '{{' }] },
        'TEMPLATE',
        /Unclosed/,
      ],
      [
        'a broken expression',
        { headers: [{ name: 'X-A', type: 'jsonata', value: '$sum(' }] },
        'CONFIG',
        /"X-A" is not valid JSONata/,
      ],
      [
        'a broken JSON value',
        { query: [{ name: 'q', type: 'json', value: '{' }] },
        'CONFIG',
        /"q" is not valid JSON/,
      ],
      [
        'a number that is none',
        { query: [{ name: 'q', type: 'num', value: '1a' }] },
        'CONFIG',
        /"q" is not a number: 1a/,
      ],
      [
        'a path that is none',
        { query: [{ name: 'q', type: 'msg', value: 'a..b' }] },
        'CONFIG',
        /"q" is not a path/,
      ],
      ['a list of statuses that is none', { success: '2xx, fine' }, 'CONFIG', /"fine" is not a status/],
      ['no status at all', { success: '' }, 'CONFIG', /no status is a success/],
      ['no property for the answer', { responseProperty: '' }, 'CONFIG', /property of the answer/],
      ['a newer release', { configVersion: 99 }, 'CONFIG', /newer release.*update/],
    ];
    for (const [what, fields, code, says] of cases) {
      it(`${what}: red, logged once in a sentence, and every message is told`, async () => {
        await load(fields);
        assert.deepEqual(flow!.statuses('the-request'), [{ fill: 'red', shape: 'ring', text: code }]);
        assert.equal(flow!.errors('the-request').length, 1);
        assert.match(String(flow!.errors('the-request')[0]![0]), says);
        for (let round = 0; round < 2; round++) {
          const { error, failure } = await failing({ payload: round });
          assert.equal(error.code, code);
          assert.match(failure.message, says);
          assert.equal(failure.type, 'request');
        }
        assert.equal(server.received.length, 0);
      });
    }

    it('a connection that is disabled', async () => {
      await load({}, { d: true });
      const { error, failure } = await failing({});
      assert.equal(error.code, 'CONFIG');
      assert.match(failure.message, /missing or disabled/);
    });

    it('a connection with credentials and nowhere to keep them to', async () => {
      await load({ url: `${server.url}/x` }, { baseUrl: '', auth: 'bearer' }, { token: 'a-secret-token' });
      const { error, failure } = await failing({});
      assert.equal(error.code, 'CONFIG');
      assert.match(failure.message, /base URL or a list of allowed hosts/);
      assert.equal(flow!.statuses('the-request').at(-1)!.fill, 'red');
      assert.equal(server.received.length, 0);
      assert.ok(!flow!.everything().includes('a-secret-token'));
    });

    it('a value that is wrong for one message fails that message alone', async () => {
      await load({ query: [{ name: 'n', type: 'jsonata', value: '$number(payload)' }] });
      const { error, failure } = await failing({ payload: 'x' });
      assert.equal(error.code, 'CONFIG');
      assert.match(failure.message, /"n" is not valid JSONata/);
      await through({ payload: '5' });
      assert.equal(received().url, '/things?n=5');
    });
  });

  it('needs no more than a connection and a URL', async () => {
    flow = await Flow.load(
      [httpConnection, sendRequest],
      [
        { id: 'the-api', type: 'http-connection' },
        {
          id: 'the-request',
          z: tab.id,
          type: 'send-request',
          connection: 'the-api',
          url: server.url,
          wires: [['answers']],
        },
        ...around,
      ],
    );
    assert.deepEqual((await through({ payload: 1 })).payload, { ok: true });
    assert.equal(received().method, 'GET');
  });

  describe('a redeploy', () => {
    for (const type of ['nodes', 'full'] as const) {
      it(`(${type}) aborts 50 requests in flight: no late message, no open socket`, async () => {
        const held: ServerResponse[] = [];
        let arrived: () => void;
        const all = new Promise<void>((resolve) => (arrived = resolve));
        answer = (_request, response) => {
          held.push(response);
          if (held.length === 50) arrived();
        };
        await load();
        const sockets = new Set<unknown>();
        let closed: () => void = () => undefined;
        server.server.on('connection', (socket) => {
          sockets.add(socket);
          socket.on('close', () => {
            sockets.delete(socket);
            if (sockets.size === 0) closed();
          });
        });
        for (let i = 0; i < 50; i++) flow!.send('the-request', { payload: i });
        await all;
        assert.equal(sockets.size, 50);
        const gone = new Promise<void>((resolve) => (closed = resolve));
        await flow!.deploy(type, [request({ url: 'other' })]);
        await gone;
        const ended = flow!.errors('the-request') as [Failure, Message][];
        assert.equal(ended.length, 50);
        for (const [error, msg] of ended) {
          assert.equal(error.code, 'ABORTED');
          assert.equal(error.retryable, true);
          assert.equal((msg as Caught).failure.typeId, 'ABORTED');
        }
        assert.deepEqual(
          ended.map(([, { payload }]) => Number(payload)).sort((a, b) => a - b),
          [...Array(50).keys()],
        );
        // where everything is deployed again, the Catch node was closed with the rest
        if (type === 'nodes') await flow!.first('caught', 50);
        for (const response of held.splice(0)) sendJson(response, { late: true });
        // the new node works, and what it brings is all that comes
        answer = (_request, response) => sendJson(response, { new: true });
        assert.deepEqual((await through({ payload: 'new' })).payload, { new: true });
        assert.equal(received().url, '/other');
        assert.equal(flow!.messages('answers').length, 1);
        assert.ok(flow!.messages('caught').every(({ payload }) => payload !== 'new'));
        await flow!.showing('the-request', ({ fill }) => fill === 'green');
      });
    }
  });

  it('at a redeploy ends a wait before another attempt too', async () => {
    let arrived: () => void;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    answer = (_request, response) => {
      response.writeHead(503, { 'retry-after': '20' }).end();
      arrived();
    };
    await load();
    flow!.send('the-request', { payload: 1 });
    await first;
    await flow!.deploy('nodes', [request({ url: 'other' })]);
    const [[error]] = flow!.errors('the-request') as [[Failure]];
    assert.equal(error.code, 'ABORTED');
    assert.equal(server.received.length, 1);
  });

  describe('secrets', () => {
    const password = 'p/ä ss&w"örd';
    const token = 'tok-3n/+%41==';
    const forms = (secret: string) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ k: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`user:${secret}`).toString('base64'),
    ];

    const schemes: [string, object, Record<string, string>][] = [
      ['basic', { auth: 'basic' }, { username: 'user', password }],
      ['bearer', { auth: 'bearer' }, { token }],
      [
        'query',
        { auth: 'query', authFields: [{ in: 'query', name: 'key', slot: 'secret1' }] },
        { secret1: password },
      ],
      [
        'custom',
        {
          auth: 'custom',
          authFields: [
            { in: 'header', name: 'X-Key', slot: 'secret1' },
            { in: 'query', name: 'key', slot: 'secret2' },
            { in: 'body', name: 'field', slot: 'secret3' },
          ],
        },
        { username: 'user', password, secret1: token, secret2: token, secret3: password },
      ],
    ];
    for (const [name, fields, credentials] of schemes) {
      it(`${name}: sent to the server, and seen nowhere else, whatever goes wrong`, async () => {
        let mode = 'echo';
        answer = (incoming, response) => {
          const echo = JSON.stringify({
            url: incoming.url,
            headers: incoming.headers,
            body: incoming.body.toString(),
          });
          if (mode === 'reset') response.socket!.destroy();
          else if (mode === 'garbage')
            response.writeHead(200, { 'content-type': 'application/json' }).end(`x${echo}`);
          else if (mode === 'loop') response.writeHead(307, { location: incoming.url }).end();
          else if (mode === 'escape')
            response.writeHead(307, { location: `http://127.0.0.1:1${incoming.url}` }).end();
          else {
            response.writeHead(401, {
              'content-type': 'application/json',
              'x-echo': encodeURIComponent(echo),
              'www-authenticate': incoming.headers.authorization ?? 'none',
            });
            response.end(echo);
          }
        };
        await load(
          { method: 'POST', url: 'a?t={{payload.t}}', bodyKind: 'json', body: '{"t": "{{payload.t}}"}' },
          { ...fields, totalTimeout: 5 },
          credentials,
        );
        const values = Object.entries(credentials)
          .filter(([slot]) => slot !== 'username')
          .map(([, value]) => value);
        const codes: string[] = [];
        for (mode of ['echo', 'reset', 'garbage', 'loop', 'escape', 'down']) {
          if (mode === 'down') await server.close();
          codes.push((await failing({ payload: { t: 1 } })).error.code);
        }
        assert.deepEqual(codes.slice(0, 4), [
          'HTTP_401',
          'CONNECTION_RESET',
          'INVALID_BODY',
          'TOO_MANY_REDIRECTS',
        ]);
        const sent = JSON.stringify(
          server.received.map(({ url, headers, body }) => [url, headers, body.toString()]),
        );
        const shown = flow!.everything();
        assert.match(shown, /HTTP_401/);
        for (const value of values) {
          assert.ok(
            forms(value).some((form) => sent.includes(JSON.stringify(form).slice(1, -1))),
            'it was sent',
          );
          for (const form of forms(value)) assert.ok(!shown.includes(form), `${form} is shown: ${shown}`);
        }
      });
    }

    it('of an expression that fails are not shown either', async () => {
      process.env.SEND_REQUEST_TEST = token;
      try {
        await load(
          { query: [{ name: 'n', type: 'jsonata', value: '$number($env("SEND_REQUEST_TEST"))' }] },
          { auth: 'bearer' },
          { token: '${SEND_REQUEST_TEST}' },
        );
        assert.equal((await failing({})).error.code, 'CONFIG');
        assert.ok(!flow!.everything().includes(token));
      } finally {
        delete process.env.SEND_REQUEST_TEST;
      }
    });
  });
});
