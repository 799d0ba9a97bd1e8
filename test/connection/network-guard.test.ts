import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { NetworkGuard } from '../../src/connection/network-guard';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';

const notAllowed = (error: Failure) => {
  assert.equal(error.code, 'HOST_NOT_ALLOWED', error.message);
  return true;
};

const hosts = [
  '127.0.0.1',
  'localhost',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '169.254.169.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.2.1',
  '224.0.0.1',
  '255.255.255.255',
  '[fd00::1]',
  '[fe80::1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[ff02::1]',
  '[fec0::1]',
  '[2001:db8::1]',
  '[::ffff:a00:1]',
];

describe('connection/network-guard', () => {
  it(`refuses ${hosts.length} forms of private and special addresses before anything is sent`, async () => {
    const connection = connect({ guard: new NetworkGuard() });
    for (const host of hosts) {
      await assert.rejects(connection.send({ method: 'GET', url: `http://${host}:9/` }), notAllowed, host);
    }
    await connection.close();
  });

  it('lets public addresses through', () => {
    const guard = new NetworkGuard();
    for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '100.128.0.1', '172.32.0.1']) {
      assert.ok(guard.allows(address), address);
    }
  });

  it('makes exceptions by address and range', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const connection = connect({ baseUrl: server.url, guard: new NetworkGuard(['127.0.0.1', 'fd00::/8']) });
    assert.equal((await connection.send({ method: 'GET', url: '' })).statusCode, 200);
    assert.throws(() => new NetworkGuard(['10.0.0.0/33']), { code: 'CONFIG' });
    assert.throws(() => new NetworkGuard(['host.example']), { code: 'CONFIG' });
    await connection.close();
    await server.close();
  });

  it('checks every hop: a redirect to a private address is refused', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' });
      response.end();
    });
    const connection = connect({ guard: new NetworkGuard(['127.0.0.1']) });
    await assert.rejects(connection.send({ method: 'GET', url: server.url }), notAllowed);
    await connection.close();
    await server.close();
  });

  describe('a name', () => {
    /** A name server that gives the next list of addresses at each look-up. */
    const resolving = (...answers: string[][]) => {
      const lookup = (
        _name: string,
        _options: object,
        callback: (error: null, addresses: LookupAddress[]) => void,
      ): void =>
        callback(
          null,
          answers.shift()!.map((address) => ({ address, family: isIP(address) })),
        );
      return lookup as unknown as ConstructorParameters<typeof NetworkGuard>[1];
    };

    it('that resolves to a private address is refused, alone or among others', async () => {
      for (const addresses of [
        ['10.0.0.1'],
        ['8.8.8.8', '127.0.0.1'],
        ['::ffff:169.254.169.254'],
        ['fd00::1'],
      ]) {
        for (const proxy of [undefined, { http: 'http://127.0.0.1:1' }]) {
          const guard = new NetworkGuard([], resolving(addresses));
          const connection = connect({ guard, proxy });
          await assert.rejects(
            connection.send({ method: 'GET', url: 'http://public.example:9/' }),
            notAllowed,
          );
          await connection.close();
        }
      }
    });

    it('that rebinds is refused at the look-up that the connection is made with', async () => {
      const server = await startServer((_request, response) => sendJson(response, {}));
      for (const proxy of [undefined, { http: server.url }]) {
        // the second look-up would lead elsewhere on this machine
        const guard = new NetworkGuard(['127.0.0.1'], resolving(['127.0.0.1'], ['127.0.0.2']));
        const connection = connect({ guard, proxy, keepAlive: false });
        const send = () => connection.send({ method: 'GET', url: `http://public.example:${server.port}/` });
        assert.equal((await send()).statusCode, 200);
        await assert.rejects(send, notAllowed);
        await connection.close();
      }
      assert.equal(server.received.length, 2);
      await server.close();
    });

    it('that rebinds between two redirects is refused', async () => {
      const server = await startServer((_request, response) => {
        response.writeHead(302, { location: '/again', connection: 'close' });
        response.end();
      });
      const guard = new NetworkGuard(['127.0.0.1'], resolving(['127.0.0.1'], ['127.0.0.2']));
      const connection = connect({ guard });
      await assert.rejects(
        connection.send({ method: 'GET', url: `http://public.example:${server.port}/` }),
        notAllowed,
      );
      assert.equal(server.received.length, 1);
      await connection.close();
      await server.close();
    });
  });

  it(`refuses the ${hosts.length} forms with a proxy too, and after a redirect`, async () => {
    const proxy = await startServer((request, response) => {
      response.writeHead(302, { location: new URL(request.url).searchParams.get('to')! });
      response.end();
    });
    const proxied = connect({ guard: new NetworkGuard(), proxy: { http: proxy.url, https: proxy.url } });
    const redirected = connect({ guard: new NetworkGuard(), proxy: { http: proxy.url } });
    let sent = 0;
    for (const host of hosts) {
      for (const scheme of ['http', 'https']) {
        const url = `${scheme}://${host}:9/`;
        await assert.rejects(proxied.send({ method: 'GET', url }), notAllowed, url);
        const away = `http://8.8.8.8/?to=${encodeURIComponent(url)}`;
        await assert.rejects(redirected.send({ method: 'GET', url: away }), notAllowed, url);
        sent++;
      }
    }
    assert.equal(proxy.received.length, sent);
    await Promise.all([proxied, redirected].map((connection) => connection.close()));
    await proxy.close();
  });

  it('checks the name before a proxy resolves it', async () => {
    const proxy = await startServer((_request, response) => sendJson(response, {}));
    const connection = connect({ guard: new NetworkGuard(), proxy: { http: proxy.url } });
    for (const host of ['localhost', '10.0.0.1']) {
      await assert.rejects(connection.send({ method: 'GET', url: `http://${host}/` }), notAllowed);
    }
    assert.equal(proxy.received.length, 0);
    await connection.close();
    await proxy.close();
  });

  it('refuses a name of which any address is private', (done) => {
    new NetworkGuard().lookup('localhost', { all: true }, (error) => {
      assert.equal((error as unknown as Failure).code, 'HOST_NOT_ALLOWED');
      done();
    });
  });
});
