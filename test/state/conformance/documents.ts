import assert from 'node:assert/strict';
import { Conflict } from '../../../src/state/store';
import type { Bench } from './bench';

export function documents(bench: Bench): void {
  const put = (name: string, value: unknown, expect?: number) =>
    bench.store.commit([{ kind: 'put', scope: 's', name, value, expect }]);
  const value = async (name: string, scope = 's') => (await bench.store.get(scope, name))?.value;
  describe('documents', () => {
    it('has none at first', async () => {
      assert.equal(await bench.store.get('s', 'd'), undefined);
    });

    it('keeps JSON as it was, over a restart', async () => {
      const all = { text: 'a "b" \u0000 ü 😀', list: [1, -2.5, null, true], nested: { empty: {} } };
      const version = await put('d', all);
      await bench.reopen();
      assert.deepEqual(await bench.store.get('s', 'd'), { value: all, version });
    });

    it('keeps scopes and names apart', async () => {
      await put('d', 1);
      await put('e', 2);
      await bench.store.commit([{ kind: 'put', scope: 't', name: 'd', value: 3 }]);
      assert.deepEqual([await value('d'), await value('e'), await value('d', 't')], [1, 2, 3]);
    });

    it('takes values as they are at the call, and gives each reader its own', async () => {
      const mine = { n: 1 };
      const committed = put('d', mine);
      mine.n = 2;
      await committed;
      const read = (await value('d')) as { n: number };
      assert.equal(read.n, 1);
      read.n = 3;
      assert.deepEqual(await value('d'), { n: 1 });
    });

    it('keeps a document of some megabytes', async () => {
      const large = 'x'.repeat(5 * 1024 * 1024);
      await put('d', large);
      await bench.reopen();
      assert.equal(await value('d'), large);
    });

    it('removes a document; removing none is fine', async () => {
      await put('d', 1);
      await bench.store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
      await bench.store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
      assert.equal(await bench.store.get('s', 'd'), undefined);
    });

    it('gives each commit a greater version, also over deletes, restarts and in one turn', async () => {
      const versions = [
        await put('d', 1),
        await put('e', 1),
        ...(await Promise.all([put('d', 2), put('d', 3)])),
      ];
      await bench.store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
      await bench.reopen();
      versions.push(await put('d', 4, 0));
      assert.deepEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
      );
    });
  });

  describe('compare-and-set', () => {
    it('writes at the expected version and refuses another', async () => {
      const first = await put('d', 1, 0);
      const second = await put('d', 2, first);
      await assert.rejects(
        put('d', 3, first),
        (error) => error instanceof Conflict && error.code === 'STATE',
      );
      assert.deepEqual(await bench.store.get('s', 'd'), { value: 2, version: second });
    });

    it('refuses to make what exists, and to change what does not', async () => {
      const version = await put('d', 1);
      await assert.rejects(put('d', 2, 0), Conflict);
      await assert.rejects(put('e', 2, version), Conflict);
    });

    it('removes only the expected version', async () => {
      const version = await put('d', 1);
      const remove = (expect: number) =>
        bench.store.commit([{ kind: 'delete', scope: 's', name: 'd', expect }]);
      await assert.rejects(remove(version + 1), Conflict);
      assert.equal(await value('d'), 1);
      await remove(version);
      assert.equal(await value('d'), undefined);
      await assert.rejects(remove(version), Conflict);
    });

    it('lets one of many writers of the same version through, and fails the others alone', async () => {
      const version = await put('d', 0);
      const writes = Array.from({ length: 50 }, (_, n) => put('d', n, version));
      const bystander = put('other', 'there');
      const outcomes = await Promise.allSettled(writes);
      await bystander;
      const won = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [n] : []));
      assert.equal(won.length, 1);
      assert.equal(await value('d'), won[0]);
      assert.equal(await value('other'), 'there');
    });
  });
}
