import assert from 'node:assert/strict';
import { Conflict } from '../../../src/state/store';
import type { Bench } from './bench';

export function leases(bench: Bench): void {
  describe('a lease', () => {
    const acquire = async (holder: string, scope = 's') =>
      (await bench.store.acquire(scope, holder, 1000))?.token;
    const guarded = (token: number) =>
      bench.store.commit([
        { kind: 'put', scope: 's', name: 'd', value: token },
        { kind: 'guard', scope: 's', token },
      ]);

    it('is held by one at a time, until it expires', async () => {
      const first = await acquire('one');
      assert.equal(await acquire('two'), undefined);
      assert.notEqual(await acquire('two', 'another scope'), undefined);
      bench.time += 999;
      assert.equal(await acquire('two'), undefined);
      bench.time += 1;
      const second = await acquire('two');
      assert.ok(second! > first!);
      assert.equal(await acquire('one'), undefined);
    });

    it('is the same holder’s again, with a new token that fences the old one', async () => {
      const [before, after] = [await acquire('one'), await acquire('one')];
      assert.ok(after! > before!);
      await assert.rejects(guarded(before!), Conflict);
      await guarded(after!);
    });

    it('is free at once when it is released, by its holder alone', async () => {
      const first = (await acquire('one'))!;
      await bench.store.release('s', first - 1);
      assert.equal(await acquire('two'), undefined);
      await bench.store.release('s', first);
      const second = (await acquire('two'))!;
      await bench.store.release('s', first);
      assert.equal(await acquire('one'), undefined);
      assert.ok(second > first);
    });

    it('lasts longer when it is renewed, also late, but not when it was taken or released', async () => {
      const first = (await acquire('one'))!;
      bench.time += 900;
      assert.equal(await bench.store.renew('s', first, 1000), true);
      bench.time += 900;
      assert.equal(await acquire('two'), undefined);
      bench.time += 5000;
      assert.equal(await bench.store.renew('s', first, 1000), true);
      assert.equal(await acquire('two'), undefined);
      bench.time += 1000;
      const second = (await acquire('two'))!;
      assert.equal(await bench.store.renew('s', first, 1000), false);
      await bench.store.release('s', second);
      assert.equal(await bench.store.renew('s', second, 1000), false);
      assert.equal(await bench.store.renew('never held', 1, 1000), false);
    });

    it('guards a commit: who lost it changes nothing', async () => {
      const first = (await acquire('one'))!;
      await guarded(first);
      bench.time += 5000;
      await guarded(first);
      const second = (await acquire('two'))!;
      await assert.rejects(guarded(first), Conflict);
      assert.equal((await bench.store.get('s', 'd'))?.value, first);
      await guarded(second);
      await bench.store.release('s', second);
      await assert.rejects(guarded(second), Conflict);
      await assert.rejects(
        bench.store.commit([{ kind: 'guard', scope: 'never held', token: second }]),
        Conflict,
      );
    });

    it('has tokens that rise for ever: over releases, restarts and other commits', async () => {
      const tokens: number[] = [];
      for (let round = 0; round < 3; round++) {
        const token = (await acquire(`holder ${round}`))!;
        tokens.push(token, await guarded(token));
        await bench.store.release('s', token);
        await bench.reopen();
      }
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].sort((a, b) => a - b),
      );
    });

    it('outlives its holder’s process until it expires', async () => {
      await acquire('one');
      await bench.reopen();
      assert.equal(await acquire('two'), undefined);
    });

    it('goes to one of many who ask at once', async () => {
      const other = await bench.another();
      const asked = Array.from({ length: 40 }, (_, n) =>
        (n % 2 ? other : bench.store).acquire('s', `holder ${n}`, 1000),
      );
      assert.equal((await Promise.all(asked)).filter(Boolean).length, 1);
    });
  });
}
