import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import httpConnection from '../../nodes/http-connection/http-connection';
import type { MessageFailure } from '../../nodes/runtime/failures';
import sendRequest from '../../nodes/send-request/send-request';
import { selfSigned } from '../support/certificate';
import { Flow, sink, tab, type FlowNode, type Message, type NodeSet } from '../support/flow';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

interface Caught extends Message {
  error: { message: string; code: string };
  failure: MessageFailure;
}

const tlsConfig = require('@node-red/nodes/core/network/05-tls.js') as NodeSet;

describe('nodes/http-connection', () => {
  let server: TestServer;
  let flow: Flow | undefined;
  const open: (() => unknown)[] = [];

  beforeEach(async () => {
    server = await startServer(({ url }, response) => {
      if (url.startsWith('/moved')) response.writeHead(307, { location: '/v1/there' }).end();
      else if (url.startsWith('/slow')) return;
      else sendJson(response, { ok: true });
    });
  });

  afterEach(async () => {
    await flow?.close();
    flow = undefined;
    await server.close();
    for (const close of open.splice(0).reverse()) await close();
  });

  const connection = (fields: object = {}): FlowNode => ({
    id: 'the-api',
    type: 'http-connection',
    baseUrl: server.url,
    ...fields,
  });
  const request = (fields: object = {}): FlowNode => ({
    id: 'the-request',
    z: tab.id,
    type: 'send-request',
    connection: 'the-api',
    url: '{{{payload}}}',
    wires: [['answers']],
    ...fields,
  });

  async function load(
    fields: object = {},
    credentials: object = {},
    others: FlowNode[] = [],
    otherCredentials: object = {},
  ): Promise<Flow> {
    flow = await Flow.load(
      [httpConnection, sendRequest, tlsConfig],
      [
        connection(fields),
        ...others,
        request(),
        sink('answers'),
        sink('caught'),
        { id: 'catch-node', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      ],
      { 'the-api': credentials, ...otherCredentials },
    );
    return flow;
  }

  async function ask(payload = 'things'): Promise<Message> {
    const [answers, caught] = [flow!.messages('answers').length, flow!.messages('caught').length];
    flow!.send('the-request', { payload });
    return Promise.race([flow!.after('answers', answers), flow!.after('caught', caught)]);
  }

  async function succeeds(payload?: string): Promise<Received> {
    const { error, statusCode } = await ask(payload);
    assert.equal(error, undefined, JSON.stringify(error));
    assert.equal(statusCode, 200);
    return server.received.at(-1)!;
  }

  async function fails(code: string, says: RegExp, payload?: string): Promise<Caught> {
    const msg = (await ask(payload)) as Caught;
    assert.equal(msg.error?.code, code, JSON.stringify(msg.failure));
    assert.match(msg.failure.message, says);
    return msg;
  }

  describe('authentication', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');

    it('none', async () => {
      await load();
      assert.equal((await succeeds()).headers.authorization, undefined);
    });

    it('basic', async () => {
      await load({ auth: 'basic' }, { username: 'Jürgen', password: 'pä:ss' });
      assert.equal((await succeeds()).headers.authorization, `Basic ${base64('Jürgen:pä:ss')}`);
    });

    it('basic, with a variable of the flow that is a number', async () => {
      await load({ auth: 'basic' }, { username: 'me', password: 123456 as never });
      assert.equal((await succeeds()).headers.authorization, `Basic ${base64('me:123456')}`);
    });

    it('bearer', async () => {
      await load({ auth: 'bearer' }, { token: 'mF_9.B5f-4.1JqM' });
      assert.equal((await succeeds()).headers.authorization, 'Bearer mF_9.B5f-4.1JqM');
    });

    it('headers', async () => {
      const authFields = [
        { in: 'header', name: ' X-Key ', slot: 'secret2' },
        { in: 'header', name: 'X-Tenant', slot: 'secret1' },
      ];
      await load({ auth: 'headers', authFields }, { secret1: 'one', secret2: 'two' });
      const { headers } = await succeeds();
      assert.deepEqual([headers['x-key'], headers['x-tenant']], ['two', 'one']);
    });

    it('query parameters', async () => {
      const authFields = [{ in: 'query', name: 'api key', slot: 'secret1' }];
      await load({ auth: 'query', authFields }, { secret1: 'a&b' });
      assert.equal((await succeeds('x?y=1')).url, '/x?y=1&api%20key=a%26b');
    });

    it('custom: a mix, with and without basic', async () => {
      const authFields = [
        { in: 'header', name: 'X-Key', slot: 'secret1' },
        { in: 'query', name: 'q', slot: 'secret8' },
      ];
      await load(
        { auth: 'custom', authFields },
        { username: 'u', password: 'p', secret1: 'one', secret8: 'eight' },
      );
      const mixed = await succeeds();
      assert.equal(mixed.headers.authorization, `Basic ${base64('u:p')}`);
      assert.equal(mixed.headers['x-key'], 'one');
      assert.equal(mixed.url, '/things?q=eight');
      await flow!.close();
      await load({ auth: 'custom', authFields }, { secret1: 'one', secret8: 'eight' });
      assert.equal((await succeeds()).headers.authorization, undefined);
    });

    it('takes secrets and settings from the environment', async () => {
      Object.assign(process.env, {
        CONNECTION_TEST_URL: `${server.url}/v1`,
        CONNECTION_TEST_TOKEN: 'of-the-env',
        CONNECTION_TEST_TIME: '0.2',
      });
      try {
        await load(
          {
            baseUrl: '${CONNECTION_TEST_URL}',
            auth: 'bearer',
            totalTimeout: '${CONNECTION_TEST_TIME}',
            retryAttempts: 1,
          },
          { token: '${CONNECTION_TEST_TOKEN}' },
        );
        const { url, headers } = await succeeds('x');
        assert.equal(url, '/v1/x');
        assert.equal(headers.authorization, 'Bearer of-the-env');
        await flow!.close();
        await load({ totalTimeout: '${CONNECTION_TEST_TIME}', retryAttempts: 1 });
        await fails('TIMEOUT', /0\.2 s/, 'slow');
      } finally {
        for (const name of ['URL', 'TOKEN', 'TIME']) delete process.env[`CONNECTION_TEST_${name}`];
      }
    });
  });

  describe('scope', () => {
    it('is the base URL by whole segments, redirects included', async () => {
      await load({ baseUrl: `${server.url}/v1`, auth: 'bearer' }, { token: 'token-value' });
      assert.equal((await succeeds(`${server.url}/v1/x`)).url, '/v1/x');
      await fails('HOST_NOT_ALLOWED', /outside the base URL/, `${server.url}/v10/x`);
      await fails('HOST_NOT_ALLOWED', /outside/, `${server.url}/v1/../x`);
      await fails('HOST_NOT_ALLOWED', /outside/, 'http://localhost:1/v1/x');
      assert.equal(server.received.length, 1);
    });

    it('is a list of hosts', async () => {
      await load(
        { baseUrl: '', allowedHosts: `api.example, 127.0.0.1:${server.port}`, auth: 'bearer' },
        { token: 'token-value' },
      );
      assert.equal((await succeeds(`${server.url}/x`)).headers.authorization, 'Bearer token-value');
      await fails('HOST_NOT_ALLOWED', /outside the allowed hosts/, `http://localhost:${server.port}/x`);
    });

    it('lets a redirect to the same host keep the credentials inside the base URL', async () => {
      await load({ auth: 'bearer' }, { token: 'token-value' });
      const { url, headers } = await succeeds('moved');
      assert.deepEqual([url, headers.authorization], ['/v1/there', 'Bearer token-value']);
    });
  });

  describe('settings that cannot work are said in a sentence, by the node and to every message', () => {
    const cases: [string, object, object, RegExp][] = [
      ['a base URL that is none', { baseUrl: 'example' }, {}, /URL/],
      ['a base URL with a query', { baseUrl: 'http://h/?a=1' }, {}, /query/],
      [
        'credentials that could go anywhere',
        { baseUrl: '', auth: 'basic' },
        { username: 'u', password: 'p' },
        /allowed hosts/,
      ],
      ['no token', { auth: 'bearer' }, {}, /token is empty/],
      ['a colon in the user name', { auth: 'basic' }, { username: 'a:b' }, /colon/],
      [
        'a field without a value',
        { auth: 'headers', authFields: [{ in: 'header', name: 'X-A', slot: 'secret1' }] },
        {},
        /"X-A" has no value/,
      ],
      [
        'a field without a name',
        { auth: 'query', authFields: [{ in: 'query', name: ' ', slot: 'secret1' }] },
        { secret1: 'x' },
        /no name/,
      ],
      ['a scheme of another release', { auth: 'telepathy' }, {}, /"telepathy" is not known here/],
      [
        'a time that is no number',
        { connectTimeout: 'soon' },
        {},
        /connect timeout must be a number.*"soon"/,
      ],
      ['a time below zero', { idleTimeout: -1 }, {}, /idle timeout/],
      ['no time', { totalTimeout: '' }, {}, /total timeout/],
      ['a time that is not a time at all', { firstByteTimeout: null }, {}, /first byte timeout/],
      ['a size that is no number', { maxResponseSize: '${NOT_SET_ANYWHERE}' }, {}, /size limit/],
      ['a TLS configuration that is gone', { tls: 'gone' }, {}, /TLS configuration is missing/],
      ['a newer release', { configVersion: 99 }, {}, /newer release/],
    ];
    for (const [what, fields, credentials, says] of cases) {
      it(what, async () => {
        await load(fields, credentials);
        const logged = flow!.errors('the-api');
        assert.equal(logged.length, 1);
        assert.match(String(logged[0]![0]), says);
        await fails('CONFIG', says);
        assert.equal(flow!.statuses('the-request').at(-1)!.fill, 'red');
        assert.equal(server.received.length, 0);
      });
    }

    it('and are well again once they are deployed right', async () => {
      await load({ baseUrl: 'example' });
      await fails('CONFIG', /URL/);
      await flow!.deploy('nodes', [connection()]);
      await succeeds();
    });
  });

  it('adds its headers and query to every request that does not have them', async () => {
    await load({
      headers: [
        { name: 'X-Version', value: '2' },
        { name: '', value: 'unnamed' },
      ],
      query: [{ name: 'lang', value: 'de & en' }],
    });
    const plain = await succeeds('a');
    assert.deepEqual([plain.url, plain.headers['x-version']], ['/a?lang=de%20%26%20en', '2']);
    await flow!.deploy('nodes', [request({ headers: [{ name: 'x-version', type: 'num', value: '3' }] })]);
    const own = await succeeds('a?lang=fr');
    assert.deepEqual([own.url, own.headers['x-version']], ['/a?lang=fr', '3']);
  });

  it('knows the nodes that use it, so that its errors reach their Catch nodes', async () => {
    await load();
    const { users } = flow!.node('the-api') as unknown as { users: Record<string, unknown> };
    assert.deepEqual(Object.keys(users), ['the-request']);
    flow!.node('the-api').error('trouble', {});
    const [msg] = (await flow!.first('caught')) as Caught[];
    assert.match(msg!.error.message, /trouble/);
    await flow!.deploy('nodes', [request({ connection: '' })]);
    assert.deepEqual(Object.keys(users), []);
  });

  for (const keepAlive of [true, false]) {
    it(`${keepAlive ? 'keeps its connections and' : 'does not keep its connections;'} closes all of them at a redeploy`, async () => {
      const sockets = new Set<Socket>();
      let empty: () => void = () => undefined;
      let count = 0;
      server.server.on('connection', (socket: Socket) => {
        count++;
        sockets.add(socket);
        socket.on('close', () => {
          sockets.delete(socket);
          if (sockets.size === 0) empty();
        });
      });
      await load({ keepAlive });
      for (let i = 0; i < 6; i++) await succeeds();
      if (keepAlive) assert.ok(count <= 2, `${count} connections`);
      else assert.equal(count, 6);
      const gone = new Promise<void>((resolve) => {
        empty = resolve;
        if (sockets.size === 0) resolve();
      });
      await flow!.deploy('nodes', [connection({ keepAlive, name: 'changed' })]);
      await gone;
      await succeeds();
    });
  }

  describe('TLS', () => {
    const certificate = selfSigned(['127.0.0.1']);
    const client = selfSigned(['a client']);
    const tls = (fields: object = {}): FlowNode => ({
      id: 'the-tls',
      type: 'tls-config',
      verifyservercert: true,
      ...fields,
    });

    async function serve(options: object = {}): Promise<string> {
      const secure = createServer({ ...certificate, ...options }, (incoming, response) => {
        const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
        sendJson(response, { client: subject?.CN });
      });
      secure.on('tlsClientError', () => undefined);
      secure.listen(0, '127.0.0.1');
      await once(secure, 'listening');
      open.push(() => {
        secure.closeAllConnections();
        secure.close();
      });
      return `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    }

    it('without a TLS configuration trusts no certificate that signed itself', async () => {
      await load({ baseUrl: await serve(), retryAttempts: 1 });
      const { failure } = await fails('TLS', /self-signed: add it as a CA/);
      assert.equal(failure.type, 'network');
      assert.equal(failure.retryable, false);
    });

    it('trusts the CA of the TLS configuration', async () => {
      await load({ baseUrl: await serve(), tls: 'the-tls' }, {}, [tls()], {
        'the-tls': { cadata: certificate.cert },
      });
      await succeeds();
    });

    it('trusts anybody when the TLS configuration says so', async () => {
      await load({ baseUrl: await serve(), tls: 'the-tls' }, {}, [tls({ verifyservercert: false })]);
      await succeeds();
    });

    it('checks the server when the TLS configuration does not say', async () => {
      await load({ baseUrl: await serve(), tls: 'the-tls' }, {}, [tls({ verifyservercert: undefined })]);
      await fails('TLS', /self-signed/);
    });

    it('shows the certificate of the TLS configuration', async () => {
      const baseUrl = await serve({ requestCert: true, ca: client.cert });
      const { cert: certdata, key: keydata } = client;
      await load({ baseUrl, tls: 'the-tls' }, {}, [tls()], {
        'the-tls': { cadata: certificate.cert, certdata, keydata },
      });
      assert.deepEqual((await ask()).payload, { client: 'a client' });
    });

    it('says so when the server wants a certificate and there is none', async () => {
      await load(
        { baseUrl: await serve({ requestCert: true, ca: client.cert }), tls: 'the-tls', retryAttempts: 1 },
        {},
        [tls()],
        {
          'the-tls': { cadata: certificate.cert },
        },
      );
      const { error } = (await ask()) as Caught;
      assert.match(error.code, /^(TLS|CONNECTION_RESET)$/);
    });

    it('does not go without a TLS configuration that is not valid', async () => {
      await load({ tls: 'the-tls' }, {}, [tls()], { 'the-tls': { certdata: client.cert } });
      await fails('CONFIG', /TLS configuration is not valid/);
      assert.equal(server.received.length, 0);
    });

    it('says so when the CA is no certificate', async () => {
      await load({ baseUrl: await serve(), tls: 'the-tls' }, {}, [tls()], {
        'the-tls': { certdata: 'rubbish', keydata: 'rubbish' },
      });
      await fails('TLS', /certificates of the TLS configuration cannot be used/);
    });
  });
});
