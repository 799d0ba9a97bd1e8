import assert from 'node:assert/strict';
import { Conflict, Known } from '../../../src/state/store';
import type { Bench } from './bench';

export function ids(bench: Bench): void {
  describe('ids', () => {
    const add = (ids: string[], expires?: number) =>
      bench.store.commit([{ kind: 'add', scope: 's', ids, expires }]);
    const unknown = async (ids: string[], scope = 's') => [...(await bench.store.unknown(scope, ids))];

    it('tells the unknown from the known, each once, in order, over a restart', async () => {
      assert.deepEqual(await unknown(['b', 'a', 'b']), ['b', 'a']);
      await add(['a', 'c']);
      await bench.reopen();
      assert.deepEqual(await unknown(['c', 'b', 'a', 'd', 'b']), ['b', 'd']);
    });

    it('keeps scopes apart, and forgets one of them', async () => {
      await add(['a']);
      await bench.store.commit([{ kind: 'add', scope: 't', ids: ['a', 'b'] }]);
      await bench.store.commit([{ kind: 'forget', scope: 's' }]);
      assert.deepEqual(await unknown(['a', 'b']), ['a', 'b']);
      assert.deepEqual(await unknown(['a', 'b'], 't'), []);
      await add(['b']);
      assert.deepEqual(await unknown(['a', 'b']), ['a']);
    });

    it('adds what is there again, and nothing', async () => {
      await add(['a']);
      await add(['a', 'a']);
      await add([]);
      assert.deepEqual(await unknown(['a']), []);
    });

    it('forgets an id at its expiry, and renews it', async () => {
      await add(['short', 'renewed'], bench.time + 1000);
      await add(['ever']);
      await add(['renewed'], bench.time + 5000);
      bench.time += 999;
      assert.deepEqual(await unknown(['short', 'renewed', 'ever']), []);
      bench.time += 1;
      assert.deepEqual(await unknown(['short', 'renewed', 'ever']), ['short']);
      await add(['another']);
      assert.deepEqual(await unknown(['short', 'renewed', 'ever', 'another']), ['short']);
      bench.time += 4000;
      assert.deepEqual(await unknown(['short', 'renewed', 'ever']), ['short', 'renewed']);
    });

    it('adds ids that must be new, all or none, and says which are known', async () => {
      await add(['a', 'b']);
      await add(['gone'], bench.time + 1000);
      bench.time += 1000;
      const fresh = (list: string[]) =>
        bench.store.commit([
          { kind: 'put', scope: 's', name: 'd', value: list },
          { kind: 'add', scope: 's', ids: list, fresh: true },
        ]);
      await fresh(['c', 'c', 'gone']);
      await assert.rejects(fresh(['d', 'b', 'gone', 'b']), (error) => {
        assert.ok(error instanceof Known && !(error instanceof Conflict) && error.code === 'STATE');
        assert.deepEqual([error.scope, error.ids], ['s', ['b', 'gone']]);
        return true;
      });
      assert.deepEqual(await unknown(['c', 'd', 'gone']), ['d']);
      assert.deepEqual((await bench.store.get('s', 'd'))?.value, ['c', 'c', 'gone']);
    });

    it('sees in "fresh" what the changes before did, and lets one of many through', async () => {
      const fresh = { kind: 'add', scope: 's', ids: ['a'], fresh: true } as const;
      await assert.rejects(bench.store.commit([{ ...fresh, fresh: false }, fresh]), Known);
      await assert.rejects(bench.store.commit([fresh, fresh]), Known);
      await bench.store.commit([fresh, { kind: 'remove', scope: 's', ids: ['a'] }, fresh]);
      await bench.store.commit([{ kind: 'forget', scope: 's' }, fresh]);
      const other = await bench.another();
      const racers = Array.from({ length: 40 }, (_, n) => (n % 2 ? other : bench.store));
      const outcomes = await Promise.allSettled(
        racers.map((store) => store.commit([{ ...fresh, ids: ['b', 'c'] }])),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof Known, `${outcome.reason}`);
      }
    });

    it('removes ids, known or not', async () => {
      await add(['a', 'b', 'c']);
      await bench.store.commit([{ kind: 'remove', scope: 's', ids: ['a', 'c', 'never', 'a'] }]);
      await bench.store.commit([{ kind: 'remove', scope: 'empty', ids: ['a'] }]);
      await bench.reopen();
      assert.deepEqual(await unknown(['a', 'b', 'c']), ['a', 'c']);
    });

    it('takes any text for an id', async () => {
      const odd = ['', ' ', '\u0000', "'; DROP TABLE ids; --", 'ü', '😀', 'x'.repeat(100_000)];
      await add(odd);
      assert.deepEqual(await unknown([...odd, 'u']), ['u']);
    });

    it('checks and adds 10,000 at a time', async () => {
      const ids = Array.from({ length: 10_000 }, (_, n) => `order-${n}`);
      await add(ids);
      assert.deepEqual(await unknown([...ids, 'new']), ['new']);
    });
  });
}
