import assert from 'node:assert/strict';
import { Conflict, Known, type Change, type Item } from '../../../src/state/store';
import type { Bench } from './bench';

export function queues(bench: Bench): void {
  describe('a queue', () => {
    const push = (...ids: string[]) =>
      bench.store.commit(ids.map((id): Change => ({ kind: 'push', scope: 'q', id, value: { of: id } })));
    const claim = (consumer: string, limit = 10, more: { visibility?: number; again?: boolean } = {}) =>
      bench.store.claim('q', { consumer, limit, visibility: 1000, ...more });
    const ack = (id: string, attempt?: number) =>
      bench.store.commit([{ kind: 'ack', scope: 'q', id, attempt }]);
    const postpone = (id: string, attempt: number, delay: number) =>
      bench.store.commit([{ kind: 'postpone', scope: 'q', id, attempt, delay }]);
    const extend = (id: string, attempt: number, visibility: number) =>
      bench.store.commit([{ kind: 'extend', scope: 'q', id, attempt, visibility }]);
    const brief = (items: Item[]) => items.map(({ id, attempt }) => `${id}${attempt}`);

    it('is empty at first', async () => {
      assert.deepEqual(await claim('c'), []);
      assert.deepEqual(await bench.store.peek('q', 10), []);
      assert.deepEqual(await bench.store.size('q'), { count: 0, bytes: 0 });
    });

    it('gives items oldest first, each to one consumer, as they were pushed, over a restart', async () => {
      await push('a', 'b');
      await push('c');
      await bench.reopen();
      const [first] = await claim('one', 1);
      assert.deepEqual(
        { ...first, position: 0 },
        { id: 'a', value: { of: 'a' }, attempt: 1, position: 0, due: bench.time + 1000 },
      );
      assert.deepEqual(brief(await claim('two')), ['b1', 'c1']);
      assert.deepEqual(await claim('one'), []);
    });

    it('keeps scopes apart', async () => {
      await push('a');
      await bench.store.commit([{ kind: 'push', scope: 'other', id: 'a', value: 1 }]);
      await bench.store.commit([{ kind: 'clear', scope: 'q' }]);
      assert.deepEqual(await claim('c'), []);
      assert.deepEqual(await bench.store.size('q'), { count: 0, bytes: 0 });
      const [item] = await bench.store.claim('other', { consumer: 'c', limit: 1, visibility: 1000 });
      assert.equal(item!.value, 1);
    });

    it('gives an item again when its visibility is over, in its old place, with the next attempt', async () => {
      await push('a', 'b');
      assert.deepEqual(brief(await claim('dead', 1)), ['a1']);
      bench.time += 999;
      assert.deepEqual(brief(await claim('live', 1)), ['b1']);
      bench.time += 1;
      await push('c');
      assert.deepEqual(brief(await claim('live')), ['a2', 'c1']);
    });

    it('gives a consumer that starts again what it had claimed, and nobody else', async () => {
      await push('a', 'b', 'c');
      await claim('one', 1);
      await claim('two', 1);
      assert.deepEqual(brief(await claim('one', 1)), ['c1']);
      await bench.reopen();
      assert.deepEqual(await claim('three', 10, { again: true }), []);
      assert.deepEqual(brief(await claim('one', 10, { again: true })), ['a2', 'c2']);
      assert.deepEqual(await claim('one', 10), []);
    });

    it('lets go of an item when it is acknowledged, late or twice, unless it is claimed again', async () => {
      await push('a', 'b');
      await claim('one');
      await ack('a', 1);
      await ack('a');
      await ack('never there');
      await assert.rejects(ack('a', 1), Conflict);
      bench.time += 1000;
      await claim('two');
      await assert.rejects(ack('b', 1), Conflict);
      await ack('b', 2);
      assert.deepEqual(await bench.store.peek('q', 10), []);
    });

    it('lets go of an item that nobody has claimed', async () => {
      await push('a', 'b');
      await ack('a');
      assert.deepEqual(brief(await claim('one')), ['b1']);
      await bench.store.commit([{ kind: 'push', scope: 'q', id: 'c', value: 1, delay: 10 }]);
      await ack('c');
      bench.time += 10;
      assert.deepEqual(await claim('one'), []);
    });

    it('moves an item to another queue in one commit, once', async () => {
      await push('a');
      await claim('one');
      const bury = [
        { kind: 'ack', scope: 'q', id: 'a', attempt: 1 },
        { kind: 'push', scope: 'dead', id: 'a', value: 'reason' },
      ] as const;
      await bench.store.commit(bury);
      await assert.rejects(bench.store.commit(bury), Conflict);
      assert.deepEqual(await bench.store.size('dead'), { count: 1, bytes: 8 });
    });

    it('refuses an id that is in the queue, and takes it when it is not any more', async () => {
      await push('a');
      await assert.rejects(push('b', 'a'), (error) => error instanceof Known && error.ids.join() === 'a');
      await assert.rejects(push('c', 'c'), Known);
      assert.equal((await bench.store.size('q')).count, 1);
      await ack('a');
      await push('a');
      await bench.store.commit([
        { kind: 'clear', scope: 'q' },
        { kind: 'push', scope: 'q', id: 'a', value: 2 },
      ]);
      assert.deepEqual(
        (await claim('one')).map(({ value }) => value),
        [2],
      );
    });

    it('gives a postponed item when its time has come, also to its own consumer', async () => {
      await push('a', 'b');
      await claim('one');
      await postpone('a', 1, 5000);
      await postpone('b', 1, 0);
      assert.deepEqual(brief(await claim('one', 10, { again: true })), ['b2']);
      await assert.rejects(postpone('b', 1, 0), Conflict);
      await assert.rejects(postpone('gone', 1, 0), Conflict);
      bench.time += 4999;
      await ack('b', 2);
      assert.deepEqual(await claim('one'), []);
      bench.time += 1;
      assert.deepEqual(brief(await claim('one')), ['a2']);
    });

    it('takes items that are not due yet', async () => {
      await bench.store.commit([
        { kind: 'push', scope: 'q', id: 'later', value: 1, delay: 100 },
        { kind: 'push', scope: 'q', id: 'now', value: 1 },
      ]);
      assert.deepEqual(brief(await claim('one', 10, { visibility: 10_000 })), ['now1']);
      bench.time += 100;
      assert.deepEqual(brief(await claim('one')), ['later1']);
    });

    it('hides an item for longer when its consumer asks for it', async () => {
      await push('a');
      await claim('one');
      bench.time += 900;
      await extend('a', 1, 1000);
      bench.time += 900;
      assert.deepEqual(await claim('two'), []);
      assert.deepEqual(brief(await claim('one', 10, { again: true })), ['a2']);
      await assert.rejects(extend('a', 1, 1000), Conflict);
      bench.time += 1000;
      await extend('a', 2, 1000);
      assert.deepEqual(await claim('two'), []);
    });

    it('shows its items in pages, claimed or not, and knows its size', async () => {
      await push('a', 'b', 'c', 'd');
      await claim('one', 2);
      const first = await bench.store.peek('q', 3);
      assert.deepEqual(brief(first), ['a1', 'b1', 'c0']);
      assert.deepEqual(
        first.map(({ due }) => due),
        [bench.time + 1000, bench.time + 1000, bench.time],
      );
      assert.deepEqual(brief(await bench.store.peek('q', 3, first[2]!.position)), ['d0']);
      await ack('a');
      await bench.store.commit([{ kind: 'push', scope: 'q', id: 'ü', value: 'ü', count: 30 }]);
      assert.deepEqual(await bench.store.size('q'), { count: 33, bytes: 3 * '{"of":"a"}'.length + 4 });
      await ack('ü');
      assert.deepEqual(await bench.store.size('q'), { count: 3, bytes: 3 * '{"of":"a"}'.length });
    });

    it('keeps an item of a megabyte', async () => {
      const value = 'x'.repeat(1024 * 1024);
      await bench.store.commit([{ kind: 'push', scope: 'q', id: 'large', value }]);
      await bench.reopen();
      assert.equal((await claim('one'))[0]!.value, value);
    });

    it('survives that all ids of its scope are forgotten', async () => {
      await push('a');
      await bench.store.commit([
        { kind: 'add', scope: 'q', ids: ['x'] },
        { kind: 'forget', scope: 'q' },
      ]);
      assert.equal((await bench.store.size('q')).count, 1);
      assert.deepEqual(brief(await claim('one')), ['a1']);
    });

    it('gives each item to one of several consumers at once', async () => {
      await push(...Array.from({ length: 200 }, (_, n) => `item ${n}`));
      const other = await bench.another();
      const claims = Array.from({ length: 40 }, (_, n) =>
        (n % 2 ? other : bench.store).claim('q', { consumer: `c${n}`, limit: 5, visibility: 1000 }),
      );
      const taken = (await Promise.all(claims)).flat();
      assert.equal(taken.length, 200);
      assert.equal(new Set(taken.map(({ id }) => id)).size, 200);
    });
  });
}
