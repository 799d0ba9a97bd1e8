import assert from 'node:assert/strict';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { diagnose } from '../../src/connection/diagnose';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

describe('httpbin', () => {
  let httpbin: Peer;
  const open: Connection[] = [];
  const to = (options: Partial<ConnectionOptions> = {}): Connection => {
    const connection = connect({ baseUrl: httpbin.url, ...options });
    open.push(connection);
    return connection;
  };
  const get = (connection: Connection, url: string) => connection.send({ method: 'GET', url });
  const json = async (connection: Connection, url: string) =>
    JSON.parse((await get(connection, url)).body.toString()) as Record<string, unknown>;

  before(async () => (httpbin = await startPeer('httpbin', '/get')));
  after(() => httpbin?.stop());
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  for (const [coding, mark] of [
    ['gzip', 'gzipped'],
    ['deflate', 'deflated'],
    ['brotli', 'brotli'],
  ] as const) {
    it(`reads ${coding}`, async () => assert.equal((await json(to(), coding))[mark], true));
  }

  it('sends method, query, headers and body as they are', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await to().send({
        method,
        url: 'anything/a%2Fb',
        query: [['q', 'ü &+=']],
        headers: { 'Content-Type': 'application/json', 'X-Own': 'v' },
        body: Buffer.from('{"ü":1}'),
      });
      const seen = JSON.parse(answer.body.toString()) as Record<string, Record<string, string>>;
      assert.equal(seen.method, method);
      assert.deepEqual(seen.args, { q: 'ü &+=' });
      assert.deepEqual(seen.json, { ü: 1 });
      assert.equal(seen.headers!['X-Own'], 'v');
    }
  });

  it('follows absolute and relative redirects, and counts them', async () => {
    for (const url of ['absolute-redirect/3', 'relative-redirect/3']) {
      const answer = await get(to(), url);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.redirects.length, 3);
      assert.equal(answer.url, `${httpbin.url}/get`);
    }
    await assert.rejects(get(to({ maxRedirects: 2 }), 'redirect/3'), { code: 'TOO_MANY_REDIRECTS' });
  });

  it('keeps cookies, also those that a redirect sets, and forgets what the server deletes', async () => {
    const connection = to({ cookies: true });
    assert.deepEqual((await json(connection, 'cookies/set?a=1&b=2')).cookies, { a: '1', b: '2' });
    assert.deepEqual((await json(connection, 'cookies')).cookies, { a: '1', b: '2' });
    assert.deepEqual((await json(connection, 'cookies/delete?a')).cookies, { b: '2' });
    const own = await connection.send({ method: 'GET', url: 'cookies', headers: { Cookie: 'b=own; c=3' } });
    assert.deepEqual((JSON.parse(own.body.toString()) as { cookies: unknown }).cookies, { b: 'own', c: '3' });
    const without = to();
    assert.deepEqual((await json(without, 'cookies/set?a=1')).cookies, {});
  });

  it('waits for a late first byte as long as told', async () => {
    await assert.rejects(get(to({ firstByteTimeout: 300 }), 'delay/3'), { code: 'FIRST_BYTE_TIMEOUT' });
    assert.equal((await get(to({ firstByteTimeout: 10_000 }), 'delay/1')).statusCode, 200);
  });

  it('tells a body that stops from one that goes on for too long', async () => {
    // five bytes, one a second
    const drip = 'drip?numbytes=5&duration=5&delay=0';
    await assert.rejects(get(to({ idleTimeout: 300 }), drip), { code: 'IDLE_TIMEOUT' });
    const started = performance.now();
    await assert.rejects(get(to({ idleTimeout: 3000, totalTimeout: 1500 }), drip), { code: 'TIMEOUT' });
    assert.ok(performance.now() - started < 2500);
  }).timeout(20_000);

  it('reads a body in chunks, and stops one that is too large', async () => {
    const { body } = await get(to(), 'stream-bytes/100000?chunk_size=1000');
    assert.equal(body.length, 100_000);
    await assert.rejects(get(to({ maxResponseSize: 50_000 }), 'stream-bytes/100000'), {
      code: 'BODY_TOO_LARGE',
    });
    const lines = (await get(to(), 'stream/20')).body.toString().trim().split('\n');
    assert.equal(lines.length, 20);
  });

  it('basic and bearer', async () => {
    assert.equal((await get(to({ authenticator: basic('u', 'p') }), 'basic-auth/u/p')).statusCode, 200);
    assert.equal((await get(to({ authenticator: basic('u', 'x') }), 'basic-auth/u/p')).statusCode, 401);
    const { token } = await json(to({ authenticator: bearer('t.0-k') }), 'bearer');
    assert.equal(token, 't.0-k');
    assert.equal((await get(to(), 'bearer')).statusCode, 401);
  });

  it('any status is an answer, and the test says what to look at', async () => {
    for (const status of [200, 201, 204, 304, 400, 404, 418, 429, 500, 503]) {
      assert.equal((await get(to(), `status/${status}`)).statusCode, status);
    }
    for (const [url, code, hint] of [
      ['basic-auth/u/p', 'HTTP_401', /asks for: Basic realm=/],
      ['bearer', 'HTTP_401', /asks for: Bearer/],
      ['status/403', 'HTTP_403', /do not allow/],
      ['no/such', 'HTTP_404', new RegExp(`nothing at ${httpbin.url}/no/such:`)],
      ['status/429', 'HTTP_429', /rate limit/],
      ['redirect-to?url=/status/404', 'HTTP_404', /Redirected to .*\/status\/404/],
    ] as const) {
      const diagnosis = await diagnose(to(), { method: 'GET', url });
      assert.equal(diagnosis.code, code);
      assert.match(diagnosis.hints.join(' '), hint);
    }
  });

  it('retries what the policy says', async () => {
    const isRetried = (statusCode: number) => statusCode === 503;
    const retry = { attempts: 3, isRetried, baseDelay: 1, maxDelay: 100, maxTotal: 10_000 };
    assert.equal((await get(to({ retry }), 'status/503')).attempts, 3);
    assert.equal((await get(to({ retry }), 'status/500')).attempts, 1);
    const post = await to({ retry }).send({ method: 'POST', url: 'status/503' });
    assert.equal(post.attempts, 1);
  });
});
