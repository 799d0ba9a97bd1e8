/** Rows 5, 6, 14, 15 and 16 of the failure modes: how often, how long, and how much is asked. */
import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import { newRecords } from '../../../src/polling/changes';
import { systemClock } from '../../../src/polling/clock';
import { PollLoop } from '../../../src/polling/loop';
import { everyInterval, rhythmOf } from '../../../src/polling/schedule';
import { everything, Feed, inPages } from '../feed';
import { World, type Settings } from '../shop';

describe('polling failure modes: pace', () => {
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
    await world.poll();
  };

  it('row 5: pages without an end are an error that changes nothing', async () => {
    for (let n = 0; n < 3; n++) feed.add(n);
    feed.pageSize = 3;
    world = await World.begin(feed, { source: inPages() });
    feed.before = ({ url }, response) => {
      if (!url.includes('page=')) return false;
      // the page parameter is ignored
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ rows: feed.rows }));
      return true;
    };
    await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'PAGING');
    assert.ok(feed.asked.length <= 3);
    assert.equal(await world.store.get('polling/node', 'known'), undefined);
  });

  it('row 6: a poll that takes longer than the interval is not overtaken, and those asked for meanwhile are one', async () => {
    world = await World.begin(feed, { source: everything });
    const failures: unknown[] = [];
    let [running, most] = [0, 0];
    let release = () => {};
    const polls: (() => void)[] = [];
    const loop = new PollLoop({
      poller: {
        resume: () => Promise.resolve({ fired: 0, lastPoll: undefined }),
        async poll(signal) {
          most = Math.max(most, ++running);
          polls.shift()?.();
          await new Promise<void>((resolve) => {
            release = resolve;
            signal.addEventListener('abort', () => resolve());
          });
          running--;
          return world.poll();
        },
      },
      // a due time each millisecond, which would overlap; then none for a day
      schedule: { next: () => Date.now() + 86_400_000, firstDelay: () => 0, backOff: () => 0 },
      clock: systemClock,
      onPoll: () => {},
      onReport: () => {},
      onResumed: () => {},
      onFailure: (error) => failures.push(error),
    });
    const begun = () => new Promise<void>((resolve) => polls.push(resolve));
    const first = begun();
    loop.start();
    await first;
    const second = begun();
    const third = begun().then(() => 'a third poll');
    for (let n = 0; n < 5; n++) loop.pollNow();
    release();
    await second;
    release();
    // the second has ended and the loop rests: a third would have begun by now
    await new Promise(setImmediate);
    assert.equal(await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 30))]), undefined);
    assert.deepEqual([most, failures], [1, []]);
    await loop.close(new Error('closed'));
  });

  it('row 6: a poll that hangs ends by itself and loses nothing', async () => {
    await begin({ timeLimit: 100 });
    feed.add(1);
    feed.before = () => true;
    await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'TIMEOUT');
    feed.before = () => {};
    await world.poll();
    assert.deepEqual(world.take(), ['1']);
  });

  it('a hundred pollers, one of which hangs, do not disturb each other', async function () {
    this.timeout(30_000);
    world = await World.begin(feed, {});
    feed.add(0);
    feed.before = ({ url }) => url.includes('hang');
    const reports = new Map<number, number>();
    let enough = () => {};
    const all = new Promise<void>((resolve) => (enough = resolve));
    const loops = Array.from({ length: 100 }, (_, n) => {
      const poller = world.make({
        owner: `node ${n}`,
        source: { ...everything, path: n === 0 ? '/hang' : '/feed' },
      });
      return new PollLoop({
        poller,
        schedule: everyInterval(rhythmOf(`node ${n}`, 200)),
        clock: systemClock,
        onPoll: () => {},
        onResumed: () => {},
        onFailure: (error) => assert.ok(error instanceof Failure),
        onReport: () => {
          reports.set(n, (reports.get(n) ?? 0) + 1);
          if (reports.size === 99 && [...reports.values()].every((count) => count >= 3)) enough();
        },
      });
    });
    for (const loop of loops) loop.start();
    await all;
    assert.equal(reports.has(0), false);
    await Promise.all(loops.map((loop) => loop.close(new Failure('ABORTED', 'closed'))));
  });

  describe('row 14: what did not change', () => {
    it('is asked for with the ETag, weak ones too, and a 304 is silent', async () => {
      feed.add(1);
      feed.headers = { etag: 'W/"a"' };
      await begin();
      const { unchanged, found, fired } = await world.poll();
      assert.deepEqual([unchanged, found, fired], [true, 0, 0]);
      assert.equal(feed.server.received.at(-1)!.headers['if-none-match'], 'W/"a"');
      feed.add(2);
      feed.headers = { etag: 'W/"b"' };
      assert.equal((await world.poll()).fired, 1);
      assert.equal((await world.poll()).unchanged, true);
      await world.restart();
      assert.equal((await world.poll()).unchanged, true);
    });

    it('is asked for by Last-Modified, when no second change can be in the same second', async () => {
      feed.add(1);
      feed.headers = {
        date: 'Thu, 05 Nov 2026 12:00:00 GMT',
        'last-modified': 'Thu, 05 Nov 2026 12:00:00 GMT',
      };
      await begin();
      await world.poll();
      assert.equal(feed.server.received.at(-1)!.headers['if-modified-since'], undefined);
      feed.headers.date = 'Thu, 05 Nov 2026 12:00:02 GMT';
      feed.add(2);
      await world.poll();
      await world.poll();
      assert.equal(
        feed.server.received.at(-1)!.headers['if-modified-since'],
        'Thu, 05 Nov 2026 12:00:00 GMT',
      );
    });

    it('is known by its bytes where the ETag is another each time, or the request', async () => {
      feed.add(1);
      let n = 0;
      feed.before = () => void (feed.headers = { etag: `"${n++}"` });
      await begin({ source: { ...everything, path: '/feed?at={{now}}' } });
      for (let times = 0; times < 3; times++) assert.equal((await world.poll()).unchanged, true);
      feed.add(2);
      const { unchanged, fired } = await world.poll();
      assert.deepEqual([unchanged, fired], [false, 1]);
    });

    it('is not taken for granted before what it made known is durable', async () => {
      feed.headers = { etag: '"a"' };
      await begin();
      feed.add(1);
      feed.headers = { etag: '"b"' };
      world.store.at(1, 'fail before');
      await assert.rejects(world.poll());
      await world.poll();
      assert.deepEqual(world.take(), ['1']);
    });

    it('on the first of several pages says nothing of the others', async () => {
      feed.pageSize = 2;
      for (const id of [1, 2, 3]) feed.add(id);
      feed.headers = { etag: '"the first page"' };
      await begin({ source: inPages() });
      feed.add(4);
      assert.equal((await world.poll()).fired, 1);
      assert.ok(feed.server.received.every(({ headers }) => headers['if-none-match'] === undefined));
    });

    it('is read all the same when the settings say another thing fires', async () => {
      feed.add(1);
      feed.headers = { etag: '"a"' };
      await begin();
      await world.restart({ fingerprint: 'other', onChange: 'keep', watch: newRecords });
      assert.equal((await world.poll()).unchanged, false);
    });

    it('lets go what waits', async () => {
      for (const id of [1, 2, 3]) feed.add(id);
      feed.headers = { etag: '"a"' };
      world = await World.begin(feed, {
        source: everything,
        firstRun: { from: 'everything' },
        perPoll: 2,
      });
      await world.poll();
      const { unchanged, fired } = await world.poll();
      assert.deepEqual([unchanged, fired], [true, 1]);
      assert.deepEqual(world.take(), ['1', '2', '3']);
    });
  });

  it('row 15: what a server asks for is in the report, whatever the answer', async () => {
    await begin();
    for (const [headers, pause] of [
      [{ 'retry-after': '120' }, 120_000],
      [{ 'x-poll-interval': '60' }, 60_000],
      [{ ratelimit: 'limit=100, remaining=0, reset=30' }, 30_000],
      [{ etag: '"a"', 'retry-after': '7' }, 7000],
      [{ 'cache-control': 'max-age=86400' }, 0],
    ] as const) {
      feed.headers = { ...headers };
      await world.poll();
      assert.equal((await world.poll()).pause, pause);
    }
  });

  it('row 16: a hundred nodes have a hundred phases, each its own for ever', async () => {
    await begin();
    const phases = Array.from({ length: 100 }, (_, n) => rhythmOf(`node ${n}`, 3_600_000).phase);
    assert.equal(new Set(phases).size, 100);
    assert.deepEqual(
      phases,
      Array.from({ length: 100 }, (_, n) => rhythmOf(`node ${n}`, 3_600_000).phase),
    );
  });
});
