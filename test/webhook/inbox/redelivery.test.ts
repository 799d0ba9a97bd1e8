import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../../src/state/store';
import { DeadLetters } from '../../../src/webhook/inbox/dead-letters';
import type { Handing } from '../../../src/webhook/inbox/dispatcher';
import { deadScope, forgetInbox } from '../../../src/webhook/inbox/queue';
import { type EventInbox } from '../../../src/webhook/inbox/event-inbox';
import { MemoryInbox } from '../../../src/webhook/inbox/memory-inbox';
import { redeliveryDelay } from '../../../src/webhook/inbox/redelivery';
import { eventOf, Files, inboxOn, isEmpty, Out, scope } from './support';

describe('webhook/inbox redelivery', () => {
  let files: Files;
  let store: Store;
  let out: Out;
  beforeEach(async () => {
    files = new Files();
    store = await files.open();
    out = new Out();
  });
  afterEach(() => files.remove());

  it('waits twice as long each time, up to a longest, and ends', () => {
    const policy = { attempts: 6, delay: 100, maxDelay: 500 };
    const waits = [1, 2, 3, 4, 5, 6, 7].map((attempt) => redeliveryDelay(policy, attempt));
    assert.deepEqual(waits, [100, 200, 400, 500, 500, undefined, undefined]);
    assert.equal(redeliveryDelay({ ...policy, attempts: 1e9, delay: 1 }, 1e6), 500);
  });

  const kinds: Record<string, (fail: (event: Handing) => boolean, attempts: number) => EventInbox> = {
    durable: (fail, attempts) =>
      inboxOn(store, out, {
        redelivery: { attempts, delay: 10, maxDelay: 40 },
        deliver: (event) => handle(event, fail),
      }),
    'in memory': (fail, attempts) =>
      new MemoryInbox({
        scope,
        isAlone: true,
        store: () => Promise.resolve(store),
        limits: { count: 1000, bytes: 1e9 },
        concurrency: 1,
        redelivery: { attempts, delay: 10, maxDelay: 40 },
        deliver: (event) => handle(event, fail),
        onDead: ({ id }) => out.dead.push(id),
        onFailure: (error) => out.failures.push(error),
      }),
  };

  async function handle(event: Handing, fail: (event: Handing) => boolean): Promise<void> {
    await delay(0);
    out.add(event);
    if (fail(event)) throw new Error(`no, not ${event.id}`);
  }

  for (const [kind, open] of Object.entries(kinds)) {
    describe(kind, () => {
      it('hands a failed event over again, behind others, with a rising attempt', async () => {
        const inbox = open(({ id, attempt }) => id === 'a' && attempt < 4, 5);
        inbox.start();
        for (const id of ['a', 'b', 'c']) await inbox.accept([eventOf(id)]);
        await out.until(() => out.handed.length === 6);
        assert.deepEqual(out.ids.slice(0, 3), ['a', 'b', 'c']);
        const again = out.handed.filter(({ id }) => id === 'a').map(({ attempt }) => attempt);
        assert.deepEqual(again, [1, 2, 3, 4]);
        await inbox.close();
        assert(await isEmpty(store));
        assert.deepEqual(out.dead, []);
      });

      it('keeps what fails for good as a dead letter, shows it, replays it and deletes it', async () => {
        let failing = true;
        const inbox = open(() => failing, 2);
        inbox.start();
        for (const id of ['a', 'b', 'c', 'd']) await inbox.accept([eventOf(id)]);
        const letters = new DeadLetters(store, scope);
        await out.until(() => out.dead.length === 4);
        for (let n = 0; n < 100 && (await letters.count()) < 4; n++) await delay(5);
        assert.equal(await letters.count(), 4);
        assert(await isEmpty(store));
        const [first, ...others] = await letters.list(0, 2);
        assert.equal(others.length, 1);
        assert.deepEqual([first!.attempts, first!.name], [2, 'test']);
        assert.match(first!.reason, /no, not/);
        const rest = await letters.list(others[0]!.position);
        assert.equal(rest.length, 2);
        assert.deepEqual((await letters.show('c'))!.message.payload, { id: 'c' });
        assert.equal(await letters.show('x'), undefined);
        await letters.delete('d');
        failing = false;
        out.handed.length = 0;
        assert(await letters.replay('b'));
        assert(!(await letters.replay('b')));
        inbox.look();
        await out.until(() => out.handed.length === 1);
        assert.equal(await letters.replayAll(), 2);
        inbox.look();
        await out.until(() => out.handed.length === 3);
        assert.deepEqual(out.ids.sort(), ['a', 'b', 'c']);
        assert(out.handed.every(({ attempt }) => attempt > 2));
        assert.equal(await letters.count(), 0);
        await inbox.close();
      });

      it('counts the attempts of a replayed event from the replay on', async () => {
        const inbox = open(() => true, 2);
        inbox.start();
        await inbox.accept([eventOf('a')]);
        const letters = new DeadLetters(store, scope);
        await out.until(() => out.dead.length === 1);
        for (let n = 0; n < 100 && (await letters.count()) < 1; n++) await delay(5);
        await letters.replay('a');
        inbox.look();
        await out.until(() => out.dead.length === 2);
        assert.equal(out.handed.length, 4);
        await inbox.close();
      });
    });
  }

  it('goes on after a restart where it was', async () => {
    const first = inboxOn(store, out, {
      redelivery: { attempts: 3, delay: 30, maxDelay: 30 },
      deliver: (event) => handle(event, () => true),
    });
    first.start();
    await first.accept([eventOf('a')]);
    await out.until(() => out.handed.length === 1);
    await delay(10);
    await first.close();
    const next = new Out();
    const second = inboxOn(store, next, {
      redelivery: { attempts: 3, delay: 10, maxDelay: 10 },
      deliver: (event) => (next.add(event), Promise.reject(new Error('no'))),
    });
    second.start();
    await next.until(() => next.dead.length === 1);
    assert.deepEqual(
      next.handed.map(({ attempt }) => attempt),
      [2, 3],
    );
    await second.close();
  });

  it('leaves nothing of an inbox that is removed', async () => {
    const inbox = inboxOn(store, out);
    await inbox.accept([eventOf('a')], { id: 'a', expires: Date.now() + 60_000 });
    await store.commit([{ kind: 'push', scope: deadScope(scope), id: 'x', value: 1 }]);
    await inbox.close();
    await forgetInbox(store, scope);
    assert((await isEmpty(store)) && (await isEmpty(store, deadScope(scope))));
    assert.deepEqual([...(await store.unknown(scope, ['a']))], ['a']);
  });
});
