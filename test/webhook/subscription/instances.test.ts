/** Several processes on one store: one of them looks after a subscription. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../src/polling/clock';
import { PollLease } from '../../../src/polling/lease';
import { SubscriptionKeeper } from '../../../src/webhook/subscription/keeper';
import { endOrphans } from '../../../src/webhook/subscription/orphans';
import { Ledger, subscriptionScope } from '../../../src/webhook/subscription/record';
import { Subscriber, type Standing } from '../../../src/webhook/subscription/subscriber';
import { node, planFor, signal, World } from './support';

describe('webhook/subscription: of several instances', () => {
  let world: World;
  beforeEach(async () => void (world = await new World().open('keys')));
  afterEach(() => world.close());

  /** A process, and what it says how it stands. */
  function instance() {
    const store = () => Promise.resolve(world.store);
    const lease = new PollLease({ store, scope: subscriptionScope(node), ttl: 600, clock: systemClock });
    let said: (standing: Standing | undefined) => void = () => {};
    const seen: boolean[] = [];
    const keeper = new SubscriptionKeeper({
      subscriber: new Subscriber({
        ...world.options(),
        ledger: new Ledger({ store, id: node, fence: lease }),
      }),
      wanted: world.wanted(planFor('keys')),
      clock: { now: () => world.time, after: systemClock.after.bind(systemClock) },
      random: Math.random,
      lease,
      onStanding: (standing) => {
        seen.push(standing !== undefined);
        said(standing);
      },
      onFailure: (failure) => assert.fail(failure),
    });
    const holds = () => new Promise<void>((resolve) => (said = (standing) => standing && resolve()));
    const says = () => new Promise<void>((resolve) => (said = () => resolve()));
    return { keeper, seen, holds, says };
  }

  it('one subscribes, another takes over when it goes, and asks for nothing', async () => {
    const first = instance();
    const second = instance();
    const begun = first.holds();
    first.keeper.start();
    await begun;
    const looked = second.says();
    second.keeper.start();
    await looked;
    assert.deepEqual([first.seen, second.seen], [[true], [false]]);
    const taken = second.holds();
    await first.keeper.close(false);
    await taken;
    assert.deepEqual(world.service.asked, ['POST /hooks']);
    assert.equal(await second.keeper.close(true), undefined);
    assert.deepEqual(world.service.live, []);
  });

  it('none ends what another looks after, though it does not know the node', async () => {
    const one = instance();
    const begun = one.holds();
    one.keeper.start();
    await begun;
    const orphans = () =>
      endOrphans({ ...world.options(), store: world.store, isRunning: () => false, lease: 600, signal });
    assert.deepEqual(await orphans(), []);
    assert.equal(world.service.live.length, 1);
    // removed here, where it is not looked after
    const other = instance();
    assert.equal(await other.keeper.close(true), undefined);
    assert.equal(world.service.live.length, 1);
    await one.keeper.close(false);
    assert.deepEqual(await orphans(), []);
    assert.deepEqual(world.service.live, []);
  });
});
