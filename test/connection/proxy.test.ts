import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { proxyFor, proxyFromEnvironment } from '../../src/connection/proxy';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';

const through = (url: string, noProxy: string) =>
  proxyFor(new URL(url), { http: 'http://p:1', https: 'http://p:2', noProxy }) !== undefined;

describe('connection/proxy', () => {
  for (const [noProxy, direct, proxied] of [
    ['*', ['http://a.example/'], []],
    ['a.example', ['http://a.example/', 'https://b.a.example/'], ['http://xa.example/', 'http://example/']],
    ['.a.example', ['http://b.a.example/'], ['http://ba.example/']],
    ['*.a.example', ['http://b.a.example/'], ['http://ba.example/']],
    ['a.example:8080', ['http://a.example:8080/'], ['http://a.example/']],
    ['a.example:443', ['https://a.example/'], ['http://a.example/']],
    ['10.0.0.0/8', ['http://10.1.2.3/'], ['http://11.1.2.3/', 'http://ten.example/']],
    ['10.1.2.3', ['http://10.1.2.3/'], ['http://10.1.2.4/']],
    ['::1', ['http://[::1]/'], ['http://[::2]/']],
    ['[::1]:8080', ['http://[::1]:8080/'], ['http://[::1]/']],
    ['fd00::/8', ['http://[fd12::1]/'], ['http://[fe12::1]/']],
    ['x.example, A.EXAMPLE b.example', ['http://a.example/', 'http://b.example/'], ['http://c.example/']],
    ['not/a/range,,', [], ['http://a.example/']],
  ] as [string, string[], string[]][]) {
    it(`NO_PROXY=${noProxy}`, () => {
      for (const url of direct) assert.ok(!through(url, noProxy), `${url} goes directly`);
      for (const url of proxied) assert.ok(through(url, noProxy), `${url} goes through the proxy`);
    });
  }

  it('chooses by scheme and decodes credentials', () => {
    const settings = proxyFromEnvironment({
      HTTPS_PROXY: 'http://user:p%40ss%3A@secure.example:3128',
      http_proxy: 'plain.example:8080',
      NO_PROXY: 'x.example',
    });
    const secure = proxyFor(new URL('https://a.example/'), settings)!;
    assert.equal(secure.uri, 'http://secure.example:3128');
    assert.equal(secure.token, `Basic ${Buffer.from('user:p@ss:').toString('base64')}`);
    assert.equal(proxyFor(new URL('http://a.example/'), settings)!.uri, 'http://plain.example:8080');
    assert.equal(proxyFor(new URL('http://x.example/'), settings), undefined);
    assert.throws(() => proxyFor(new URL('http://a.example/'), { http: 'socks5://p' }), { code: 'CONFIG' });
  });

  it('forwards plain http with its credentials and keeps the connection', async () => {
    const ports = new Set<number>();
    const proxy = await startServer((_request, response) => sendJson(response, {}));
    proxy.server.on('connection', (socket) => ports.add(socket.remotePort!));
    const connection = connect({ proxy: { http: `http://u:p%20w@127.0.0.1:${proxy.port}` } });
    for (let i = 0; i < 6; i++) await connection.send({ method: 'GET', url: 'http://far.example/a?b=1' });
    const [seen] = proxy.received;
    assert.equal(seen!.url, 'http://far.example/a?b=1');
    assert.equal(seen!.headers.host, 'far.example');
    assert.equal(seen!.headers['proxy-authorization'], `Basic ${Buffer.from('u:p w').toString('base64')}`);
    assert.ok(ports.size <= 2, `${ports.size} connections`);
    await connection.close();
    await proxy.close();
  });

  it('keeps the credentials of two proxies at one address apart, and shows none', async () => {
    const tokens: (string | undefined)[] = [];
    const proxy = await startServer((request, response) => {
      tokens.push(request.headers['proxy-authorization']);
      sendJson(response, {});
    });
    proxy.server.on('connect', (request, socket) => {
      tokens.push(request.headers['proxy-authorization']);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const connection = connect({
      proxy: {
        http: `http://a:first-pw@127.0.0.1:${proxy.port}`,
        https: `http://b:second-pw@127.0.0.1:${proxy.port}`,
      },
    });
    await connection.send({ method: 'GET', url: 'http://far.example/' });
    await assert.rejects(connection.send({ method: 'GET', url: 'https://far.example/' }), {
      code: 'PROXY',
      retryable: true,
    });
    const token = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    assert.deepEqual(tokens, [token('a:first-pw'), token('b:second-pw')]);
    assert.equal(connection.redact(`first-pw ${token('b:second-pw')}`), '••• Basic •••');
    await connection.close();
    await proxy.close();
  });

  it('tells a proxy that is not there from an origin that is not', async () => {
    const connection = connect({ proxy: { http: 'http://127.0.0.1:1' } });
    const message = 'the proxy cannot be reached: nothing listens at that address';
    await assert.rejects(connection.send({ method: 'GET', url: 'http://far.example/' }), {
      code: 'PROXY',
      message,
      retryable: true,
    });
    await assert.rejects(connection.send({ method: 'GET', url: 'https://127.0.0.1:1/' }), {
      code: 'CONNECTION_REFUSED',
    });
    await connection.close();
  });

  it('has the timeouts of the connection for a proxy that says nothing', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    for (const [options, target, code] of [
      [{ connectTimeout: 300 }, 'https://far.example/', 'CONNECT_TIMEOUT'],
      [{ firstByteTimeout: 300 }, 'http://far.example/', 'FIRST_BYTE_TIMEOUT'],
      [{ totalTimeout: 300 }, 'https://far.example/', 'TIMEOUT'],
      [{ totalTimeout: 300 }, 'http://far.example/', 'TIMEOUT'],
    ] as const) {
      const connection = connect({ ...options, proxy: { http: url, https: url } });
      const started = performance.now();
      await assert.rejects(connection.send({ method: 'GET', url: target }), { code });
      assert.ok(performance.now() - started < 4000, code);
      await connection.close();
    }
    for (const target of ['https://far.example/', 'http://far.example/']) {
      const connection = connect({ proxy: { http: url, https: url } });
      setTimeout(() => void connection.close(), 100);
      await assert.rejects(connection.send({ method: 'GET', url: target }), { code: 'ABORTED' });
    }
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('says that the proxy refused, and which way', async () => {
    const proxy = await startServer((_request, response) => {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"' });
      response.end();
    });
    proxy.server.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const connection = connect({ proxy: { http: proxy.url, https: proxy.url } });
    await assert.rejects(connection.send({ method: 'GET', url: 'http://far.example/' }), { code: 'PROXY' });
    await assert.rejects(connection.send({ method: 'GET', url: 'https://far.example/' }), {
      code: 'PROXY',
      message: 'the proxy refused the connection: it answered 403',
    });
    await connection.close();
    await proxy.close();
  });
});
