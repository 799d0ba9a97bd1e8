import assert from 'node:assert/strict';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { diagnose } from '../../src/connection/diagnose';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

describe('WireMock', () => {
  let wiremock: Peer;
  const open: Connection[] = [];
  const to = (options: Partial<ConnectionOptions> = {}): Connection => {
    const connection = connect({ baseUrl: wiremock.url, ...options });
    open.push(connection);
    return connection;
  };
  const get = (connection: Connection, url: string) => connection.send({ method: 'GET', url });

  /** What really arrived at a path, in order. */
  async function arrived(url: string): Promise<{ method: string; headers: Record<string, string> }[]> {
    const answer = await fetch(`${wiremock.url}/__admin/requests`);
    const journal = (await answer.json()) as {
      requests: { request: { url: string; method: string; headers: Record<string, string> } }[];
    };
    return journal.requests
      .map(({ request }) => request)
      .filter((request) => request.url === url)
      .reverse();
  }

  before(async () => (wiremock = await startPeer('wiremock', '/__admin/mappings')));
  after(() => wiremock?.stop());
  beforeEach(async () => {
    await fetch(`${wiremock.url}/__admin/requests`, { method: 'DELETE' });
    await fetch(`${wiremock.url}/__admin/scenarios/reset`, { method: 'POST' });
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  for (const [fault, codes] of [
    ['reset', ['CONNECTION_RESET']],
    ['empty', ['CONNECTION_RESET']],
    ['garbage', ['INVALID_RESPONSE']],
    ['chunk', ['INVALID_RESPONSE']],
  ] as const) {
    it(`names the fault: ${fault}`, async () => {
      const connection = to();
      await assert.rejects(get(connection, `fault/${fault}`), (error: Failure) => {
        assert.ok((codes as readonly string[]).includes(error.code), `${error.code}: ${error.message}`);
        assert.equal(error.retryable, true);
        return true;
      });
      const { ok, hints } = await diagnose(connection, { method: 'GET', url: `fault/${fault}` });
      assert.equal(ok, false);
      assert.equal(hints.length, 1);
    });

    it(`attempts again as often as told and no more: ${fault}`, async () => {
      const retry = { attempts: 3, isRetried: () => false, baseDelay: 1, maxDelay: 1000, maxTotal: 10_000 };
      const connection = to({ retry });
      await assert.rejects(get(connection, `fault/${fault}`), { attempts: 3 });
      assert.equal((await arrived(`/fault/${fault}`)).length, 3);
      // a POST may have done its work before the connection broke
      await assert.rejects(
        connection.send({ method: 'POST', url: `fault/${fault}`, body: Buffer.from('x') }),
        { attempts: 1 },
      );
      assert.equal((await arrived(`/fault/${fault}`)).length, 4);
    });
  }

  for (const failing of ['503', '429', 'reset']) {
    it(`succeeds at the third attempt: ${failing}`, async () => {
      const isRetried = (statusCode: number) => [429, 503].includes(statusCode);
      const retry = { attempts: 5, isRetried, baseDelay: 10, maxDelay: 5000, maxTotal: 20_000 };
      const connection = to({ retry, idempotencyKeys: true });
      const retries: number[] = [];
      const started = performance.now();
      const answer = await connection.send(
        { method: 'POST', url: `retry/${failing}`, body: Buffer.from('{}') },
        { onRetry: (attempt) => retries.push(attempt) },
      );
      const elapsed = performance.now() - started;
      assert.deepEqual([answer.statusCode, answer.attempts], [200, 3]);
      assert.deepEqual(retries, [2, 3]);
      if (failing === '429') assert.ok(elapsed >= 1990, `Retry-After was not waited for: ${elapsed} ms`);
      const requests = await arrived(`/retry/${failing}`);
      assert.equal(requests.length, 3);
      const keys = new Set(requests.map(({ headers }) => headers['Idempotency-Key']));
      assert.equal(keys.size, 1);
      assert.ok(![...keys].includes(undefined));
    });
  }

  it('a late answer, one that drips, and one that is aborted', async () => {
    await assert.rejects(get(to({ firstByteTimeout: 300 }), 'slow'), { code: 'FIRST_BYTE_TIMEOUT' });
    await assert.rejects(get(to({ idleTimeout: 200 }), 'drip'), { code: 'IDLE_TIMEOUT' });
    await assert.rejects(get(to({ totalTimeout: 1200 }), 'drip'), { code: 'TIMEOUT' });
    const closed = to();
    const pending = get(closed, 'slow');
    const started = performance.now();
    setTimeout(() => void closed.close(), 100);
    await assert.rejects(pending, { code: 'ABORTED' });
    assert.ok(performance.now() - started < 1000);
  });
});
