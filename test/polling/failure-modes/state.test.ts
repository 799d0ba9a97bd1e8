/** Rows 7, 10, 11, 12, 23 and 24 of the failure modes: what is known, over crashes, restarts, edits and several processes. */
import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import { PollLease } from '../../../src/polling/lease';
import { systemClock } from '../../../src/polling/clock';
import { newAndUpdated } from '../../../src/polling/changes';
import { everything, Feed, fromCursor } from '../feed';
import { Crash, World, type Settings } from '../shop';

const day = 24 * 3600 * 1000;

describe('polling failure modes: state', () => {
  let feed: Feed;
  let world: World;

  beforeEach(async () => {
    feed = await new Feed().open();
  });

  afterEach(async () => {
    await world.end();
    await feed.close();
  });

  const begin = async (settings: Settings = {}) => {
    world = await World.begin(feed, { source: everything, ...settings });
  };
  const polled = async () => {
    await world.poll();
    return world.take();
  };
  const addMany = (count: number, prefix = '') => {
    const first = feed.rows.length;
    for (let n = 0; n < count; n++) feed.add(prefix ? `${prefix}${first + n}` : first + n);
  };
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

  for (const output of [{ shape: 'record' }, { shape: 'batches', size: 2 }, { shape: 'poll' }] as const) {
    it(`row 7: a crash in the middle of what leaves repeats it with the same ids (${output.shape})`, async () => {
      await begin({ output });
      await world.poll();
      addMany(5);
      world.crashAfter = output.shape === 'poll' ? 0 : 1;
      await assert.rejects(world.poll(), Crash);
      const before = world.emitted.splice(0);
      await world.restart();
      feed.add(99);
      await world.resume();
      const again = world.emitted.splice(0);
      assert.deepEqual(
        again.flatMap(({ event, events }) => (events ?? [event]).map(({ key }) => key)),
        numbers(0, 4),
      );
      assert.ok(again.every(({ event }) => event.attempt === 2));
      for (const [index, { event, payload }] of before.entries()) {
        assert.equal(again[index]!.event.id, event.id);
        assert.deepEqual(again[index]!.payload, payload);
        assert.notEqual(again[index]!.batch.id, before[index]!.batch.id);
      }
      await world.poll();
      assert.deepEqual(world.take(), ['99']);
    });
  }

  it('lists of records are as long as was asked for, and say their place', async () => {
    await begin({ output: { shape: 'batches', size: 2 } });
    await world.poll();
    addMany(5);
    await world.poll();
    assert.deepEqual(
      world.emitted.map(({ payload, batch, events }) => [
        (payload as { id: number }[]).map(({ id }) => id),
        batch.index,
        batch.count,
        events!.length,
      ]),
      [
        [[0, 1], 0, 3, 2],
        [[2, 3], 1, 3, 2],
        [[4], 2, 3, 1],
      ],
    );
    await world.restart({ output: { shape: 'poll' } });
    world.emitted.length = 0;
    assert.equal((await world.poll()).fired, 0);
    assert.equal(world.emitted.length, 0);
    addMany(3);
    await world.poll();
    assert.deepEqual(world.emitted[0]!.payload, [{ id: 5 }, { id: 6 }, { id: 7 }]);
    assert.deepEqual([world.emitted.length, world.emitted[0]!.batch.count], [1, 1]);
  });

  it('row 10: a restart, and an edit of what the records do not depend on, keep what is known', async () => {
    addMany(2);
    await begin({ perPoll: 10 });
    await world.poll();
    addMany(1);
    await world.restart({ name: 'another name', perPoll: 5, order: 'as is' });
    assert.deepEqual(await polled(), ['2']);
  });

  it('row 11: from now on, everything, since a date, the last N', async () => {
    const cases: [Settings['firstRun'], string[]][] = [
      [undefined, []],
      [{ from: 'now' }, []],
      [{ from: 'everything' }, numbers(0, 9)],
      [{ from: 'since', at: '2026-11-08' }, ['7', '8', '9']],
      [{ from: 'last', count: 2 }, ['8', '9']],
      [{ from: 'last', count: 50 }, numbers(0, 9)],
    ];
    for (let n = 0; n < 10; n++) feed.add(n, `2026-11-0${n + 1}`.replace('010', '10'));
    feed.headers = { date: 'Thu, 12 Nov 2026 12:00:00 GMT' };
    for (const [firstRun, expected] of cases) {
      await begin({ firstRun, cursor: { path: 'at' } });
      assert.deepEqual(await polled(), expected);
      assert.deepEqual(await polled(), [], 'each once');
      feed.add('new', '2026-11-10');
      assert.deepEqual(await polled(), ['new']);
      feed.rows.pop();
      await world.end();
    }
    await begin();
  });

  it('row 11: "since a date" goes into the first request, and holds when a later request looks back before it', async () => {
    feed.add('a', '2026-11-01T00:00:00Z');
    feed.add('b', '2026-11-02T00:00:00Z');
    await begin({
      source: fromCursor,
      cursor: { path: 'at', lookback: day },
      firstRun: { from: 'since', at: '2026-11-01T12:00:00Z' },
    });
    assert.deepEqual(await polled(), ['b']);
    assert.match(feed.asked[0]!, /since=2026-11-01T12:00:00Z/);
    assert.deepEqual(await polled(), []);
    assert.match(feed.asked[1]!, /since=2026-11-01T00:00:00Z/);
  });

  it('row 11: at most so many leave at once; the others follow, oldest first, also after a restart', async () => {
    addMany(25);
    await begin({ firstRun: { from: 'everything' }, perPoll: 10 });
    const { fired, waiting } = await world.poll();
    assert.deepEqual([fired, waiting], [10, 15]);
    assert.deepEqual(world.take(), numbers(0, 9));
    await world.restart();
    assert.deepEqual(await world.resume().then(() => world.take()), []);
    addMany(2);
    assert.deepEqual(await polled(), numbers(10, 19));
    assert.deepEqual(await polled(), numbers(20, 26));
    assert.deepEqual(await polled(), []);
    assert.equal(await world.store.get('polling/node', 'out'), undefined);
  });

  it('row 11: a backlog of thousands leaves whole, whatever is the cap', async () => {
    addMany(1700);
    await begin({ firstRun: { from: 'everything' }, perPoll: 333 });
    const left: string[] = [];
    for (let n = 0; n < 6; n++) left.push(...(await polled()));
    assert.deepEqual(left, numbers(0, 1699));
    for (let n = 1; n <= 4; n++) assert.equal(await world.store.get('polling/node', `out/${n}`), undefined);
  });

  it('row 12: a record that has gone is forgotten after its time; one that is there never is', async () => {
    addMany(3);
    await begin({ forgetAfter: 30 * day });
    await world.poll();
    const [first, ...others] = feed.rows;
    feed.rows = others;
    await world.poll();
    world.time += 29 * day;
    feed.rows = [first!, ...others];
    assert.deepEqual(await polled(), [], 'still known');
    feed.rows = others;
    await world.poll();
    // written with the checkpoint, once a minute
    world.time += 60_000;
    await world.poll();
    world.time += 31 * day;
    await world.poll();
    assert.deepEqual([...(await world.store.unknown('polling/node', ['0', '1', '2']))], ['0']);
  });

  it('row 12: records that are there stay known for years, and over a stop of months', async () => {
    addMany(3);
    await begin({ forgetAfter: day });
    await world.poll();
    for (let month = 0; month < 40; month++) {
      world.time += 30 * day;
      assert.deepEqual(await polled(), []);
    }
    await world.restart();
    world.time += 300 * day;
    await world.resume();
    assert.deepEqual(await polled(), []);
  });

  it('row 12: only what was not in the poll before is looked up, and nothing is written when nothing is new', async () => {
    addMany(1000);
    await begin();
    await world.poll();
    const { lookups, commits } = world.store;
    feed.headers = { etag: '"1"' };
    await world.poll();
    assert.deepEqual([world.store.lookups - lookups, world.store.commits - commits], [0, 0]);
    addMany(3);
    delete feed.headers.etag;
    await world.poll();
    assert.deepEqual([world.store.lookups - lookups, world.store.commits - commits], [3, 2]);
  });

  it('row 23: two processes on one store: one polls, the other takes over, and the first cannot write any more', async () => {
    addMany(1);
    await begin();
    world.storeNow = Date.now;
    const store = () => Promise.resolve(world.store);
    const lease = (ttl: number) =>
      new PollLease({ store, scope: 'polling/node', ttl, clock: { after: () => () => {} } });
    const [one, two] = [lease(100), lease(60_000)];
    let taken: Promise<boolean> | undefined;
    assert.deepEqual([await one.acquire(), await two.acquire()], [true, false]);
    world.poller = world.make({ fence: one });
    await world.poll();
    addMany(120);
    // the first stops in the middle of what leaves, and goes on after its time
    world.onEmit = (count) => {
      if (count !== 3) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 110);
      taken = two.acquire();
    };
    await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'STATE');
    assert.deepEqual(world.take(), numbers(1, 3));
    assert.equal(await taken, true);
    assert.equal(await one.acquire(), false);
    await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'STATE');
    assert.deepEqual(world.take(), []);

    world.poller = world.make({ fence: two });
    await world.resume();
    assert.deepEqual(
      world.take(),
      numbers(1, 120).map((key) => `${key}#2`),
    );
    await two.release();
    assert.equal(await one.acquire(), true);
  });

  it('a lease is kept by its holder as long as it lives, and looked after', async () => {
    await begin();
    world.storeNow = Date.now;
    const store = () => Promise.resolve(world.store);
    const options = { store, scope: 'polling/node', ttl: 300, clock: systemClock };
    const [one, two] = [new PollLease(options), new PollLease(options)];
    assert.equal(await one.acquire(), true);
    for (let n = 0; n < 8; n++) {
      // longer than the lease in all: what is tested is that time passes
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(await two.acquire(), false);
    }
    assert.equal(one.check(), undefined);
    await one.release();
    assert.equal(await two.acquire(), true);
    await two.release();
  });

  describe('row 24: other settings', () => {
    const change = (settings: Settings) => world.restart({ fingerprint: 'other', ...settings });
    beforeEach(async () => {
      addMany(2);
      await begin({ firstRun: { from: 'everything' } });
      await world.poll();
      world.take();
      addMany(1);
    });

    it('take stock anew by default, whatever the first run’s rule', async () => {
      await change({});
      assert.equal((await world.poll()).baseline, 'changed');
      assert.deepEqual(world.take(), []);
      addMany(1);
      assert.deepEqual(await polled(), ['3']);
    });

    it('are a first run when that is what is chosen', async () => {
      await change({ onChange: 'first run' });
      assert.deepEqual(await polled(), ['0', '1', '2']);
    });

    it('keep what is known when that is what is chosen, but not with another key', async () => {
      await change({ onChange: 'keep' });
      assert.deepEqual(await polled(), ['2']);
      addMany(1);
      await change({ onChange: 'keep', key: { by: 'content' } });
      assert.equal((await world.poll()).baseline, 'changed');
      assert.deepEqual(world.take(), []);
    });

    it('stop the polling until it was said what is meant', async () => {
      await change({ onChange: 'ask' });
      await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'CONFIG');
      await world.poller.keep();
      assert.deepEqual(await polled(), ['2']);
    });

    it('of what fires take the records over in silence', async () => {
      await world.restart({ watch: newAndUpdated() });
      assert.deepEqual(await polled(), ['2']);
      feed.rows[0]!.total = 1;
      assert.deepEqual(await polled(), ['0']);
    });
  });

  it('a reset makes the next poll a first run, and drops what waits', async () => {
    addMany(5);
    await begin({ firstRun: { from: 'everything' }, perPoll: 2 });
    await world.poll();
    const ids = world.emitted.map(({ event }) => event.id);
    world.take();
    await world.poller.reset();
    await world.poll();
    assert.deepEqual(
      world.emitted.map(({ event }) => event.id),
      ids,
    );
    assert.deepEqual(world.take(), ['0', '1']);
  });

  it('rewinding fires everything from there again, with the same ids', async () => {
    for (const n of [1, 2, 3]) feed.add(n, `2026-11-0${n}T00:00:00Z`);
    await begin({ cursor: { path: 'at' }, firstRun: { from: 'everything' } });
    await world.poll();
    const ids = world.emitted.splice(0).map(({ event }) => event.id);
    await world.poller.rewind(new Date('2026-11-02T00:00:00Z'));
    await world.poll();
    assert.deepEqual(
      world.emitted.map(({ event }) => event.id),
      ids.slice(1),
    );
    assert.deepEqual(world.take(), ['2', '3']);
    assert.deepEqual(await polled(), []);
    await world.restart({ cursor: undefined });
    await assert.rejects(world.poller.rewind('2026-11-01'), (error) => (error as Failure).code === 'CONFIG');
  });

  it('a preview says what would fire and why not, and changes nothing', async () => {
    for (const n of [1, 2]) feed.add(n, `2026-11-0${n}T00:00:00Z`);
    await begin({ cursor: { path: 'at' }, accepts: (record) => (record as { id: number }).id !== 4 });
    const { signal } = new AbortController();
    const first = await world.poller.preview(signal);
    assert.deepEqual([first.situation, first.firing, first.found], ['first', 0, 2]);
    assert.deepEqual(
      first.records.map(({ key, why }) => [key, why]),
      [
        ['1', 'first run'],
        ['2', 'first run'],
      ],
    );
    assert.equal((await world.poll()).baseline, 'first');
    for (const n of [3, 4]) feed.add(n, `2026-11-0${n}T00:00:00Z`);
    const { commits } = world.store;
    const second = await world.poller.preview(signal);
    assert.equal(world.store.commits, commits);
    assert.deepEqual(
      second.records.map(({ key, fires, why, change, cursor }) => [key, fires, why, change, cursor]),
      [
        ['3', true, undefined, 'created', '2026-11-03T00:00:00Z'],
        ['4', false, 'condition', undefined, '2026-11-04T00:00:00Z'],
        ['1', false, 'known', undefined, '2026-11-01T00:00:00Z'],
        ['2', false, 'known', undefined, '2026-11-02T00:00:00Z'],
      ],
    );
    assert.deepEqual(second.cursor, {
      asked: '2026-11-01T23:59:00Z',
      before: '2026-11-02T00:00:00Z',
      after: '2026-11-04T00:00:00Z',
    });
    assert.deepEqual(await polled(), ['3']);
  });
});
