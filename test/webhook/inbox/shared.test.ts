import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/polling/clock';
import { PollLease } from '../../../src/polling/lease';
import type { Store } from '../../../src/state/store';
import type { Inbox, InboxOptions } from '../../../src/webhook/inbox/inbox';
import { eventOf, Files, inboxOn, isEmpty, Out, scope } from './support';

describe('webhook/inbox of several processes', () => {
  let files: Files;
  const inboxes: Inbox[] = [];
  beforeEach(() => {
    files = new Files();
  });
  afterEach(async () => {
    for (const inbox of inboxes.splice(0)) await inbox.close();
    await files.remove();
  });

  async function open(
    out: Out,
    ttl = 300,
    deliver = (event: Parameters<Out['add']>[0]) => out.add(event),
    options: Partial<InboxOptions> = {},
  ) {
    const store = await files.open();
    const lease = new PollLease({ store: () => Promise.resolve(store), scope, ttl, clock: systemClock });
    const inbox = inboxOn(store, out, { lease, deliver, together: true, ...options });
    inboxes.push(inbox);
    return { store, inbox };
  }

  async function empty(store: Store): Promise<void> {
    for (let n = 0; n < 300 && !(await isEmpty(store)); n++) await delay(10);
    assert(await isEmpty(store));
  }

  it('is delivered by one of them, whoever took the event, and in order', async () => {
    const outs = [new Out(), new Out(), new Out()];
    const opened = await Promise.all(outs.map((out) => open(out)));
    for (const { inbox } of opened) inbox.start();
    const ids = Array.from({ length: 60 }, (_, n) => `e${n}`);
    for (const [n, id] of ids.entries()) await opened[n % 3]!.inbox.accept([eventOf(id)]);
    await outs[0]!.until(() => outs.some((out) => out.handed.length === 60));
    assert.deepEqual(
      outs.map((out) => out.handed.length).sort((a, b) => a - b),
      [0, 0, 60],
    );
    const got = outs.find((out) => out.handed.length > 0)!;
    assert.deepEqual(got.ids, ids);
    assert(got.handed.every(({ attempt }) => attempt === 1));
    await empty(opened[0]!.store);
  });

  it('is taken over when the one that delivered dies', async () => {
    const dying = new Out();
    const first = await open(
      dying,
      300,
      (event) => (dying.add(event), new Promise<void>(() => undefined)) as never,
    );
    first.inbox.start();
    await first.inbox.accept([eventOf('a')]);
    await dying.until(() => dying.handed.length === 1);
    const out = new Out();
    const second = await open(out);
    second.inbox.start();
    await second.inbox.accept([eventOf('b')]);
    // the first says nothing any more: its store is away
    await first.store.close();
    await out.until(() => out.handed.length === 2);
    assert.deepEqual(out.ids, ['a', 'b']);
    assert.equal(out.handed[0]!.attempt, 2);
    await empty(second.store);
  });

  it('is handed on at once when the one that delivered is closed', async () => {
    const outs = [new Out(), new Out()];
    const [first, second] = await Promise.all(outs.map((out) => open(out, 60_000)));
    first!.inbox.start();
    await first!.inbox.accept([eventOf('a')]);
    await outs[0]!.until(() => outs[0]!.handed.length === 1);
    await first!.inbox.close();
    second!.inbox.start();
    await second!.inbox.accept([eventOf('b')]);
    await outs[1]!.until(() => outs[1]!.handed.length === 1);
    assert.deepEqual(outs[1]!.ids, ['b']);
  });

  it('leaves an event with whom its sender waits at, and only for a time', async () => {
    const outs = [new Out(), new Out()];
    const [holder, other] = await Promise.all(outs.map((out) => open(out)));
    holder!.inbox.start();
    await holder!.inbox.accept([eventOf('first')]);
    await outs[0]!.until(() => outs[0]!.handed.length === 1);
    other!.inbox.start();
    await other!.inbox.accept([{ ...eventOf('own'), ownFor: 60_000 }]);
    await outs[1]!.until(() => outs[1]!.handed.length === 1);
    await empty(other!.store);
    // one that is never handed over here is the holder's after that time
    await other!.store.commit([
      {
        kind: 'push',
        scope,
        id: 'left',
        value: { message: eventOf('left').message, attempts: 1 },
        delay: 50,
      },
    ]);
    await outs[0]!.until(() => outs[0]!.ids.includes('left'));
    assert.deepEqual(outs[1]!.ids, ['own']);
  });

  it('has room again in a process that does not deliver, when another has delivered', async () => {
    const outs = [new Out(), new Out()];
    const holder = await open(outs[0]!);
    holder.inbox.start();
    await holder.inbox.accept([eventOf('first')]);
    await outs[0]!.until(() => outs[0]!.handed.length === 1);
    const other = await open(outs[1]!, 300, undefined, { limits: { count: 3, bytes: 1e9 } });
    other.inbox.start();
    for (const id of ['a', 'b', 'c']) await other.inbox.accept([eventOf(id)]);
    await outs[0]!.until(() => outs[0]!.handed.length === 4);
    await outs[0]!.until(() => !other.inbox.isFull(3, 0));
    assert.deepEqual(outs[1]!.ids, []);
  });
});
