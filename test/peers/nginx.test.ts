import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { basic } from '../../src/connection/auth/basic';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { diagnose } from '../../src/connection/diagnose';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

/** In the order of the recipe's ports. */
const tlsPorts = [
  'optional',
  'required',
  'expired',
  'notYet',
  'otherHost',
  'selfSigned',
  'chainless',
  'chain',
];

describe('nginx', () => {
  let nginx: Peer;
  const open: Connection[] = [];
  const to = (baseUrl: string, options: Partial<ConnectionOptions> = {}): Connection => {
    const connection = connect({ baseUrl, ...options });
    open.push(connection);
    return connection;
  };
  const pki = (name: string) => readFileSync(path.join(nginx.folder, 'pki', name), 'utf8');
  const tls = (server: string) => `https://localhost:${nginx.ports[1 + tlsPorts.indexOf(server)]}`;
  const trusting = () => ({ ca: pki('ca.crt') });
  const withClient = () => ({ ca: pki('ca.crt'), cert: pki('client.crt'), key: pki('client.key') });
  const get = (connection: Connection, url = '') => connection.send({ method: 'GET', url });
  const who = async (connection: Connection, url = 'who') =>
    JSON.parse((await get(connection, url)).body.toString()) as Record<string, string>;

  before(async () => (nginx = await startPeer('nginx', '/a.json', 1 + tlsPorts.length)));
  after(() => nginx?.stop());
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  describe('TLS', () => {
    it('accepts a certificate whose authority is given, with an intermediate too', async () => {
      for (const server of ['optional', 'chain']) {
        assert.equal((await get(to(tls(server), { tls: trusting() }), 'a.json')).statusCode, 200);
      }
      // by address: a certificate may be for one, and there is no server name to send then
      const byAddress = to(tls('optional').replace('localhost', '127.0.0.1'), { tls: trusting() });
      assert.equal((await get(byAddress, 'a.json')).statusCode, 200);
    });

    for (const [server, reason, shown] of [
      ['optional', /incomplete or unknown: add its CA/, /: localhost, issued by Test Root, valid from/, true],
      ['expired', /has expired/, /: expired, issued by Test Root, valid from .* 2020 .* to .* 2021 GMT/],
      ['notYet', /not valid yet/, /: notyet, issued by Test Root, valid from .* 2070 /],
      ['otherHost', /another host name/, /: other\.example\.test, .*It is for: DNS:other\.example\.test/],
      ['selfSigned', /self-signed/, /: selfsigned, issued by selfsigned, /],
      ['chainless', /chain is incomplete or unknown/, /: chainless, issued by Test Intermediate, /],
    ] as [string, RegExp, RegExp, boolean?][]) {
      it(`says why a certificate is refused, and which it is: ${server}`, async () => {
        const warnings: string[] = [];
        const warned = (warning: Error): void => void warnings.push(warning.message);
        process.on('warning', warned);
        for (const host of ['localhost', '127.0.0.1']) {
          // the good certificate is unknown without its authority
          const options = server === 'optional' ? {} : { tls: trusting() };
          const connection = to(tls(server).replace('localhost', host), options);
          await assert.rejects(get(connection), (error: Error & { code: string; retryable: boolean }) => {
            assert.equal(error.code, 'TLS', error.message);
            assert.match(error.message, reason);
            assert.equal(error.retryable, false);
            return true;
          });
          const diagnosis = await diagnose(connection, { method: 'GET', url: '' });
          assert.equal(diagnosis.code, 'TLS');
          assert.match(diagnosis.message, reason);
          assert.match(diagnosis.hints.join(' '), shown);
        }
        await new Promise((resolve) => setImmediate(resolve));
        process.off('warning', warned);
        assert.deepEqual(warnings, []);
      });
    }

    it('names the certificate where a redirect has led to', async () => {
      const connection = to(nginx.url, { tls: trusting() });
      const url = `away/${encodeURIComponent(`${tls('expired')}/a.json`)}`;
      const diagnosis = await diagnose(connection, { method: 'GET', url });
      assert.equal(diagnosis.code, 'TLS');
      assert.equal(diagnosis.url, `${tls('expired')}/a.json`);
      assert.match(diagnosis.hints.join(' '), /: expired, issued by Test Root/);
    });

    it('can be told not to check, as the TLS configuration has it', async () => {
      const unchecked = to(tls('selfSigned'), { tls: { rejectUnauthorized: false } });
      assert.equal((await get(unchecked, 'a.json')).statusCode, 200);
    });

    it('is not spoken to a plain port, nor http to a TLS port', async () => {
      const { code, message } = await diagnose(to(`https://localhost:${nginx.port}`), {
        method: 'GET',
        url: '',
      });
      assert.equal(code, 'TLS');
      assert.match(message, /handshake/);
      const plain = await get(to(tls('optional').replace('https', 'http')));
      assert.equal(plain.statusCode, 400);
    });
  });

  describe('client certificate', () => {
    it('is shown where it is asked for', async () => {
      const seen = await who(to(tls('required'), { tls: withClient() }));
      assert.deepEqual([seen.verify, seen.subject], ['SUCCESS', 'CN=test client']);
      const encrypted = { ...withClient(), key: pki('client-enc.key'), passphrase: 'keypass' };
      assert.equal((await who(to(tls('required'), { tls: encrypted }))).verify, 'SUCCESS');
      const pfx = readFileSync(path.join(nginx.folder, 'pki', 'client.p12'));
      const packed = { ca: pki('ca.crt'), pfx, passphrase: 'keypass' };
      assert.equal((await who(to(tls('required'), { tls: packed }))).verify, 'SUCCESS');
      const none = await diagnose(to(tls('required'), { tls: trusting() }), { method: 'GET', url: '' });
      assert.equal(none.code, 'HTTP_400');
      const unreadable = { ...encrypted, passphrase: 'wrong' };
      await assert.rejects(get(to(tls('required'), { tls: unreadable })), {
        code: 'TLS',
        message: /TLS configuration cannot be used/,
      });
    });

    for (const [scope, options] of [
      ['a base URL', {}],
      ['allowed hosts', { baseUrl: '', allowedHosts: true }],
      ['nothing that bounds it', { baseUrl: '' }],
    ] as const) {
      it(`is not shown on a redirect to another origin: with ${scope}`, async () => {
        const required = tls('required');
        const connection = to('baseUrl' in options ? '' : required, {
          tls: withClient(),
          allowedHosts: 'allowedHosts' in options ? [new URL(required).host] : [],
        });
        const away = (url: string) => `${required}/away/${encodeURIComponent(url)}`;
        for (const elsewhere of [tls('optional'), tls('optional').replace('localhost', '127.0.0.1')]) {
          const seen = await who(connection, away(`${elsewhere}/who`));
          assert.deepEqual([seen.verify, seen.subject, seen.host], ['NONE', '', new URL(elsewhere).host]);
        }
        // back at home it is shown again
        assert.equal((await who(connection, away(`${required}/who`))).verify, 'SUCCESS');
      });
    }
  });

  it('basic with UTF-8 and with colons', async () => {
    for (const [username, password] of [
      ['alice', 's3cret:with:colon'],
      ['ünï', 'pässwörd'],
    ] as const) {
      const connection = to(nginx.url, { authenticator: basic(username, password) });
      assert.equal((await get(connection, 'basic/a.json')).statusCode, 200);
      const wrong = to(nginx.url, { authenticator: basic(username, `${password}x`) });
      const { code, hints } = await diagnose(wrong, { method: 'GET', url: 'basic/a.json' });
      assert.equal(code, 'HTTP_401');
      assert.deepEqual(hints, ['The server asks for: Basic realm="the realm"']);
    }
  });

  it('429 with Retry-After is waited for by all', async () => {
    const retry = {
      attempts: 3,
      isRetried: (statusCode: number) => statusCode === 429,
      baseDelay: 0,
      maxDelay: 5000,
      maxTotal: 20_000,
    };
    const limits = { requests: 0, interval: 0, concurrency: 0, maxWait: 20_000 };
    const connection = to(nginx.url, { retry, limits });
    await get(connection, 'limited');
    const started = performance.now();
    const answer = await get(connection, 'limited');
    assert.deepEqual([answer.statusCode, answer.attempts], [200, 2]);
    assert.ok(performance.now() - started >= 990);
  });

  it('a Retry-After decades away ends the attempts, and the next request at once', async () => {
    const retry = {
      attempts: 3,
      isRetried: (statusCode: number) => statusCode === 503,
      baseDelay: 0,
      maxDelay: 5000,
      maxTotal: 20_000,
    };
    const limits = { requests: 0, interval: 0, concurrency: 0, maxWait: 20_000 };
    const connection = to(nginx.url, { retry, limits });
    const answer = await get(connection, 'down');
    assert.deepEqual([answer.statusCode, answer.attempts], [503, 1]);
    await assert.rejects(get(connection, 'a.json'), { code: 'RATE_LIMITED' });
  });

  describe('redirects', () => {
    for (const [status, method] of [
      [301, 'GET'],
      [302, 'GET'],
      [303, 'GET'],
      [307, 'POST'],
      [308, 'POST'],
    ] as const) {
      it(`${status} after POST is ${method}`, async () => {
        const connection = to(nginx.url);
        const answer = await connection.send({
          method: 'POST',
          url: `r${status}`,
          headers: { 'Content-Type': 'text/plain' },
          body: Buffer.from('12345'),
        });
        const seen = JSON.parse(answer.body.toString()) as Record<string, string>;
        assert.deepEqual([seen.method, seen.length], [method, method === 'POST' ? '5' : '']);
        assert.deepEqual(answer.redirects, [`${nginx.url}/r${status}`]);
        assert.equal(answer.url, `${nginx.url}/who`);
      });
    }

    it('end in a loop, and are not followed when told', async () => {
      await assert.rejects(get(to(nginx.url), 'loop'), {
        code: 'TOO_MANY_REDIRECTS',
        message: 'more than 10 redirects',
      });
      assert.equal((await get(to(nginx.url, { maxRedirects: 0 }), 'r302')).statusCode, 302);
    });
  });

  it('a connection that is closed without an answer', async () => {
    const connection = to(nginx.url);
    await assert.rejects(get(connection, 'close'), { code: 'CONNECTION_RESET', retryable: true });
    assert.equal((await get(connection, 'a.json')).statusCode, 200);
  });

  for (const [accepted, coding] of [
    ['gzip', 'gzip'],
    ['br', 'br'],
    [undefined, 'br'],
    ['identity', undefined],
  ] as const) {
    it(`reads a body as ${coding ?? 'it is'} when it accepts ${accepted ?? 'what it can'}`, async () => {
      const { headers, body } = await to(nginx.url).send({
        method: 'GET',
        url: 'text.txt',
        headers: accepted ? { 'Accept-Encoding': accepted } : {},
      });
      assert.equal(headers['content-encoding'], coding);
      assert.ok(body.equals(Buffer.alloc(200_000, 'a')));
      const capped = to(nginx.url, { maxResponseSize: 199_999 });
      await assert.rejects(get(capped, 'text.txt'), { code: 'BODY_TOO_LARGE' });
    });
  }

  it('keeps one TLS connection over many requests', async () => {
    const connection = to(tls('optional'), { tls: trusting() });
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) seen.add((await who(connection)).connection!);
    assert.ok(seen.size <= 2, `${seen.size} connections`);
  });
});
