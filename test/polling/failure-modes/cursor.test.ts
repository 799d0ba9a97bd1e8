/** Rows 1, 2, 4, 8, 9, 17 and 18 of the failure modes: what a cursor can lose or repeat. */
import assert from 'node:assert/strict';
import { Feed, fromCursor, inPages } from '../feed';
import { World, type Settings } from '../shop';

describe('polling failure modes: the cursor', () => {
  let feed: Feed;
  let world: World;
  const settings: Settings = { source: fromCursor, cursor: { path: 'at', lookback: 60_000 } };
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 5, 10, 0, seconds)).toISOString();

  beforeEach(async () => {
    feed = await new Feed().open();
    feed.headers = { date: 'Thu, 05 Nov 2026 12:00:00 GMT' };
    feed.add('old', at(0));
  });

  afterEach(async () => {
    await world.end();
    await feed.close();
  });

  const begin = async (more: Settings = {}) => {
    world = await World.begin(feed, { ...settings, ...more });
    await world.poll();
    assert.deepEqual(world.take(), []);
  };
  const polled = async () => {
    await world.poll();
    return world.take();
  };
  const since = () => feed.asked.at(-1)!.split('since=')[1];

  it('row 1: rows with the newest time that come later are neither lost nor repeated', async () => {
    await begin();
    feed.add('a', at(10));
    assert.deepEqual(await polled(), ['a']);
    feed.add('b', at(10));
    assert.deepEqual(await polled(), ['b']);
    assert.deepEqual(await polled(), []);
    assert.equal(since(), '2026-11-05T09:59:10.000Z');
  });

  it('row 1: also where the server gives only what is later than the cursor', async () => {
    feed.strict = true;
    await begin();
    for (const id of ['a', 'b', 'c']) {
      feed.add(id, at(10));
      assert.deepEqual(await polled(), [id]);
    }
  });

  it('row 2: a row that is committed late, with an older time, fires within the lookback', async () => {
    await begin();
    feed.add('new', at(50));
    assert.deepEqual(await polled(), ['new']);
    feed.add('late', at(20));
    assert.deepEqual(await polled(), ['late']);
    assert.deepEqual(await polled(), []);
  });

  it('row 4: a row that slips through while pages drift is found by the next poll', async () => {
    feed.pageSize = 2;
    await begin({ source: inPages('/feed?since={{cursor}}'), cursor: { path: 'at', lookback: 0 } });
    feed.rows = [];
    for (const second of [1, 2, 3, 4, 5, 6]) feed.add(`r${second}`, at(second));
    feed.before = ({ url }) => {
      // the first row goes away after the first page: r3 moves up to a page that was read
      if (url.includes('page=2')) feed.rows = feed.rows.filter(({ id }) => id !== 'r1');
    };
    assert.deepEqual(await polled(), ['r1', 'r2', 'r4', 'r5', 'r6']);
    assert.deepEqual(await polled(), ['r3']);
    assert.deepEqual(await polled(), []);
  });

  it('row 4: a row that comes twice because pages drift fires once', async () => {
    feed.pageSize = 2;
    feed.newestFirst = true;
    await begin({ source: inPages('/feed?since={{cursor}}') });
    for (const second of [1, 2, 3, 4]) feed.add(`r${second}`, at(second));
    let inserted = false;
    feed.before = ({ url }) => {
      if (!url.includes('page=2') || inserted) return;
      inserted = true;
      feed.add('r5', at(5));
    };
    assert.deepEqual(await polled(), ['r1', 'r2', 'r3', 'r4']);
    assert.deepEqual(await polled(), ['r5']);
  });

  it('row 8: a poll that fails, on whatever page, leaves the cursor where it was', async () => {
    feed.pageSize = 1;
    await begin({ source: inPages('/feed?since={{cursor}}') });
    await polled();
    feed.add('a', at(600));
    feed.add('b', at(700));
    feed.before = ({ url }, response) => {
      if (!url.includes('page=2')) return false;
      response.writeHead(500).end();
      return true;
    };
    await assert.rejects(world.poll());
    const asked = since();
    feed.before = () => {};
    assert.deepEqual(await polled(), ['a', 'b']);
    assert.equal(since()!.split('&')[0], asked!.split('&')[0]);
  });

  it('row 9: the cursor is a value of the data: a clock that is wrong by years changes nothing', async () => {
    await begin();
    world.time = Date.UTC(2031, 0, 1);
    feed.add('a', at(10));
    assert.deepEqual(await polled(), ['a']);
    world.time = Date.UTC(2020, 0, 1);
    feed.add('b', at(20));
    assert.deepEqual(await polled(), ['b']);
    await polled();
    assert.equal(since(), '2026-11-05T09:59:20.000Z');
  });

  it('row 9: a row with a date that cannot be is reported and does not carry the cursor away', async () => {
    await begin();
    feed.add('typo', '9999-12-31T00:00:00Z');
    feed.add('no date', '2026-13-45T00:00:00Z');
    feed.add('a', at(10));
    const { cursorless, fired, cursor } = await world.poll();
    assert.equal(fired, 3);
    assert.equal(cursor, at(10));
    assert.deepEqual(cursorless, { count: 2, reason: '"at" lies more than a day ahead' });
    world.take();
    feed.add('b', at(20));
    assert.deepEqual(await polled(), ['b']);
  });

  it('row 17: after a long stop one poll brings everything since, oldest first', async () => {
    await begin();
    await world.restart();
    world.time += 7 * 24 * 3600 * 1000;
    for (const second of [30, 10, 20]) feed.add(`r${second}`, at(second));
    await world.resume();
    assert.deepEqual(await polled(), ['r10', 'r20', 'r30']);
  });

  it('row 18: a backlog that is cut by a cap is read in slices, without a gap', async () => {
    feed.pageSize = 3;
    await begin({ source: inPages('/feed?since={{cursor}}', 2), cursor: { path: 'at', lookback: 0 } });
    const expected: string[] = [];
    for (let n = 1; n <= 20; n++) {
      feed.add(`r${n}`, at(n * 10));
      expected.push(`r${n}`);
    }
    const slices: string[][] = [];
    for (let n = 0; n < 12; n++) slices.push(await polled());
    assert.deepEqual(slices.flat(), expected);
    assert.ok(slices.every((slice) => slice.length <= 6));
  });

  it('row 18: a cut answer with the newest first moves no cursor past what was not read', async () => {
    feed.pageSize = 2;
    feed.newestFirst = true;
    await begin({ source: inPages('/feed?since={{cursor}}', 1), cursor: { path: 'at', lookback: 0 } });
    for (const second of [1, 2, 3]) feed.add(`r${second}`, at(second));
    const { complete, cursor } = await world.poll();
    assert.deepEqual([complete, cursor], [false, at(0)]);
    assert.deepEqual(world.take(), ['r2', 'r3']);
    feed.rows = feed.rows.filter(({ id }) => id !== 'r3');
    assert.deepEqual(await polled(), ['r1']);
  });
});
