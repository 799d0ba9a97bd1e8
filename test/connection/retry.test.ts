import assert from 'node:assert/strict';
import type { Connection } from '../../src/connection/connection';
import { isRepeatable, retryDelay, type RetryPolicy } from '../../src/connection/retry';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { sendJson, startServer, type TestServer } from '../support/server';

const policy: RetryPolicy = {
  attempts: 4,
  isRetried: (status) => status === 429 || status >= 500,
  baseDelay: 100,
  maxDelay: 1000,
  maxTotal: 5000,
};

describe('connection/retry', () => {
  it('backs off exponentially with full jitter, bounded', () => {
    assert.equal(retryDelay(policy, 1, 0, 0, 0), 0);
    assert.equal(retryDelay(policy, 1, 0, 0, 0.5), 50);
    assert.equal(retryDelay(policy, 3, 0, 0, 0.5), 200);
    assert.equal(retryDelay({ ...policy, attempts: 99 }, 20, 0, 0, 0.999), 999);
  });

  it('waits at least as long as the server asked for, and gives up when that is too long', () => {
    assert.equal(retryDelay(policy, 1, 0, 700, 0.5), 700);
    assert.equal(retryDelay(policy, 1, 0, 1001, 0.5), undefined);
  });

  it('ends with the attempts and with the total', () => {
    assert.equal(retryDelay(policy, 4, 0, 0, 0.5), undefined);
    assert.equal(retryDelay(policy, 1, 4999, 0, 0.5), undefined);
  });

  it('repeats idempotent methods, and others with an idempotency key alone', () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
      assert.ok(isRepeatable(method, undefined));
    for (const method of ['POST', 'PATCH', 'PROPFIND']) {
      assert.ok(!isRepeatable(method, undefined));
      assert.ok(isRepeatable(method, 'key'));
    }
  });

  describe('over a real server', () => {
    let server: TestServer;
    let connection: Connection;
    let statuses: number[];
    beforeEach(async () => {
      server = await startServer((_request, response) => {
        const status = statuses.shift() ?? 200;
        if (status === 0) return void response.destroy();
        if (status === 429) response.setHeader('retry-after', '0');
        sendJson(response, {}, status);
      });
      connection = connect({
        baseUrl: server.url,
        retry: { ...policy, baseDelay: 1 },
        idempotencyKeys: false,
      });
    });
    afterEach(async () => {
      await connection.close();
      await server.close();
    });

    it('goes on until it works, and says how many attempts it took', async () => {
      statuses = [503, 0, 429];
      const seen: number[] = [];
      const answer = await connection.send(
        { method: 'GET', url: '' },
        { onRetry: (attempt) => void seen.push(attempt) },
      );
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.attempts, 4);
      assert.deepEqual(seen, [2, 3, 4]);
    });

    it('gives the last answer when the attempts are used up', async () => {
      statuses = [500, 500, 500, 502, 200];
      const answer = await connection.send({ method: 'GET', url: '' });
      assert.equal(answer.statusCode, 502);
      assert.equal(server.received.length, 4);
    });

    it('counts the attempts of a failure', async () => {
      statuses = [0, 0, 0, 0, 0];
      await assert.rejects(
        connection.send({ method: 'GET', url: '' }),
        (error: Failure) => error.attempts === 4,
      );
    });

    it('never sends a POST twice, unless it carries a key', async () => {
      statuses = [503];
      assert.equal((await connection.send({ method: 'POST', url: '' })).statusCode, 503);
      statuses = [0];
      await assert.rejects(connection.send({ method: 'POST', url: '' }));
      assert.equal(server.received.length, 2);
      statuses = [503];
      await connection.send({ method: 'POST', url: '', headers: { 'idempotency-key': 'k1' } });
      assert.equal(server.received.length, 4);
    });

    it('makes a key that stays the same over the attempts', async () => {
      statuses = [503, 503];
      const keyed = connect({
        baseUrl: server.url,
        retry: { ...policy, baseDelay: 1 },
        idempotencyKeys: true,
      });
      await keyed.send({ method: 'POST', url: '' });
      await keyed.send({ method: 'POST', url: '' });
      await keyed.send({ method: 'GET', url: '' });
      const keys = server.received.map((request) => request.headers['idempotency-key']);
      assert.equal(new Set(keys.slice(0, 3)).size, 1);
      assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
      assert.notEqual(keys[3], keys[0]);
      assert.equal(keys[4], undefined);
      await keyed.close();
    });

    it('ends at once when it is closed in the wait', async () => {
      statuses = [503];
      const slow = connect({
        baseUrl: server.url,
        retry: { ...policy, baseDelay: 60_000, maxDelay: 60_000, maxTotal: 120_000 },
      });
      await assert.rejects(
        slow.send({ method: 'GET', url: '' }, { onRetry: () => void slow.close() }),
        (error: Failure) => error.code === 'ABORTED',
      );
    });
  });
});
