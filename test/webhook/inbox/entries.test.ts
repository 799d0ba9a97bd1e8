import assert from 'node:assert/strict';
import type { Store } from '../../../src/state/store';
import { MemoryInbox } from '../../../src/webhook/inbox/memory-inbox';
import { eventOf, Files, inboxOn, isEmpty, Out, scope } from './support';

const names = (count: number) => Array.from({ length: count }, (_, n) => `e${n}`);

describe('webhook/inbox, of which an item holds several events', () => {
  let files: Files;
  let store: Store;
  let out: Out;
  beforeEach(async () => {
    files = new Files();
    store = await files.open();
    out = new Out();
  });
  afterEach(() => files.remove());

  const open = (options: Partial<Parameters<typeof inboxOn>[2]> = {}, to = out, on = store) =>
    inboxOn(on, to, { together: true, ...options });
  const acceptAll = (inbox: ReturnType<typeof open>, ids: string[]) =>
    Promise.all(ids.map((id) => inbox.accept([eventOf(id)])));

  it('keeps what comes at once in few items, each of a bounded size', async () => {
    await acceptAll(open(), names(300));
    const items = await store.peek(scope, 1000);
    assert(items.length >= 5 && items.length <= 12, `${items.length} items`);
    assert.equal((await store.size(scope)).count, 300);
    const large = { ...eventOf('large'), size: 60 * 1024 };
    await Promise.all([open().accept([large]), open().accept([{ ...large, id: 'other' }])]);
    assert.equal((await store.peek(scope, 1000)).length, items.length + 2);
  });

  it('goes on in the middle of an item after it was closed there, and repeats nothing', async () => {
    const ids = names(60);
    /** Closes while the item that its first event is of is handed over. */
    const run = async (accept: string[]) => {
      let closing: Promise<void> | undefined;
      const before = out.handed.length;
      const inbox = open({
        deliver: (event) => {
          out.add(event);
          if (out.handed.length === before + 1) setImmediate(() => void (closing = inbox.close()));
          for (const end = performance.now() + 1; performance.now() < end;);
        },
      });
      inbox.start();
      await acceptAll(inbox, accept);
      await out.until(() => closing !== undefined);
      await closing;
      assert(out.handed.length > before && out.handed.length < ids.length, `${out.handed.length} came out`);
    };
    await run(ids);
    await run([]);
    // made one of memory now
    const memory = new MemoryInbox({
      scope,
      store: () => Promise.resolve(store),
      limits: { count: 100, bytes: 1e9 },
      concurrency: 1,
      isAlone: true,
      deliver: (event) => out.add(event),
      redelivery: { attempts: 1, delay: 0, maxDelay: 0 },
      onDead: ({ id }) => out.dead.push(id),
      onFailure: (error) => out.failures.push(error),
    });
    memory.start();
    await out.until(() => out.handed.length === ids.length);
    assert.deepEqual(out.ids, ids);
    assert(await isEmpty(store));
    assert.deepEqual(out.failures, []);
    await memory.close();
  });

  it('hands over all of an item again after a crash in the middle of it', async () => {
    const ids = names(10);
    let left = 4;
    const first = open({
      deliver: (event) => {
        if (left-- > 0) out.add(event);
        else first.pause();
      },
    });
    first.start();
    await acceptAll(first, ids);
    await out.until(() => left < 0);
    const next = new Out();
    const second = open({}, next, await files.open());
    second.start();
    await next.until(() => next.handed.length === 10);
    assert.deepEqual(next.ids, ids);
    assert(next.handed.every(({ attempt }) => attempt === 2));
    await second.close();
    await first.close();
  });

  it('hands over again those that failed, behind the others, and keeps those that failed for good', async () => {
    const inbox = open({
      redelivery: { attempts: 2, delay: 10, maxDelay: 10 },
      deliver: (event) => {
        out.add(event);
        if (event.id === 'e1' && event.attempt === 1) throw new Error('once');
        if (event.id === 'e2') throw new Error('always');
      },
    });
    inbox.start();
    await acceptAll(inbox, names(5));
    await out.until(() => out.dead.length === 1);
    await out.until(() => out.handed.length === 7);
    assert.deepEqual(out.ids.slice(0, 5), names(5));
    assert.deepEqual(new Set(out.ids.slice(5)), new Set(['e1', 'e2']));
    assert.deepEqual(out.dead, ['e2']);
    await inbox.close();
    assert(await isEmpty(store));
    assert.equal((await store.size(`${scope}/dead`)).count, 1);
  });

  it('keeps repeats out of what comes at once, those in it and those that are known', async () => {
    const inbox = open();
    inbox.start();
    const expires = Date.now() + 60_000;
    await inbox.accept([eventOf('old')], { id: 'old', expires });
    const repeats = ['a', 'old', 'b', 'a', 'c', 'old', 'b'];
    const kept = await Promise.all(repeats.map((id, n) => inbox.accept([eventOf(`e${n}`)], { id, expires })));
    assert.deepEqual(kept, [true, false, true, false, true, false, false]);
    await out.until(() => out.handed.length === 4);
    assert.deepEqual(out.ids, ['old', 'e0', 'e2', 'e4']);
    await inbox.close();
  });

  it('lets an event that cannot be written harm no other', async () => {
    const inbox = open();
    inbox.start();
    const results = await Promise.allSettled([
      inbox.accept([eventOf('a')]),
      inbox.accept([eventOf('b', { big: 1n })]),
      inbox.accept([eventOf('c')]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await out.until(() => out.handed.length === 2);
    assert.deepEqual(out.ids, ['a', 'c']);
    await inbox.close();
  });
});
