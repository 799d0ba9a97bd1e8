/** What is asked for, what is kept, and what is done about each answer: against a real service and the real store. */
import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import type { SubscriptionPlan } from '../../../src/webhook/subscription/plan';
import { Ledger, subscriptionScope } from '../../../src/webhook/subscription/record';
import { unfenced } from '../../../src/polling/lease';
import type { Manner } from './service';
import { node, planFor, request, signal, World } from './support';

const hour = 3_600_000;

describe('webhook/subscription', () => {
  let world: World;

  const open = async (manner: Manner = 'keys') => (world = await new World().open(manner));
  const ensure = (plan: SubscriptionPlan, secret?: string) =>
    world.subscriber().ensure(world.wanted(plan, secret), signal);
  const live = () => world.service.live.map(({ id, secret }) => `${id} ${secret}`);
  const asked = () => world.service.asked;
  const entries = async () => {
    const found = await world.store.get(subscriptionScope(node), 'subscriptions');
    return (found?.value as { entries: Record<string, unknown>[] } | undefined)?.entries ?? [];
  };
  const code = (expected: string) => (error: unknown) => error instanceof Failure && error.code === expected;

  beforeEach(() => open());
  afterEach(() => world.close());

  it('is asked for once, with the callback and the secret, and its answer says when it ends', async () => {
    const standing = await ensure(planFor('keys'));
    assert.deepEqual(live(), ['hook1 s1']);
    assert.equal(standing.expires, world.time + hour);
    assert.equal(standing.next, world.time + (hour * 2) / 3);
    const { headers } = world.service.server.received[0]!;
    assert.match(String(headers['idempotency-key']), /^[0-9a-f-]{36}$/);
    assert.deepEqual(await ensure(planFor('keys')), standing);
    assert.equal(asked().length, 1);
  });

  it('is kept without a secret: neither the node’s nor what of the answer is not needed', async () => {
    await ensure(planFor('keys'), 'correct horse');
    const kept = JSON.stringify(await entries());
    assert.doesNotMatch(kept, /correct horse|not to be kept/);
    assert.match(kept, /hook1/);
  });

  it('fails without a secret in the error, whatever the service answers and wherever the secret was sent', async () => {
    const subscribe = { ...planFor('keys').subscribe, url: '/hooks?key={{secret}}' };
    const secret = 'correct "horse';
    const isClean = (error: unknown) => {
      assert.doesNotMatch(JSON.stringify([error, String(error)]), /correct|horse/);
      return error instanceof Failure;
    };
    world.service.faults = ['quote'];
    await assert.rejects(ensure({ ...planFor('keys'), subscribe }, secret), isClean);
    world.service.faults = ['drop-after'];
    await assert.rejects(ensure({ ...planFor('keys'), subscribe }, secret), isClean);
    const url = 'http://{{secret}}/hooks';
    await assert.rejects(ensure({ ...planFor('keys'), subscribe: { ...subscribe, url } }, secret), isClean);
  });

  it('is another one with another secret, and the one before is ended first', async () => {
    await ensure(planFor('keys'));
    await ensure(planFor('keys'), 's2');
    assert.deepEqual(live(), ['hook2 s2']);
    assert.deepEqual(asked(), ['POST /hooks', 'DELETE /hooks/hook1', 'POST /hooks']);
  });

  it('is ended as it was made, though the settings are others now', async () => {
    await ensure(planFor('keys'));
    const moved = {
      ...planFor('keys'),
      unsubscribe: request('DELETE', '/elsewhere/{{id}}'),
      idPath: 'nothing',
    };
    await ensure({ ...moved, subscribe: request('POST', '/hooks', '{"url":"x","secret":"y"}') });
    assert.equal(asked()[1], 'DELETE /hooks/hook1');
  });

  it('is ended by a value of the answer that has any name', async () => {
    const plan = {
      ...planFor('keys'),
      unsubscribe: request('DELETE', '/hooks/{{subscription.body["self.id"]}}'),
    };
    await ensure(plan);
    await world.subscriber().end(undefined, signal);
    assert.deepEqual(asked(), ['POST /hooks', 'DELETE /hooks/hook1']);
  });

  it('stays when only its renewal or its end is set up anew', async () => {
    await ensure(planFor('keys'));
    const repaired = { ...planFor('keys'), unsubscribe: request('DELETE', '/hooks/{{id}}?now=1') };
    await ensure(repaired);
    assert.equal(asked().length, 1);
    assert.equal(await world.subscriber().end(undefined, signal), undefined);
    assert.equal(asked()[1], 'DELETE /hooks/hook1?now=1');
  });

  it('is renewed when a third of its time is left, with the date that is asked for', async () => {
    const plan = planFor('keys');
    const renew = request('PATCH', '/hooks/{{id}}', '{"until":{{expires}},"seconds":{{lifetime}}}');
    await ensure({ ...plan, renew });
    world.time += hour / 2;
    await ensure({ ...plan, renew });
    assert.equal(asked().length, 1);
    world.time += hour / 4;
    const { expires } = await ensure({ ...plan, renew });
    assert.equal(expires, world.time + hour);
    const { body } = world.service.server.received[1]!;
    assert.deepEqual(JSON.parse(body.toString()), {
      until: new Date(world.time + hour).toISOString(),
      seconds: 3600,
    });
  });

  it('is made anew when it ran out, or when the service does not know it any more', async () => {
    await ensure(planFor('keys'));
    world.time += 2 * hour;
    await ensure(planFor('keys'));
    assert.deepEqual(live(), ['hook2 s1']);
    world.service.hooks.clear();
    world.time += hour * 0.7;
    await ensure(planFor('keys'));
    assert.deepEqual(live(), ['hook3 s1']);
    assert.equal((await entries()).length, 1);
  });

  it('is renewed by subscribing again, and the one before is ended behind it', async () => {
    const plan = planFor('keys', undefined, 'again');
    await ensure(plan);
    world.time += hour * 0.7;
    await ensure(plan);
    assert.deepEqual(asked(), ['POST /hooks', 'POST /hooks', 'DELETE /hooks/hook1']);
    await world.close();
    await open('callbacks');
    const one = planFor('callbacks', undefined, 'again');
    await ensure(one);
    world.time += hour * 0.7;
    await ensure(one);
    assert.deepEqual(asked(), ['POST /hooks', 'POST /hooks'], 'it is the same one');
    assert.equal(live().length, 1);
  });

  it('is asked for with the same key when the answer was lost, and with another one when it was a no', async () => {
    world.service.faults = ['drop-after', 'fail-after', 'none'];
    await assert.rejects(ensure(planFor('keys')), code('CONNECTION_RESET'));
    await assert.rejects(ensure(planFor('keys')), code('HTTP_500'));
    await ensure(planFor('keys'));
    const keys = world.service.server.received.map(({ headers }) => headers['idempotency-key']);
    assert.equal(new Set(keys).size, 1);
    assert.equal(world.service.hooks.size, 1);
    world.service.faults = ['none', 'refuse'];
    await assert.rejects(ensure(planFor('keys'), 's2'), code('HTTP_403'));
    assert.deepEqual(await entries(), []);
  });

  it('takes the place of what a list has for the callback, whoever made it', async () => {
    await world.close();
    await open('lists');
    const { hooks } = world.service;
    const expires = world.time + hour;
    hooks.set('old1', { id: 'old1', callback: 'https://example.com/hook', secret: '', expires });
    hooks.set('other', { id: 'other', callback: 'https://example.com/hook/other', secret: '', expires });
    await ensure(planFor('lists'));
    assert.deepEqual(live(), ['other ', 'hook1 s1']);
  });

  it('is not ended by a request that lacks its id, which would be another one', async () => {
    const plan = { ...planFor('keys', undefined, 'never'), idPath: 'no.such' };
    await ensure(plan);
    const problem = await world.subscriber().end(undefined, signal);
    assert.match(problem!.message, /the answer to the subscribe request had no id/);
    assert.deepEqual(asked(), ['POST /hooks']);
  });

  it('is told of when it cannot be ended for a week, and forgotten', async () => {
    const lasting = { ...planFor('keys', undefined, 'never'), expiryPath: '' };
    await ensure(lasting);
    world.service.faults = ['refuse', 'refuse'];
    assert.equal((await world.subscriber().end(undefined, signal))!.code, 'HTTP_403');
    world.time += 8 * 24 * hour;
    await world.subscriber().end(undefined, signal);
    assert.match(world.warnings.join(), /https:\/\/example.com\/hook could not be ended, remove it/);
    assert.deepEqual(await entries(), []);
  });

  it('takes no secret where it would be kept', async () => {
    for (const kept of ['list', 'unsubscribe'] as const) {
      for (const secret of ['{{secret}}', '{{["secret"]}}']) {
        const plan = { ...planFor('keys'), [kept]: request('GET', `/hooks?secret=${secret}`) };
        await assert.rejects(ensure(plan), code('CONFIG'));
      }
    }
    assert.deepEqual(asked(), []);
  });

  it('of a node that is no more is ended, and one whose connection is gone is told of', async () => {
    await ensure(planFor('keys'));
    assert.deepEqual(await world.orphans(true), []);
    assert.equal(live().length, 1, 'its node runs');
    const ledger = new Ledger({ store: () => Promise.resolve(world.store), id: 'node2', fence: unfenced });
    await ledger.load();
    const [entry] = await entries();
    await ledger.put({ ...(entry as never as Parameters<Ledger['put']>[0]), connection: 'gone' });
    const left = await world.orphans();
    assert.deepEqual(live(), []);
    assert.deepEqual(left, [{ node: 'node2', reason: 'the connection is missing or disabled' }]);
  });

  it('is undone when another one has taken over meanwhile and knows nothing of it', async () => {
    const slow = world.subscriber();
    world.service.accepts = async () => {
      // removed meanwhile, by another process
      const ledger = new Ledger({ store: () => Promise.resolve(world.store), id: node, fence: unfenced });
      for (const entry of await ledger.load()) await ledger.remove(entry);
      return true;
    };
    await assert.rejects(slow.ensure(world.wanted(planFor('keys')), signal), code('STATE'));
    assert.deepEqual(live(), []);
  });

  it('whose answer could not be written down is not asked for again', async () => {
    const subscriber = world.subscriber();
    const commit = world.store.commit.bind(world.store);
    let commits = 0;
    world.store.commit = (changes) =>
      ++commits === 2 ? Promise.reject(new Failure('STATE', 'the disk is full')) : commit(changes);
    await assert.rejects(subscriber.ensure(world.wanted(planFor('lists')), signal), code('STATE'));
    await subscriber.ensure(world.wanted(planFor('lists')), signal);
    assert.deepEqual(asked().filter((line) => line.startsWith('POST')).length, 1);
    assert.equal(live().length, 1);
  });
});
