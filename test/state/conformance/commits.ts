import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import { Conflict } from '../../../src/state/store';
import type { Bench } from './bench';

export function commits(bench: Bench): void {
  const put = (name: string, value: unknown, expect?: number) =>
    bench.store.commit([{ kind: 'put', scope: 's', name, value, expect }]);
  const value = async (name: string, scope = 's') => (await bench.store.get(scope, name))?.value;
  describe('commits', () => {
    it('make all changes or none', async () => {
      await put('d', 1);
      await assert.rejects(
        bench.store.commit([
          { kind: 'put', scope: 's', name: 'e', value: 1 },
          { kind: 'add', scope: 's', ids: ['a'] },
          { kind: 'delete', scope: 's', name: 'd' },
          { kind: 'put', scope: 's', name: 'f', value: 1, expect: 7 },
        ]),
        Conflict,
      );
      assert.deepEqual([await value('d'), await value('e'), await value('f')], [1, undefined, undefined]);
      assert.deepEqual([...(await bench.store.unknown('s', ['a']))], ['a']);
    });

    it('make the changes in order', async () => {
      await bench.store.commit([
        { kind: 'put', scope: 's', name: 'd', value: 1, expect: 0 },
        { kind: 'delete', scope: 's', name: 'd' },
        { kind: 'add', scope: 's', ids: ['a'] },
        { kind: 'forget', scope: 's' },
        { kind: 'add', scope: 's', ids: ['b'] },
      ]);
      assert.equal(await value('d'), undefined);
      assert.deepEqual([...(await bench.store.unknown('s', ['a', 'b']))], ['a']);
    });

    it('keep their order when many are made at once', async () => {
      await Promise.all(Array.from({ length: 200 }, (_, n) => put('d', n)));
      assert.equal(await value('d'), 199);
    });
  });

  describe('the end', () => {
    it('finishes what was begun, and refuses what comes after', async () => {
      const last = put('d', 1);
      await bench.store.close();
      await last;
      const refused = (error: unknown) => error instanceof Failure && error.code === 'STATE';
      await assert.rejects(put('d', 2), refused);
      await assert.rejects(bench.store.get('s', 'd'), refused);
      await assert.rejects(bench.store.unknown('s', ['a']), refused);
      await bench.store.close();
      await bench.reopen();
      assert.equal(await value('d'), 1);
    });
  });
}
