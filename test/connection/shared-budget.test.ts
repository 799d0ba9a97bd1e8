import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedBudget, type SharedBudgetOptions } from '../../src/connection/shared-budget';
import { Failure } from '../../src/exchange/failure';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';

const never = new AbortController().signal;

describe('connection/shared-budget', () => {
  let directory: string;
  let store: Store;
  let warnings: string[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'budget-'));
    warnings = [];
    store = await openSqlite({ file: join(directory, 's.sqlite'), now: Date.now, warn: assert.fail });
  });

  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const budget = (options: Partial<SharedBudgetOptions> = {}) =>
    new SharedBudget({
      store: () => Promise.resolve(store),
      name: 'api',
      requests: 5,
      interval: 300,
      now: Date.now,
      warn: (sentence) => warnings.push(sentence),
      ...options,
    });

  it('holds over all that share it: never more in any stretch of the interval', async () => {
    const three = [budget(), budget(), budget()];
    const reserved = new Set<number>();
    const stored = async () => (await store.get('budgets', 'api'))!.value as { starts: number[] };
    await Promise.all(
      Array.from({ length: 15 }, async (_, index) => {
        await three[index % 3]!.take(never);
        for (const start of (await stored()).starts) reserved.add(start);
      }),
    );
    assert.equal((await stored()).starts.length, 5);
    // what was reserved, and not when it was heard of: the store's wait for the disk lies in between
    const starts = [...reserved].sort((a, b) => a - b);
    for (let first = 0; first + 5 < starts.length; first++) {
      assert.ok(starts[first + 5]! - starts[first]! >= 300, `${starts[first + 5]! - starts[first]!} ms`);
    }
  });

  it('keeps names apart', async () => {
    const waits: number[] = [];
    const one = budget({ requests: 1, interval: 60_000 });
    await one.take(never);
    await budget({ name: 'other', requests: 1 }).take(never, (until) => waits.push(until));
    assert.deepEqual(waits, []);
  });

  it('says until when it waits, and ends at once when it is aborted', async () => {
    const one = budget({ requests: 1, interval: 60_000 });
    await one.take(never);
    const closing = new AbortController();
    let until = 0;
    const waiting = one.take(closing.signal, (end) => {
      until = end;
      closing.abort(new Failure('ABORTED', 'closed'));
    });
    await assert.rejects(waiting, { code: 'ABORTED' });
    assert.ok(until > Date.now() + 50_000);
    // who comes next is not held up by one who left
    await assert.rejects(one.take(AbortSignal.abort(new Failure('ABORTED', 'closed'))), { code: 'ABORTED' });
  });

  it('holds every process back when a server asks one to wait', async () => {
    const closing = new AbortController();
    await budget().pause(60_000);
    let until = 0;
    const waiting = budget().take(closing.signal, (end) => {
      until = end;
      closing.abort(new Failure('ABORTED', 'closed'));
    });
    await assert.rejects(waiting, { code: 'ABORTED' });
    assert.ok(until > Date.now() + 50_000);
  });

  it('lets requests go, and says so once, while the store is away', async () => {
    const away = budget({
      requests: 1,
      interval: 60_000,
      store: () => Promise.reject(new Failure('STATE', 'away')),
    });
    await away.take(never);
    await away.take(never);
    await away.pause(60_000);
    assert.equal(warnings.length, 1);
  });

  it('is kept to by connections that have it, their server’s wishes included', async () => {
    const server = await startServer((_request, response) => {
      response.setHeader('retry-after', '60');
      sendJson(response, {}, 429);
    });
    const connections = [budget(), budget()].map((shared) =>
      connect({ baseUrl: server.url, budget: shared }),
    );
    try {
      await connections[0]!.send({ method: 'GET', url: '' });
      const closing = new AbortController();
      const second = connections[1]!.send(
        { method: 'GET', url: '' },
        { signal: closing.signal, onWait: () => closing.abort(new Failure('ABORTED', 'closed')) },
      );
      await assert.rejects(second, { code: 'ABORTED' });
      assert.equal(server.received.length, 1);
    } finally {
      for (const connection of connections) await connection.close();
      await server.close();
    }
  });
});
