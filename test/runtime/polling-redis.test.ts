/** Redis goes away under two Node-RED processes, and comes back: they say so, go on by themselves, and lose nothing. */
import assert from 'node:assert/strict';
import { RedisServer } from '../support/redis';
import type { NodeRed } from './node-red';
import {
  assertNothingLost,
  assertOneAtATime,
  caughtAt,
  Instances,
  seenAt,
  Shop,
  until,
} from './polling-bench';

describe('runtime/polling-trigger while Redis is away', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let shop: Shop;
  let instances: Instances;

  beforeEach(async () => {
    redis = await RedisServer.start();
    shop = await new Shop().open();
    instances = new Instances(shop, redis.url, 2);
  });
  afterEach(async () => {
    await instances.end();
    await shop.close();
    await redis.remove();
  });

  /** Its status and its Catch node say that the state is away. */
  async function says(nodeRed: NodeRed): Promise<void> {
    const { fill, shape } = await nodeRed.waitForStatus('poll1', ({ text = '' }) => text.startsWith('STATE'));
    assert.deepEqual([fill, shape], ['red', 'ring']);
    await nodeRed.until('the Catch node is told', () => caughtAt(nodeRed).length > 0);
    for (const { failure } of caughtAt(nodeRed)) {
      assert.deepEqual([failure!.typeId, failure!.retryable], ['STATE', true]);
      assert.match(failure!.message, /the state in Redis at 127\.0\.0\.1:\d+ (could|cannot)/);
    }
  }

  it('goes on where it was after Redis was killed and started again', async () => {
    await instances.start('a', 'b');
    await instances.settled();
    shop.grow();
    await until('fifty orders are seen', () => instances.seen.length >= 50);
    await redis.stop('SIGKILL');
    await Promise.all([says(instances.get('a')), says(instances.get('b'))]);
    const requests = shop.asked.length;
    await redis.start();
    await until('there are polls again', () => shop.asked.length > requests + 2);
    shop.rest();
    await instances.caughtUp();
    await instances.settled();
    // Nobody crashed: what was pending when Redis went is known to who had it, and to the other if that took over.
    assertNothingLost(shop, instances.seen, 1);
    assertOneAtATime(shop.asked);
    for (const name of ['a', 'b']) {
      await instances.get(name).waitForLog(/the connection to Redis at .* is lost/);
      await instances.get(name).waitForLog(/Redis at .* is back/);
    }
  });

  it('begins when Redis comes, without a restart', async () => {
    await redis.stop();
    await instances.start('a');
    const nodeRed = instances.get('a');
    await says(nodeRed);
    assert.equal(shop.asked.length, 0);
    await redis.start();
    await instances.settled();
    shop.add(3);
    await instances.caughtUp();
    assert.deepEqual(
      seenAt(nodeRed).map(({ event }) => event.key),
      ['1', '2', '3'],
    );
    await nodeRed.stop();
  });
});
