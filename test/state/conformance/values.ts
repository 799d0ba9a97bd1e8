import assert from 'node:assert/strict';
import type { Entry } from '../../../src/state/store';
import type { Bench } from './bench';

export function values(bench: Bench): void {
  describe('ids with values', () => {
    const set = (entries: Entry[], more: { expires?: number; listed?: boolean } = {}) =>
      bench.store.commit([{ kind: 'set', scope: 's', entries, ...more }]);
    const compare = async (...entries: Entry[]) => {
      const { unknown, changed } = await bench.store.compare('s', entries);
      return { unknown: [...unknown], changed: [...changed] };
    };
    const listAll = async (limit: number, scope = 's') => {
      const found = new Map<string, string>();
      let after: string | undefined;
      do {
        const page = await bench.store.list(scope, limit, after);
        for (const [id, value] of page.entries) found.set(id, value);
        after = page.next;
      } while (after !== undefined);
      return found;
    };

    it('tells the unknown, the changed and the same, over a restart', async () => {
      await set([
        ['same', 'v1'],
        ['changed', 'v1'],
        ['empty', ''],
      ]);
      await bench.store.commit([{ kind: 'add', scope: 's', ids: ['plain'] }]);
      await bench.reopen();
      assert.deepEqual(
        await compare(
          ['new', ''],
          ['same', 'v1'],
          ['changed', 'v2'],
          ['empty', ''],
          ['plain', ''],
          ['same', 'v1'],
        ),
        { unknown: ['new'], changed: ['changed'] },
      );
      assert.deepEqual(await compare(['empty', 'x'], ['plain', 'x']), {
        unknown: [],
        changed: ['empty', 'plain'],
      });
      assert.deepEqual([...(await bench.store.unknown('s', ['same', 'new']))], ['new']);
    });

    it('takes the last of several values, and any text', async () => {
      const odd = ['12:34,+x', ',', ':', '+', '0', '\u0000', 'ü😀', "'"];
      await set(odd.map((text) => [text, 'before']));
      await set(
        odd.map((text) => [text, text]),
        { listed: true, expires: bench.time + 5 },
      );
      assert.deepEqual(await compare(...odd.map((text): Entry => [text, text])), {
        unknown: [],
        changed: [],
      });
      assert.deepEqual(await listAll(100), new Map(odd.map((text) => [text, text])));
      await set([
        ['twice', '1'],
        ['twice', '2'],
      ]);
      assert.deepEqual(await compare(['twice', '2']), { unknown: [], changed: [] });
    });

    it('forgets an id with its value at the expiry, and keeps it when it is renewed', async () => {
      await set([['short', 'v']], { expires: bench.time + 10, listed: true });
      await set([['long', 'v']], { expires: bench.time + 10, listed: true });
      await set([['long', 'v']], { expires: bench.time + 20, listed: true });
      bench.time += 10;
      assert.deepEqual(await compare(['short', 'v'], ['long', 'v']), { unknown: ['short'], changed: [] });
      assert.deepEqual(await listAll(10), new Map([['long', 'v']]));
      await set([['long', 'v']], { listed: true });
      bench.time += 1000;
      await set([['other', 'v']]);
      assert.deepEqual(await listAll(10), new Map([['long', 'v']]));
    });

    it('does not take a new id for the one that expired before it', async () => {
      await set([['a', 'old']], { expires: bench.time + 10 });
      await bench.store.commit([{ kind: 'forget', scope: 's' }]);
      await set([['a', 'new']]);
      bench.time += 10;
      await set([['b', '']]);
      assert.deepEqual(await compare(['a', 'new']), { unknown: [], changed: [] });
    });

    it('lists what was added as listed, in pages, in its scope', async () => {
      const entries = Array.from({ length: 2500 }, (_, n): Entry => [`key ${n}`, `v${n % 7}`]);
      await set(entries, { listed: true });
      await set([['not listed', 'x']]);
      await bench.store.commit([
        { kind: 'set', scope: 't', entries: [['other', '']], listed: true },
        { kind: 'remove', scope: 's', ids: ['key 7'] },
      ]);
      const expected = new Map(entries.filter(([id]) => id !== 'key 7'));
      assert.deepEqual(await listAll(100).then(sorted), sorted(expected));
      assert.deepEqual(await listAll(10, 't'), new Map([['other', '']]));
      assert.deepEqual(await listAll(10, 'none'), new Map());
      const page = await bench.store.list('s', 100);
      assert.ok(
        page.entries.length < 1000 && page.next !== undefined,
        `${page.entries.length} in a page of 100`,
      );
    });
  });
}

function sorted(map: Map<string, string>): Map<string, string> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
