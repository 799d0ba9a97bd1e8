/** Several Node-RED processes with the same flows on one Redis: one of them polls, whoever is killed or held up. */
import assert from 'node:assert/strict';
import { RedisServer } from '../support/redis';
import type { NodeRed } from './node-red';
import {
  assertNothingLost,
  assertOneAtATime,
  Instances,
  seenAt,
  Shop,
  until,
  type Message,
} from './polling-bench';

/** Seconds. */
const leaseTime = 2;
/** Milliseconds: a third of the lease, which is three quarters of the lease time. */
const lookAgain = 500;
/** Milliseconds. */
const interval = 200;
/** Milliseconds that a busy machine may take for a takeover and a poll. */
const slack = 700;

describe('runtime/polling-trigger in several Node-REDs on one Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let shop: Shop;
  let instances: Instances;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis?.remove());
  beforeEach(async () => {
    shop = await new Shop().open();
    instances = new Instances(shop, redis.url, leaseTime);
  });
  afterEach(async () => {
    await instances.end();
    await shop.close();
    await redis.command('FLUSHALL');
  });

  /** Milliseconds from now until an instance asks; another one than the one that is named, if there is one. */
  async function nextAfter(other?: string): Promise<number> {
    const from = performance.now();
    const next = () => shop.asked.find(({ instance, began }) => began > from && instance !== other);
    await until('a poll', () => next() !== undefined);
    return next()!.began - from;
  }

  const others = (names: string[], one: string) => names.filter((name) => name !== one);

  it('lets each change out of one of three, through a deploy, a stop and a kill', async () => {
    const names = ['a', 'b', 'c'];
    await instances.start(...names);
    await instances.settled();
    shop.grow();
    await until('a hundred orders are seen', () => instances.seen.length >= 100);
    const first = instances.owner;
    for (const name of others(names, first)) {
      const { fill, shape, text } = instances.get(name).statusOf('poll1');
      assert.deepEqual([fill, shape, text], ['grey', 'ring', 'another instance polls']);
      assert.deepEqual(seenAt(instances.get(name)), []);
    }
    assert.deepEqual([...new Set(shop.asked.map(({ instance }) => instance))], [first]);

    await instances.get(first).deploy(instances.flows);
    const afterDeploy = await nextAfter();
    assert.ok(afterDeploy < lookAgain + interval + slack, `${afterDeploy} ms after the deploy`);
    await instances.caughtUp();

    const second = instances.owner;
    await instances.get(second).stop();
    const afterStop = await nextAfter(second);
    assert.ok(afterStop < lookAgain + interval + slack, `${afterStop} ms after the stop`);
    shop.rest();
    await instances.caughtUp();
    assert.equal(assertNothingLost(shop, instances.seen, 0), 0);
    shop.grow();

    const third = instances.owner;
    await instances.get(third).kill();
    const afterKill = await nextAfter(third);
    assert.ok(afterKill < leaseTime * 1000 + interval + slack, `${afterKill} ms after the kill`);
    await instances.caughtUp();
    shop.rest();
    await instances.caughtUp();
    assertNothingLost(shop, instances.seen, 1);
    assertOneAtATime(shop.asked);
    const [last] = names.filter((name) => name !== second && name !== third);
    assert.equal(instances.owner, last);
  });

  it('lets another take over within the lease time and an interval, however short before its owner gave a sign of life', async () => {
    await instances.start('a', 'b');
    await instances.settled();
    // Redis is asked how long the lease lasts until it was just renewed.
    const term = leaseTime * 1000 * 0.75;
    for (let left = 0; left < term - 50;) {
      const [, expires] = String(await redis.command('HGET', 'nrhc:leases', 'polling/poll1')).split(',');
      const [seconds, microseconds] = (await redis.command('TIME')) as [string, string];
      left = Number(expires) - Number(seconds) * 1000 - Number(microseconds) / 1000;
    }
    const first = instances.owner;
    await instances.get(first).kill();
    shop.add(3);
    const afterKill = await nextAfter(first);
    assert.ok(afterKill > term - lookAgain, `${afterKill} ms after the kill the lease was still its`);
    assert.ok(afterKill < leaseTime * 1000 + interval + slack, `${afterKill} ms after the kill`);
    await instances.caughtUp();
    assert.equal(assertNothingLost(shop, instances.seen, 0), 0);
  });

  it('refuses a lease time that cannot be, in a sentence', async () => {
    instances = new Instances(shop, redis.url, 0);
    await instances.start('a');
    await instances.get('a').waitForStatus('poll1', ({ text }) => text === 'CONFIG');
    await instances
      .get('a')
      .waitForLog(/httpConnector\.leaseTime in settings\.js must be a number of at least 1, not "0"/);
  });

  describe('when its owner is paused', () => {
    let [first, second] = ['', ''];
    let paused: NodeRed;
    let other: NodeRed;

    beforeEach(async () => {
      await instances.start('a', 'b');
      await instances.settled();
      [first, second] = instances.owner === 'a' ? ['a', 'b'] : ['b', 'a'];
      [paused, other] = [instances.get(first), instances.get(second)];
    });

    const isElsewhere = ({ text = '' }) => text.endsWith('another instance polls');
    /** Stops the owner while an answer with new orders is on its way to it; the other polls, and has no answer yet. */
    async function pauseWithAnswer(): Promise<void> {
      shop.hold();
      await until('the owner waits for its answer', () => shop.held(first) === 1);
      paused.pause();
      shop.add(3);
      shop.letGo(first);
      await until('the other has taken over', () => shop.held(second) === 1);
    }

    it('does not let it commit with its old token, and takes nothing from it', async () => {
      await pauseWithAnswer();
      paused.proceed();
      const { failure } = (await paused.waitForDebug(({ id }) => id === 'caught1')).value as Message;
      assert.equal(failure!.typeId, 'STATE');
      assert.match(failure!.message, /changed by another writer/);
      assert.deepEqual(seenAt(paused), []);
      await paused.waitForStatus('poll1', isElsewhere);

      shop.serve();
      await until('the other emits the orders', () => seenAt(other).length === 3);
      shop.add(3);
      await instances.caughtUp();
      assert.deepEqual(seenAt(paused), []);
      assert.equal(assertNothingLost(shop, instances.seen, 0), 0);
      assert.equal(instances.owner, second);
    });

    it('shows on it that another polls, and no failure of before', async () => {
      await pauseWithAnswer();
      paused.proceed();
      const { fill, text } = await paused.waitForStatus('poll1', isElsewhere);
      assert.deepEqual([fill, text], ['grey', 'another instance polls']);
    });

    it('lets nothing more out of it in the middle of a batch', async () => {
      const batch = 4000;
      shop.add(batch);
      await paused.until('the batch has begun', () => seenAt(paused).length > 0);
      paused.pause();
      await until('the other emits the batch', () => seenAt(other).length === batch, 20_000);
      const before = seenAt(paused).length;
      assert.ok(before < batch / 2, `${before} of ${batch} had left: it was paused too late`);
      paused.proceed();
      await paused.waitForStatus('poll1', isElsewhere);
      // What it had handed to Node-RED when it was paused comes to the next node: at most what leaves in one go.
      const late = seenAt(paused).length - before;
      assert.ok(late <= 100, `${late} left late`);
      shop.add(1);
      await instances.caughtUp();
      assert.equal(assertNothingLost(shop, instances.seen, 1), before + late);
      const again = seenAt(other).slice(0, batch);
      assert.ok(again.every(({ event }) => event.attempt === 2));
    });
  });
});
