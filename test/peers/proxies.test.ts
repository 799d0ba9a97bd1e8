import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { diagnose } from '../../src/connection/diagnose';
import { NetworkGuard } from '../../src/connection/network-guard';
import type { ProxySettings } from '../../src/connection/proxy';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

type Seen = Record<string, string> & { headers: Record<string, string> };

describe('proxies', () => {
  let nginx: Peer;
  let httpbin: Peer;
  let squid: Peer;
  let tinyproxy: Peer;
  const open: Connection[] = [];

  before(async () => {
    nginx = await startPeer('nginx', '/a.json', 9);
    httpbin = await startPeer('httpbin', '/get');
    squid = await startPeer('squid', '/', 3);
    tinyproxy = await startPeer('tinyproxy', '/', 2);
  });
  after(async () => {
    for (const peer of [tinyproxy, squid, httpbin, nginx]) await peer?.stop();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  const pki = (peer: Peer, name: string) => readFileSync(path.join(peer.folder, 'pki', name), 'utf8');
  const both = (url: string): ProxySettings => ({ http: url, https: url });
  const through = (proxy: ProxySettings, options: Partial<ConnectionOptions> = {}): Connection => {
    const connection = connect({ tls: { ca: pki(nginx, 'ca.crt') }, proxy, ...options });
    open.push(connection);
    return connection;
  };
  const get = (connection: Connection, url: string) => connection.send({ method: 'GET', url });
  const json = async (connection: Connection, url: string) =>
    JSON.parse((await get(connection, url)).body.toString()) as Seen;
  const tls = (number: number) => `https://localhost:${nginx.ports[number]}`;
  const refused =
    (sentence: RegExp, retryable = false) =>
    (error: Failure) => {
      assert.equal(error.code, 'PROXY', error.message);
      assert.match(error.message, sentence);
      assert.equal(error.retryable, retryable, error.message);
      return true;
    };

  const known: Readonly<
    Record<string, () => { right: string; wrong: string; via: RegExp; anonymous: string }>
  > = {
    squid: () => ({
      right: `http://puser:p%40ss%3Aw%2Frd@127.0.0.1:${squid.port}`,
      wrong: `http://puser:wr0ng@127.0.0.1:${squid.port}`,
      anonymous: `http://127.0.0.1:${squid.port}`,
      via: /squid/,
    }),
    tinyproxy: () => ({
      right: `http://puser:%70pass@127.0.0.1:${tinyproxy.port}`,
      wrong: `http://puser:wr0ng@127.0.0.1:${tinyproxy.port}`,
      anonymous: `http://127.0.0.1:${tinyproxy.port}`,
      via: /tinyproxy/,
    }),
  };

  for (const [name, urls] of Object.entries(known)) {
    describe(name, () => {
      it('forwards http, and the credentials end there', async () => {
        const connection = through(both(urls().right));
        for (let i = 0; i < 3; i++) {
          const seen = await json(connection, `${httpbin.url}/anything?show_env=1&n=${i}`);
          assert.match(seen.headers.Via!, urls().via);
          assert.equal(seen.headers['Proxy-Authorization'], undefined);
        }
        const answer = await connection.send({
          method: 'POST',
          url: `${httpbin.url}/post`,
          headers: { 'Content-Type': 'application/json' },
          body: Buffer.from('{"a":"ü"}'),
        });
        assert.deepEqual((JSON.parse(answer.body.toString()) as { json: unknown }).json, { a: 'ü' });
      });

      it('tunnels https, and the connection in the tunnel is kept', async () => {
        const connection = through(both(urls().right));
        const seen = new Set<string>();
        for (let i = 0; i < 10; i++) seen.add((await json(connection, `${tls(1)}/who`)).connection!);
        assert.ok(seen.size <= 2, `${seen.size} connections`);
        const fresh = through(both(urls().right), { keepAlive: false });
        seen.clear();
        for (let i = 0; i < 5; i++) seen.add((await json(fresh, `${tls(1)}/who`)).connection!);
        assert.equal(seen.size, 5);
      });

      it('says so when it wants other credentials', async () => {
        for (const url of [urls().wrong, urls().anonymous]) {
          for (const target of [`${httpbin.url}/get`, `${tls(1)}/who`]) {
            const connection = through(both(url));
            if (name === 'tinyproxy' && url === urls().wrong && target.startsWith('http:')) {
              // as if the origin had said it: tinyproxy knows no better
              assert.equal((await get(connection, target)).statusCode, 401);
              continue;
            }
            await assert.rejects(
              get(connection, target),
              refused(/^the proxy refused .* other credentials$/),
            );
            const { hints } = await diagnose(connection, { method: 'GET', url: target });
            assert.match(hints.join(' '), /proxy node/);
          }
        }
      });
    });
  }

  it('a client certificate and a custom authority work through the tunnel', async () => {
    const client = { cert: pki(nginx, 'client.crt'), key: pki(nginx, 'client.key') };
    const connection = through(both(known.squid!().right), { tls: { ca: pki(nginx, 'ca.crt'), ...client } });
    assert.equal((await json(connection, `${tls(2)}/who`)).verify, 'SUCCESS');
    const elsewhere = `${tls(2)}/away/${encodeURIComponent(`${tls(1)}/who`)}`;
    assert.equal((await json(connection, elsewhere)).verify, 'NONE');
    await assert.rejects(get(through(both(known.squid!().right), { tls: {} }), tls(1)), { code: 'TLS' });
  });

  it('a certificate is refused through the tunnel too, and the test says which', async () => {
    const connection = through(both(known.squid!().right));
    const { code, message, hints } = await diagnose(connection, { method: 'GET', url: tls(3) });
    assert.equal(code, 'TLS');
    assert.match(message, /has expired/);
    assert.match(hints.join(' '), /: expired, issued by Test Root, valid from .* 2020/);
    // what the test shows came through the proxy as well
    const tunnels = () =>
      readFileSync(path.join(squid.folder, 'access.log'), 'utf8').split(
        `CONNECT localhost:${nginx.ports[3]} `,
      ).length - 1;
    // squid writes a tunnel down when it has ended
    for (let i = 0; i < 100 && tunnels() < 2; i++) await delay(50);
    assert.equal(tunnels(), 2);
  });

  it('a proxy that speaks TLS itself', async () => {
    const ca = [pki(nginx, 'ca.crt'), pki(squid, 'ca.crt')];
    const url = `https://puser:p%40ss%3Aw%2Frd@localhost:${squid.ports[2]}`;
    const connection = through(both(url), { tls: { ca } });
    assert.equal((await get(connection, `${httpbin.url}/get`)).statusCode, 200);
    assert.equal((await json(connection, `${tls(1)}/who`)).verify, 'NONE');
    await assert.rejects(get(through(both(url)), `${httpbin.url}/get`), { code: 'TLS' });
  });

  it('a tunnel that the proxy refuses, and one to where nothing listens', async () => {
    const squidOpen = through(both(`http://127.0.0.1:${squid.ports[1]}`));
    await assert.rejects(get(squidOpen, 'https://127.0.0.1:9/'), refused(/answered 403$/));
    const tinyOpen = through(both(`http://127.0.0.1:${tinyproxy.ports[1]}`));
    await assert.rejects(get(tinyOpen, tls(1)), refused(/answered 403$/));
    await assert.rejects(get(squidOpen, 'https://127.0.0.1:1/'), refused(/answered 50[234]$/, true));
    // to plain http it answers itself, and a status is an answer
    assert.equal((await get(squidOpen, 'http://127.0.0.1:1/')).statusCode, 503);
  });

  it('a proxy that is not there', async () => {
    const secret = 'pr0xy s3cret';
    for (const host of ['127.0.0.1:1', 'no-such-proxy.invalid']) {
      for (const target of [`${httpbin.url}/get`, tls(1)]) {
        const connection = through(both(`http://u:${encodeURIComponent(secret)}@${host}`));
        await assert.rejects(get(connection, target), refused(/^the proxy cannot be reached: /, true));
        assert.equal(connection.redact(`a ${secret} b`), 'a ••• b');
      }
    }
  });

  describe('NO_PROXY', () => {
    // what goes through this proxy fails
    const gone = 'http://127.0.0.1:1';
    for (const [entry, direct] of [
      ['localhost', ['localhost']],
      ['127.0.0.1', ['127.0.0.1']],
      ['127.0.0.0/8', ['127.0.0.1']],
      ['10.0.0.0/8', []],
      ['.localhost', ['localhost']],
      ['other.example,127.0.0.1', ['127.0.0.1']],
      ['*', ['localhost', '127.0.0.1']],
      ['127.0.0.1:PORT,localhost:1', ['127.0.0.1']],
      ['ocalhost', []],
      ['::1', []],
    ] as [string, string[]][]) {
      it(entry, async () => {
        const noProxy = entry.replace('PORT', String(nginx.port));
        const connection = through({ ...both(gone), noProxy });
        for (const host of ['localhost', '127.0.0.1']) {
          const sent = get(connection, `http://${host}:${nginx.port}/a.json`);
          if (direct.includes(host)) assert.equal((await sent).statusCode, 200);
          else await assert.rejects(sent, { code: 'PROXY' });
        }
      });
    }

    it('IPv6', async () => {
      const server = createServer((_request, response) => response.end('ok'));
      const listening = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(0, '::1', () => resolve(true));
      });
      assert.ok(listening, 'this machine has no IPv6 loopback address (::1), which this is tested with');
      const { port } = server.address() as AddressInfo;
      for (const noProxy of ['::1', '[::1]', `[::1]:${port}`, '::/64']) {
        const connection = through({ ...both(gone), noProxy });
        assert.equal((await get(connection, `http://[::1]:${port}/`)).statusCode, 200, noProxy);
      }
      for (const noProxy of ['::2', '[::1]:1', 'fd00::/8', '127.0.0.1']) {
        const connection = through({ ...both(gone), noProxy });
        await assert.rejects(get(connection, `http://[::1]:${port}/`), { code: 'PROXY' }, noProxy);
      }
      server.closeAllConnections();
      server.close();
    });
  });

  describe('with the network guard on', () => {
    const notAllowed = { code: 'HOST_NOT_ALLOWED' };
    const guarded = (exceptions: string[], options: Partial<ConnectionOptions> = {}) =>
      through(both(`http://127.0.0.1:${squid.ports[1]}`), {
        guard: new NetworkGuard(exceptions),
        ...options,
      });

    /** Tunnels of the tests before may still be ending. */
    const settled = async (log: () => string): Promise<string> => {
      for (let last = log(); ; last = log()) {
        await delay(200);
        if (log() === last) return last;
      }
    };

    it('nothing that is refused reaches the proxy', async () => {
      const log = () => readFileSync(path.join(squid.folder, 'access.log'), 'utf8');
      const before = await settled(log);
      const connection = guarded([]);
      for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '10.0.0.1']) {
        for (const scheme of ['http', 'https']) {
          await assert.rejects(get(connection, `${scheme}://${host}:${nginx.port}/a.json`), notAllowed, host);
        }
      }
      assert.equal(await settled(log), before);
    });

    it('an exception goes through it, a redirect and a name that rebinds do not', async () => {
      const connection = guarded(['127.0.0.1', '::1']);
      assert.equal((await json(connection, `${tls(1)}/who`)).verify, 'NONE');
      for (const target of ['http://169.254.169.254/', 'https://[fd00::1]/', 'http://10.0.0.1:9/']) {
        const away = `${nginx.url}/away/${encodeURIComponent(target)}`;
        await assert.rejects(get(connection, away), notAllowed, target);
      }
      const answers = ['127.0.0.1', '10.0.0.1'];
      const lookup = ((_name: string, _options: object, callback: (...result: unknown[]) => void) =>
        callback(null, [{ address: answers.shift(), family: 4 }])) as unknown as ConstructorParameters<
        typeof NetworkGuard
      >[1];
      const rebinding = guarded([], { guard: new NetworkGuard(['127.0.0.1'], lookup) });
      assert.equal((await get(rebinding, `http://localhost:${nginx.port}/a.json`)).statusCode, 200);
      await assert.rejects(get(rebinding, `http://localhost:${nginx.port}/a.json`), notAllowed);
    });
  });

  it('the origin’s credentials reach the origin', async () => {
    const connection = through(both(known.squid!().right), {
      baseUrl: httpbin.url,
      authenticator: bearer('t0k'),
    });
    assert.equal((await json(connection, 'bearer')).token, 't0k');
  });
});
