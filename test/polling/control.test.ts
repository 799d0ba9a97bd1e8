/** What can be asked of a loop while it runs: poll now, pause, resume, and changes to what is known. */
import assert from 'node:assert/strict';
import { EventEmitter, on } from 'node:events';
import { Failure } from '../../src/exchange/failure';
import { systemClock } from '../../src/polling/clock';
import { forgetPolls, PauseSwitch } from '../../src/polling/control';
import { PollLease } from '../../src/polling/lease';
import { PollLoop, type PollLoopOptions } from '../../src/polling/loop';
import { everyInterval } from '../../src/polling/schedule';
import { everything, Feed } from './feed';
import { World } from './shop';

const hour = 3_600_000;

describe('PollLoop, controlled', () => {
  let feed: Feed;
  let world: World;
  let loops: PollLoop[];
  const told = new EventEmitter();

  beforeEach(async () => {
    feed = await new Feed().open();
    world = await World.begin(feed, { source: everything });
    world.storeNow = Date.now;
    loops = [];
  });

  afterEach(async () => {
    await Promise.all(loops.map((loop) => loop.close(new Failure('ABORTED', 'closed'))));
    await world.end();
    await feed.close();
  });

  const store = () => Promise.resolve(world.store);
  const pauseSwitch = () => new PauseSwitch('node', store);

  /** A loop whose polls are an hour apart, with what it has told. */
  function makeLoop(options: Partial<PollLoopOptions> = {}) {
    const log = { reports: 0, failures: [] as unknown[], next: [] as (number | string)[] };
    const tell = () => told.emit('told');
    const loop = new PollLoop({
      poller: world.poller,
      schedule: everyInterval({ interval: hour, phase: 0 }),
      clock: systemClock,
      onPoll: () => {},
      onResumed: () => {},
      onReport: () => void (log.reports++, tell()),
      onFailure: (error) => void (log.failures.push(error), tell()),
      onNext: (next) => void (log.next.push(next), tell()),
      ...options,
    });
    loops.push(loop);
    loop.start();
    return { loop, log };
  }

  /** Resolves when something told makes it true. */
  async function until(condition: () => boolean): Promise<void> {
    const events = on(told, 'told', { signal: AbortSignal.timeout(5000) });
    while (!condition()) await events.next();
  }

  it('polls now, and keeps its due times', async () => {
    const { loop, log } = makeLoop();
    await until(() => log.reports === 1);
    feed.add(1);
    loop.pollNow();
    await until(() => log.reports === 2);
    assert.deepEqual(world.take(), ['1']);
    await until(() => typeof log.next.at(-1) === 'number');
    assert.equal((log.next.at(-1) as number) % hour, 0);
    assert.deepEqual(log.failures, []);
  });

  it('pauses, also over a restart, polls now all the same, and goes on', async () => {
    const { loop, log } = makeLoop({ pauseSwitch: pauseSwitch() });
    await until(() => log.reports === 1);
    await loop.pause();
    await until(() => log.next.at(-1) === 'paused');
    await loop.close(new Error('closed'));

    await world.restart();
    feed.add(1);
    const second = makeLoop({ poller: world.poller, pauseSwitch: pauseSwitch() });
    await until(() => second.log.next.at(-1) === 'paused');
    assert.equal(second.log.reports, 0);
    second.loop.pollNow();
    await until(() => second.log.reports === 1);
    assert.deepEqual(world.take(), ['1']);
    await until(() => second.log.next.at(-1) === 'paused');

    await second.loop.resume();
    await until(() => typeof second.log.next.at(-1) === 'number');
    assert.equal(await pauseSwitch().isPaused(), false);
    await forgetPolls(world.store, 'node');
  });

  it('resumes with the poll that was missed', async () => {
    const { loop, log } = makeLoop({ schedule: everyInterval({ interval: 100, phase: 0 }) });
    await until(() => log.reports >= 2);
    await loop.pause();
    await until(() => log.next.at(-1) === 'paused');
    const { reports } = log;
    await loop.resume();
    await until(() => log.reports > reports);
  });

  it('changes what is known between two polls, and polls then', async () => {
    const { loop, log } = makeLoop();
    await until(() => log.reports === 1);
    feed.add(1);
    await loop.perform(() => world.poller.reset());
    await until(() => log.reports === 2);
    assert.deepEqual(world.take(), []);
    await assert.rejects(
      loop.perform(() => Promise.reject(new Error('no'))),
      /no/,
    );
    await until(() => log.reports === 2 || log.failures.length > 0);
    assert.deepEqual(log.failures, []);
  });

  it('does not wait for a poll that hangs when it is to be reset', async () => {
    const { loop, log } = makeLoop();
    await until(() => log.reports === 1);
    feed.before = () => {
      setImmediate(() => told.emit('told'));
      return true;
    };
    loop.pollNow();
    const asked = feed.asked.length;
    await until(() => feed.asked.length > asked);
    feed.before = () => {};
    await loop.perform(() => world.poller.reset(), true);
    await until(() => log.reports === 2);
    assert.deepEqual(log.failures, []);
  });

  it('is not stopped for a year by a server', async () => {
    feed.headers = { 'retry-after': String(366 * 24 * 3600) };
    const { log } = makeLoop({ longestPause: 2 * hour });
    await until(() => typeof log.next.at(-1) === 'number' && log.reports === 1);
    const wait = (log.next.at(-1) as number) - Date.now();
    assert.ok(wait > hour && wait <= 3 * hour, `${wait / hour} hours`);
  });

  it('does not wait longer when the clock is set back meanwhile', async () => {
    let shift = 0;
    const waits: number[] = [];
    const { loop } = makeLoop({
      clock: {
        now: () => Date.now() + shift,
        after(milliseconds, call) {
          waits.push(milliseconds);
          shift = -365 * 24 * hour;
          told.emit('told');
          return systemClock.after(milliseconds, call);
        },
      },
    });
    await until(() => waits.some((wait) => wait > 0));
    assert.ok(
      waits.every((wait) => wait <= hour * 1.1),
      String(waits),
    );
    await loop.close(new Error('closed'));
  });

  it('of two processes only the holder of the lease polls; the other takes over within the lease and an interval', async () => {
    const ttl = 300;
    const schedule = everyInterval({ interval: 100, phase: 0 });
    const make = (held: PollLease, lease: PollLoopOptions['lease'] = held) =>
      makeLoop({ poller: world.make({ fence: held }), lease, schedule });
    const newLease = () => new PollLease({ store, scope: 'polling/node', ttl, clock: systemClock });
    const held = newLease();
    const grave: { dead?: Promise<boolean>; bury?: (held: boolean) => void } = {};
    const first = make(held, {
      lookAgain: held.lookAgain,
      acquire: () => grave.dead ?? held.acquire(),
      release: () => Promise.resolve(),
    });
    await until(() => first.log.reports >= 2);
    const second = make(newLease());
    await until(() => second.log.next.length >= 3);
    assert.deepEqual([...new Set(second.log.next)], ['elsewhere']);
    assert.equal(second.log.reports, 0);

    // the first is gone without a word: it neither polls nor looks after its lease
    grave.dead = new Promise((resolve) => (grave.bury = resolve));
    held.abandon();
    const { reports } = first.log;
    const gone = performance.now();
    feed.add(1);
    await until(() => second.log.reports >= 1);
    const took = performance.now() - gone;
    // with room for a machine that is busy
    assert.ok(took < ttl + 100 + 1000, `${took} ms`);
    assert.ok(first.log.reports <= reports + 1, 'one poll may have been on its way');
    assert.deepEqual(world.take(), ['1']);
    grave.bury?.(false);
  });
});
