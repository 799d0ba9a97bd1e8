import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as zlib from 'node:zlib';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import { fields } from '../../src/connection/auth/fields';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { sendJson, startServer, type TestServer } from '../support/server';

describe('connection/connection', () => {
  const open: (Connection | TestServer | { close(): unknown })[] = [];
  const track = <T extends { close(): unknown }>(thing: T): T => {
    open.push(thing);
    return thing;
  };
  const serve = async (answer: Parameters<typeof startServer>[0]) => track(await startServer(answer));
  const to = (server: TestServer, options: Partial<ConnectionOptions> = {}) =>
    track(connect({ baseUrl: server.url, ...options }));
  const failure = (code: string) => (error: Failure) => {
    assert.equal(error.code, code, error.message);
    return true;
  };

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  /** A server that speaks raw TCP: for answers that no HTTP server would give. */
  async function serveRaw(
    onRequest: (socket: Socket) => void,
  ): Promise<{ url: string; sockets: Set<Socket> }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.once('data', () => onRequest(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    track({
      close: () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
  }

  it('sends method, query, header case and body, and reads the whole answer', async () => {
    const server = await serve((request, response) => {
      response.writeHead(201, { 'X-Two': ['a', 'b'], 'set-cookie': ['a=1', 'b=2'] });
      response.end(request.body);
    });
    const answer = await to(server).send({
      method: 'POST',
      url: 'a%2Fb?x=1',
      query: [
        ['y', 'a b&c'],
        ['y', 'ü'],
      ],
      headers: { 'X-CuStOm': 'v' },
      body: Buffer.from('hello'),
    });
    const [received] = server.received;
    assert.equal(received!.method, 'POST');
    assert.equal(received!.url, '/a%2Fb?x=1&y=a%20b%26c&y=%C3%BC');
    assert.ok(received!.rawHeaders.includes('X-CuStOm'));
    assert.equal(answer.statusCode, 201);
    assert.equal(answer.statusText, 'Created');
    assert.equal(answer.body.toString(), 'hello');
    assert.equal(answer.headers['x-two'], 'a, b');
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.ok(answer.timings.total >= answer.timings.firstByte);
  });

  it('keeps connections alive when asked, and not otherwise', async () => {
    const server = await serve((_request, response) => sendJson(response, {}));
    const ports = new Set<number>();
    server.server.on('connection', (socket: Socket) => ports.add(socket.remotePort!));
    const kept = to(server);
    for (let i = 0; i < 10; i++) await kept.send({ method: 'GET', url: '' });
    // the pool may open a second one while the first is still being handed back
    assert.ok(ports.size <= 2, `${ports.size} connections`);
    ports.clear();
    const fresh = to(server, { keepAlive: false });
    for (let i = 0; i < 10; i++) await fresh.send({ method: 'GET', url: '' });
    assert.equal(ports.size, 10);
  });

  describe('credentials', () => {
    it('are put where each scheme wants them', async () => {
      const server = await serve((_request, response) => sendJson(response, {}));
      const post = {
        method: 'POST',
        url: 'x',
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{"a":1}'),
      };
      await to(server, { authenticator: basic('Jürgen', 'pä:ss') }).send(post);
      await to(server, { authenticator: bearer('t0ken') }).send(post);
      await to(server, {
        authenticator: fields(
          [
            { in: 'header', name: 'X-Key', value: 'k1' },
            { in: 'query', name: 'api key', value: 'k&2' },
            { in: 'body', name: 'key', value: 'k3' },
          ],
          basic('u', 'p'),
        ),
      }).send(post);
      const [one, two, three] = server.received;
      assert.equal(one!.headers.authorization, `Basic ${Buffer.from('Jürgen:pä:ss').toString('base64')}`);
      assert.equal(two!.headers.authorization, 'Bearer t0ken');
      assert.equal(three!.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
      assert.equal(three!.headers['x-key'], 'k1');
      assert.equal(three!.url, '/x?api%20key=k%262');
      assert.deepEqual(JSON.parse(three!.body.toString()), { a: 1, key: 'k3' });
    });

    it('go into a form body', async () => {
      const server = await serve((_request, response) => sendJson(response, {}));
      await to(server, { authenticator: fields([{ in: 'body', name: 'k', value: 'v+ ' }]) }).send({
        method: 'POST',
        url: '',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from('a=1'),
      });
      assert.equal(server.received[0]!.body.toString(), 'a=1&k=v%2B+');
    });

    it('are refused without a base URL and allowed hosts', () => {
      assert.throws(() => connect({ authenticator: bearer('x') }), failure('CONFIG'));
    });

    it('are never sent outside the scope, by URL or by redirect', async () => {
      const other = await serve((_request, response) => sendJson(response, {}));
      const server = await serve((_request, response) => {
        response.writeHead(302, { location: `${other.url}/elsewhere?kept=1` });
        response.end();
      });
      const connection = to(server, {
        authenticator: fields(
          [
            { in: 'header', name: 'X-Key', value: 'secret-1' },
            { in: 'query', name: 'k', value: 'secret-2' },
          ],
          basic('u', 'secret-3'),
        ),
      });
      await assert.rejects(connection.send({ method: 'GET', url: other.url }), failure('HOST_NOT_ALLOWED'));
      assert.equal(other.received.length, 0);
      await connection.send({ method: 'GET', url: 'start', headers: { Cookie: 'c=1' } });
      const [landed] = other.received;
      assert.equal(landed!.url, '/elsewhere?kept=1');
      assert.equal(landed!.headers['x-key'], undefined);
      assert.equal(landed!.headers.authorization, undefined);
      assert.equal(landed!.headers.cookie, undefined);
    });

    it('that a node sets itself do not go elsewhere either, nor do kept cookies', async () => {
      const other = await serve((_request, response) => sendJson(response, {}));
      const server = await serve((request, response) => {
        const location = request.url === '/start' ? `${other.url}/` : undefined;
        response.writeHead(location ? 307 : 200, {
          'set-cookie': 'session=s1',
          ...(location && { location }),
        });
        response.end();
      });
      const connection = to(server, { cookies: true, defaultHeaders: { 'X-API-Key': 'k1' } });
      const headers = {
        'X-Auth-Token': 't',
        'x-amz-security-token': 't',
        'X-Hub-Signature-256': 's',
        'Client-Secret': 's',
        key: 'k',
        'Idempotency-Key': 'i',
        'X-Author': 'a',
        'X-Session-Id': '1',
        Monkey: 'm',
      };
      await connection.send({ method: 'GET', url: '' });
      await connection.send({ method: 'POST', url: 'start', headers });
      const [landed] = other.received;
      const kept = Object.keys(landed!.headers).filter(
        (name) => !/^(accept|connection|content|host|user)/.test(name),
      );
      assert.deepEqual(kept.sort(), ['idempotency-key', 'monkey', 'x-author']);
    });

    it('never show in a failure', async () => {
      const secret = 'p&ss wörd';
      const connection = track(
        connect({
          baseUrl: 'http://127.0.0.1:1',
          authenticator: fields([{ in: 'query', name: 'key', value: secret }]),
        }),
      );
      await assert.rejects(
        connection.send({ method: 'GET', url: `x?echo=${encodeURIComponent(secret)}` }),
        (error: Failure) => {
          assert.equal(error.code, 'CONNECTION_REFUSED');
          assert.ok(error.request!.url.includes('echo=•••'), error.request!.url);
          return true;
        },
      );
    });
  });

  describe('redirects', () => {
    for (const [status, method, expected] of [
      [301, 'POST', 'GET'],
      [302, 'POST', 'GET'],
      [302, 'PUT', 'PUT'],
      [303, 'PUT', 'GET'],
      [303, 'HEAD', 'HEAD'],
      [307, 'POST', 'POST'],
      [308, 'POST', 'POST'],
    ] as const) {
      it(`turn ${method} into ${expected} on ${status}`, async () => {
        const server = await serve((request, response) => {
          if (request.url !== '/start') return sendJson(response, {});
          response.writeHead(status, { location: 'next' });
          response.end();
        });
        const body = method === 'HEAD' ? undefined : Buffer.from('body');
        const answer = await to(server, { authenticator: bearer('tok') }).send({
          method,
          url: 'start',
          body,
        });
        const landed = server.received[1]!;
        assert.equal(landed.method, expected);
        assert.equal(landed.headers.authorization, 'Bearer tok');
        assert.equal(landed.body.toString(), expected === method && body ? 'body' : '');
        assert.deepEqual(answer.redirects, [`${server.url}/start`]);
        assert.equal(answer.url, `${server.url}/next`);
      });
    }

    it('stop at the limit, and other schemes are not followed', async () => {
      const server = await serve((request, response) => {
        response.writeHead(302, { location: request.url === '/file' ? 'file:///etc/passwd' : '/again' });
        response.end();
      });
      await assert.rejects(to(server).send({ method: 'GET', url: 'x' }), failure('TOO_MANY_REDIRECTS'));
      assert.equal(server.received.length, 11);
      await assert.rejects(to(server).send({ method: 'GET', url: 'file' }), failure('INVALID_RESPONSE'));
    });
  });

  describe('bodies', () => {
    const text = Buffer.from('hello '.repeat(1000));
    const encodings: Record<string, Buffer> = {
      gzip: zlib.gzipSync(text),
      deflate: zlib.deflateSync(text),
      br: zlib.brotliCompressSync(text),
      'gzip, br': zlib.brotliCompressSync(zlib.gzipSync(text)),
      ...(zlib.zstdCompressSync ? { zstd: zlib.zstdCompressSync(text) } : {}),
    };
    for (const [encoding, body] of Object.entries(encodings)) {
      it(`are decompressed: ${encoding}`, async () => {
        const server = await serve((_request, response) => {
          response.writeHead(200, { 'content-encoding': encoding });
          response.end(body);
        });
        const answer = await to(server).send({ method: 'GET', url: '' });
        assert.deepEqual(answer.body, text);
      });
    }

    it('are decompressed: deflate without its wrapper', async () => {
      const server = await serve((_request, response) => {
        response.writeHead(200, { 'content-encoding': 'deflate' });
        response.end(zlib.deflateRawSync(text));
      });
      assert.deepEqual((await to(server).send({ method: 'GET', url: '' })).body, text);
    });

    it('stop at the cap, counted after decompression', async () => {
      const bomb = zlib.gzipSync(Buffer.alloc(20 * 1024 * 1024));
      const server = await serve((request, response) => {
        if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(request.url === '/bomb' ? bomb : Buffer.alloc(2048));
      });
      const connection = to(server, { maxResponseSize: 1024 * 1024 });
      await assert.rejects(connection.send({ method: 'GET', url: 'bomb' }), failure('BODY_TOO_LARGE'));
      const small = to(server, { maxResponseSize: 2047 });
      await assert.rejects(small.send({ method: 'GET', url: 'plain' }), failure('BODY_TOO_LARGE'));
      const exact = to(server, { maxResponseSize: 2048 });
      assert.equal((await exact.send({ method: 'GET', url: 'plain' })).body.length, 2048);
    });

    it('that are broken or of an unknown coding are an error', async () => {
      const server = await serve((request, response) => {
        response.writeHead(200, { 'content-encoding': request.url.slice(1) });
        response.end('not compressed');
      });
      for (const coding of ['gzip', 'br', 'snappy']) {
        await assert.rejects(to(server).send({ method: 'GET', url: coding }), failure('INVALID_RESPONSE'));
      }
    });
  });

  describe('what goes wrong has its own code', () => {
    it('nothing listens', async () => {
      await assert.rejects(
        track(connect({ baseUrl: 'http://127.0.0.1:1' })).send({ method: 'GET', url: '' }),
        failure('CONNECTION_REFUSED'),
      );
    });

    it('no such host', async () => {
      await assert.rejects(
        track(connect({ baseUrl: 'http://no-such-host.invalid' })).send({ method: 'GET', url: '' }),
        failure('DNS'),
      );
    });

    it('no answer, a stalled answer, and one that drips for ever', async () => {
      const silent = await serveRaw(() => undefined);
      await assert.rejects(
        track(connect({ baseUrl: silent.url, firstByteTimeout: 100 })).send({ method: 'GET', url: '' }),
        failure('FIRST_BYTE_TIMEOUT'),
      );
      const stalled = await serveRaw((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
      );
      await assert.rejects(
        track(connect({ baseUrl: stalled.url, idleTimeout: 100 })).send({ method: 'GET', url: '' }),
        failure('IDLE_TIMEOUT'),
      );
      const dripping = await serveRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
        const drip = setInterval(() => socket.write('x'), 10);
        socket.on('close', () => clearInterval(drip));
      });
      await assert.rejects(
        track(connect({ baseUrl: dripping.url, totalTimeout: 150 })).send({ method: 'GET', url: '' }),
        failure('TIMEOUT'),
      );
    });

    it('a closed connection, garbage, and a body cut short', async () => {
      const closing = await serveRaw((socket) => socket.destroy());
      await assert.rejects(
        track(connect({ baseUrl: closing.url })).send({ method: 'GET', url: '' }),
        failure('CONNECTION_RESET'),
      );
      const garbage = await serveRaw((socket) => socket.end('lskdu018973t09sylgasjkfg1][]'));
      await assert.rejects(
        track(connect({ baseUrl: garbage.url })).send({ method: 'GET', url: '' }),
        failure('INVALID_RESPONSE'),
      );
      const cut = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
      await assert.rejects(
        track(connect({ baseUrl: cut.url })).send({ method: 'GET', url: '' }),
        (error: Failure) => ['CONNECTION_RESET', 'INVALID_RESPONSE'].includes(error.code),
      );
    });

    it('the total time and an abort end a request that has no connection yet', async () => {
      // accepts, and never shakes hands
      const silent = await serveRaw(() => undefined);
      const secure = silent.url.replace('http:', 'https:');
      const started = performance.now();
      await assert.rejects(
        track(connect({ baseUrl: secure, totalTimeout: 100 })).send({ method: 'GET', url: '' }),
        failure('TIMEOUT'),
      );
      const controller = new AbortController();
      const aborted = track(connect({ baseUrl: secure })).send(
        { method: 'GET', url: '' },
        { signal: controller.signal },
      );
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await assert.rejects(aborted, /enough/);
      assert.ok(performance.now() - started < 4000, 'they waited for the connect timeout');
    });

    it('close and abort end what is in flight at once and leave no socket', async () => {
      const silent = await serveRaw(() => undefined);
      const connection = connect({ baseUrl: silent.url });
      const pending = Array.from({ length: 20 }, () =>
        connection.send({ method: 'GET', url: '' }).then(
          () => 'answered',
          (error: Failure) => error.code,
        ),
      );
      const controller = new AbortController();
      const aborted = connection.send({ method: 'GET', url: '' }, { signal: controller.signal });
      controller.abort(new Error('enough'));
      await assert.rejects(aborted);
      await connection.close();
      assert.deepEqual(new Set(await Promise.all(pending)), new Set(['ABORTED']));
      await assert.rejects(connection.send({ method: 'GET', url: '' }), failure('ABORTED'));
      while (silent.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    });
  });
});
