import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/exchange/failure';
import { exclusive } from '../../src/state/exclusive';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';

const never = new AbortController().signal;

describe('state/exclusive', () => {
  let directory: string;
  let store: Store;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'exclusive-'));
    store = await openSqlite({ file: join(directory, 's.sqlite'), now: Date.now, warn: assert.fail });
  });

  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('runs one at a time, whatever becomes of the one before', async () => {
    let running = 0;
    const work = async (fails: boolean): Promise<string> => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      if (fails) throw new Failure('AUTHENTICATION', 'refused');
      return 'done';
    };
    const results = await Promise.allSettled(
      [false, true, false].map((fails) => exclusive(store, 's', () => work(fails), never, { retry: 2 })),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('goes on after one who died, once his lease has run out', async () => {
    const began = Date.now();
    await store.acquire('s', 'somebody who is dead', 100);
    assert.equal(await exclusive(store, 's', () => Promise.resolve(1), never, { retry: 5 }), 1);
    assert.ok(Date.now() - began >= 95);
  });

  it('keeps its lease while the work takes longer than that', async () => {
    const order: string[] = [];
    const long = exclusive(
      store,
      's',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        order.push('long');
      },
      never,
      { ttl: 60, retry: 5 },
    );
    // the other one is there from the beginning
    const short = exclusive(store, 's', () => Promise.resolve(order.push('short')), never, { retry: 5 });
    await Promise.all([long, short]);
    assert.deepEqual(order, ['long', 'short']);
  });

  it('ends the wait with the signal', async () => {
    await store.acquire('s', 'another', 60_000);
    const closing = new AbortController();
    const waiting = exclusive(store, 's', assert.fail, closing.signal, { retry: 5 });
    closing.abort(new Failure('ABORTED', 'closed'));
    await assert.rejects(waiting, { code: 'ABORTED' });
  });
});
