import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { Conflict, type Store } from '../../src/state/store';

/** A place that keeps its content while stores on it are opened and closed. */
export interface Place {
  open: (now: () => number) => Promise<Store>;
  remove: () => Promise<void>;
}

/** What every store must do, whatever it stands on. */
export function conformance(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} as a store`, () => {
    let place: Place;
    let store: Store;
    let time = 1_000_000;
    const now = () => time;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open(now);
    });

    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    const reopen = async () => {
      await store.close();
      store = await place.open(now);
    };
    const put = (name: string, value: unknown, expect?: number) =>
      store.commit([{ kind: 'put', scope: 's', name, value, expect }]);
    const value = async (name: string, scope = 's') => (await store.get(scope, name))?.value;

    describe('documents', () => {
      it('has none at first', async () => {
        assert.equal(await store.get('s', 'd'), undefined);
      });

      it('keeps JSON as it was, over a restart', async () => {
        const all = { text: 'a "b" \u0000 ü 😀', list: [1, -2.5, null, true], nested: { empty: {} } };
        const version = await put('d', all);
        await reopen();
        assert.deepEqual(await store.get('s', 'd'), { value: all, version });
      });

      it('keeps scopes and names apart', async () => {
        await put('d', 1);
        await put('e', 2);
        await store.commit([{ kind: 'put', scope: 't', name: 'd', value: 3 }]);
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
        await reopen();
        assert.equal(await value('d'), large);
      });

      it('removes a document; removing none is fine', async () => {
        await put('d', 1);
        await store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
        await store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
        assert.equal(await store.get('s', 'd'), undefined);
      });

      it('gives each commit a greater version, also over deletes, restarts and in one turn', async () => {
        const versions = [
          await put('d', 1),
          await put('e', 1),
          ...(await Promise.all([put('d', 2), put('d', 3)])),
        ];
        await store.commit([{ kind: 'delete', scope: 's', name: 'd' }]);
        await reopen();
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
        assert.deepEqual(await store.get('s', 'd'), { value: 2, version: second });
      });

      it('refuses to make what exists, and to change what does not', async () => {
        const version = await put('d', 1);
        await assert.rejects(put('d', 2, 0), Conflict);
        await assert.rejects(put('e', 2, version), Conflict);
      });

      it('removes only the expected version', async () => {
        const version = await put('d', 1);
        const remove = (expect: number) => store.commit([{ kind: 'delete', scope: 's', name: 'd', expect }]);
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

    describe('ids', () => {
      const add = (ids: string[], expires?: number) =>
        store.commit([{ kind: 'add', scope: 's', ids, expires }]);
      const unknown = async (ids: string[], scope = 's') => [...(await store.unknown(scope, ids))];

      it('tells the unknown from the known, each once, in order, over a restart', async () => {
        assert.deepEqual(await unknown(['b', 'a', 'b']), ['b', 'a']);
        await add(['a', 'c']);
        await reopen();
        assert.deepEqual(await unknown(['c', 'b', 'a', 'd', 'b']), ['b', 'd']);
      });

      it('keeps scopes apart, and forgets one of them', async () => {
        await add(['a']);
        await store.commit([{ kind: 'add', scope: 't', ids: ['a', 'b'] }]);
        await store.commit([{ kind: 'forget', scope: 's' }]);
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
        await add(['short', 'renewed'], time + 1000);
        await add(['ever']);
        await add(['renewed'], time + 5000);
        time += 999;
        assert.deepEqual(await unknown(['short', 'renewed', 'ever']), []);
        time += 1;
        assert.deepEqual(await unknown(['short', 'renewed', 'ever']), ['short']);
        await add(['another']);
        assert.deepEqual(await unknown(['short', 'renewed', 'ever', 'another']), ['short']);
        time += 4000;
        assert.deepEqual(await unknown(['short', 'renewed', 'ever']), ['short', 'renewed']);
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

    describe('commits', () => {
      it('make all changes or none', async () => {
        await put('d', 1);
        await assert.rejects(
          store.commit([
            { kind: 'put', scope: 's', name: 'e', value: 1 },
            { kind: 'add', scope: 's', ids: ['a'] },
            { kind: 'delete', scope: 's', name: 'd' },
            { kind: 'put', scope: 's', name: 'f', value: 1, expect: 7 },
          ]),
          Conflict,
        );
        assert.deepEqual([await value('d'), await value('e'), await value('f')], [1, undefined, undefined]);
        assert.deepEqual([...(await store.unknown('s', ['a']))], ['a']);
      });

      it('make the changes in order', async () => {
        await store.commit([
          { kind: 'put', scope: 's', name: 'd', value: 1, expect: 0 },
          { kind: 'delete', scope: 's', name: 'd' },
          { kind: 'add', scope: 's', ids: ['a'] },
          { kind: 'forget', scope: 's' },
          { kind: 'add', scope: 's', ids: ['b'] },
        ]);
        assert.equal(await value('d'), undefined);
        assert.deepEqual([...(await store.unknown('s', ['a', 'b']))], ['a']);
      });

      it('keep their order when many are made at once', async () => {
        await Promise.all(Array.from({ length: 200 }, (_, n) => put('d', n)));
        assert.equal(await value('d'), 199);
      });
    });

    describe('the end', () => {
      it('finishes what was begun, and refuses what comes after', async () => {
        const last = put('d', 1);
        await store.close();
        await last;
        const refused = (error: unknown) => error instanceof Failure && error.code === 'STATE';
        await assert.rejects(put('d', 2), refused);
        await assert.rejects(store.get('s', 'd'), refused);
        await assert.rejects(store.unknown('s', ['a']), refused);
        await store.close();
        store = await place.open(now);
        assert.equal(await value('d'), 1);
      });
    });
  });
}
