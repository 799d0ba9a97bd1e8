import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Failure } from '../../../src/exchange/failure';
import type { Store } from '../../../src/state/store';
import { eventOf, Files, inboxOn, isEmpty, messageOf, Out, scope } from './support';

const names = (count: number, prefix = 'e') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

async function empty(store: Store, out: Out): Promise<void> {
  let size = 1;
  const look = async () => (size = (await store.size(scope)).count);
  for (let n = 0; n < 200 && (await look()) > 0; n++) await delay(10);
  assert.equal(size, 0, `${size} events are left; ${out.failures.map(String).join()}`);
}

describe('webhook/inbox', () => {
  describe('of items with an event each', () => behaviour(false));
  describe('of items with all that came at once', () => behaviour(true));
});

function behaviour(together: boolean): void {
  const open: typeof inboxOn = (on, to, options) => inboxOn(on, to, { together, ...options });
  let files: Files;
  let store: Store;
  let out: Out;
  beforeEach(async () => {
    files = new Files();
    store = await files.open();
    out = new Out();
  });
  afterEach(() => files.remove());

  it('hands events over in their order, and forgets those that are over', async () => {
    const inbox = open(store, out);
    inbox.start();
    const ids = names(500);
    await Promise.all(ids.map((id) => inbox.accept([eventOf(id)])));
    await out.until(() => out.handed.length === 500);
    assert.deepEqual(out.ids, ids);
    assert(out.handed.every(({ attempt }) => attempt === 1));
    await empty(store, out);
    await inbox.close();
  });

  it('has an event on disk when `accept` resolves, and hands it over in the next process', async () => {
    const inbox = open(store, out);
    await inbox.accept([eventOf('a'), eventOf('b')]);
    // never started, never closed: as if the process had ended here
    const next = new Out();
    const second = open(await files.open(), next);
    second.start();
    await next.until(() => next.handed.length === 2);
    assert.deepEqual(
      next.handed.map(({ id, attempt, message }) => [id, attempt, message.payload]),
      [
        ['a', 1, { id: 'a' }],
        ['b', 1, { id: 'b' }],
      ],
    );
    await second.close();
    assert(await isEmpty(store));
  });

  it('hands over again what a process had handed over when it was killed, with a greater attempt', async () => {
    const first = open(store, out, { concurrency: 2, deliver: (event) => (out.add(event), forever()) });
    first.start();
    for (const id of ['a', 'b', 'c']) await first.accept([eventOf(id)]);
    await out.until(() => out.handed.length === 2);
    const next = new Out();
    const second = open(await files.open(), next, {
      concurrency: 3,
      deliver: (event) => (next.add(event), forever()),
    });
    second.start();
    await next.until(() => next.handed.length === 3);
    assert.deepEqual(next.ids, ['a', 'b', 'c']);
    assert(next.handed.every(({ attempt }) => attempt > 1));
    const attempts = next.handed.map(({ attempt }) => attempt);
    const last = new Out();
    const third = open(await files.open(), last);
    third.start();
    await last.until(() => last.handed.length === 3);
    assert(last.handed.every(({ attempt }, n) => attempt > attempts[n]!));
    for (const inbox of [first, second, third]) await inbox.close();
  });

  it('keeps the order and hands over once, whatever comes from memory and what from the store', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ burst: fc.integer({ min: 1, max: 40 }), wait: fc.integer({ min: 0, max: 3 }) }),
          {
            minLength: 1,
            maxLength: 25,
          },
        ),
        fc.integer({ min: 0, max: 24 }),
        fc.boolean(),
        async (steps, startAt, slow) => {
          const name = `${scope}/${Math.random()}`;
          const got = new Out();
          const inbox = open(store, got, {
            scope: name,
            deliver: slow ? (event) => turn().then(() => got.add(event)) : (event) => got.add(event),
          });
          const accepted: string[] = [];
          const pending: Promise<unknown>[] = [];
          for (const [index, { burst, wait }] of steps.entries()) {
            if (index === startAt) inbox.start();
            for (let n = 0; n < burst; n++) {
              const id = `e${accepted.length}`;
              accepted.push(id);
              // larger than memory now and then
              pending.push(inbox.accept([{ ...eventOf(id), size: n % 7 === 0 ? 6 * 1024 * 1024 : 300 }]));
            }
            for (let n = 0; n < wait; n++) await turn();
          }
          inbox.start();
          await Promise.all(pending);
          await got.until(() => got.handed.length >= accepted.length);
          assert.deepEqual(got.ids, accepted);
          assert(got.handed.every(({ attempt }) => attempt === 1));
          await inbox.close();
          assert(await isEmpty(store, name));
        },
      ),
      { numRuns: 60 },
    );
  }).timeout(60_000);

  it('reads a backlog that is larger than its memory in pages, while more comes in', async () => {
    const ids = names(12_000);
    const before = open(store, new Out());
    await Promise.all(ids.map((id) => before.accept([eventOf(id)])));
    const inbox = open(store, out);
    inbox.start();
    const more = names(300, 'late');
    for (const id of more) {
      await inbox.accept([eventOf(id)]);
      await turn();
    }
    await out.until(() => out.handed.length === ids.length + more.length, 20_000);
    assert.deepEqual(out.ids, [...ids, ...more]);
    await empty(store, out);
    await inbox.close();
  }).timeout(30_000);

  it('is full by count and by bytes, and has room again when events are over', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const inbox = open(store, out, {
      limits: { count: 3, bytes: 1000 },
      deliver: (event) => (out.add(event), held),
    });
    inbox.start();
    assert(!inbox.isFull(3, 1000));
    assert(inbox.isFull(4, 10) && inbox.isFull(1, 1001));
    await inbox.accept([eventOf('a'), eventOf('b')]);
    assert(inbox.isFull(2, 10) && inbox.isFull(1, 500) && !inbox.isFull(1, 400));
    const coming = inbox.accept([eventOf('c')]);
    await turn();
    assert(inbox.isFull(1, 0), 'what is being written counts too');
    await coming;
    release();
    await empty(store, out);
    await out.until(() => !inbox.isFull(3, 1000));
    await inbox.close();
  });

  it('knows after a start how full it is', async () => {
    await open(store, new Out()).accept(names(5).map((id) => eventOf(id)));
    const inbox = open(store, out, { limits: { count: 5, bytes: 1e9 }, deliver: () => forever() });
    inbox.start();
    await out.until(() => inbox.isFull(1, 0));
    await inbox.close();
  });

  it('keeps nothing of a repeat, until its window is over', async () => {
    const inbox = open(store, out);
    inbox.start();
    const once = { id: 'order-1', expires: Date.now() + 60_000 };
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((id) => inbox.accept([eventOf(id)], once))), [
      true,
      false,
      false,
    ]);
    assert(!(await inbox.accept([eventOf('d')], once)));
    const short = { id: 'order-2', expires: Date.now() + 30 };
    assert(await inbox.accept([eventOf('e')], short));
    await delay(40);
    assert(await inbox.accept([eventOf('f')], short));
    await out.until(() => out.handed.length === 3);
    assert.deepEqual(out.ids, ['a', 'e', 'f']);
    await inbox.close();
  });

  it('says so when the store fails, and loses nothing that it had accepted', async () => {
    let broken = false;
    const failing = {
      ...bound(store),
      commit: (changes: never) =>
        broken ? Promise.reject(new Failure('STATE', 'the disk is full')) : store.commit(changes),
    };
    const inbox = open(failing, out);
    inbox.start();
    await inbox.accept([eventOf('a')]);
    broken = true;
    await assert.rejects(inbox.accept([eventOf('b')]), { code: 'STATE' });
    await out.until(() => out.failures.length > 0, 3000);
    broken = false;
    await inbox.accept([eventOf('c')]);
    await out.until(() => out.handed.length === 2);
    assert.deepEqual(out.ids, ['a', 'c']);
    await empty(store, out);
    await inbox.close();
  });

  it('delivers what the store kept although it said that it had failed', async () => {
    let lying = true;
    const uncertain = {
      ...bound(store),
      async commit(changes: never) {
        const version = await store.commit(changes);
        if (lying) throw new Failure('STATE', 'the answer was lost');
        return version;
      },
    };
    const inbox = open(uncertain, out);
    inbox.start();
    await assert.rejects(inbox.accept([eventOf('a')]));
    lying = false;
    await inbox.accept([eventOf('b')]);
    await out.until(() => out.handed.length === 2);
    assert.deepEqual(out.ids, ['a', 'b']);
    await inbox.close();
  });

  it('keeps bytes, and those that are part of others once', async () => {
    const rawBody = Buffer.alloc(9000, 'x');
    const file = rawBody.subarray(1000, 9000);
    const message = {
      ...messageOf('a', [
        { headers: {}, contentType: '', filename: 'f', body: file },
        { headers: {}, contentType: '', body: 'text' },
      ]),
    };
    message.request.rawBody = rawBody;
    const inbox = open(store, out);
    await inbox.accept([{ id: 'a', message, size: 9000 }]);
    await inbox.accept([eventOf('b', Buffer.from([0, 255]))]);
    const { bytes } = await store.size(scope);
    assert(bytes < 14_000, `${bytes} bytes`);
    inbox.start();
    await out.until(() => out.handed.length === 2);
    const [first, second] = out.handed.map((event) => event.message);
    assert.deepEqual(first!.request.rawBody, rawBody);
    const parts = first!.payload as { body: unknown }[];
    assert.deepEqual(
      parts.map(({ body }) => body),
      [file, 'text'],
    );
    assert.deepEqual(second!.payload, Buffer.from([0, 255]));
    await inbox.close();
  });

  it('keeps the bytes of a part that is an event, and of one behind a file on disk', async () => {
    const body = Buffer.from([0, 255, 1]);
    const onDisk = { headers: {}, contentType: '', filename: 'f', file: '/files/f', size: 3 };
    const part = { headers: {}, contentType: 'image/png', body };
    const nested = { headers: {}, contentType: 'multipart/mixed', body: [onDisk, part] };
    const payloads = [part, [onDisk, part], [nested, part], onDisk];
    const inbox = open(store, out);
    for (const [n, payload] of payloads.entries()) await inbox.accept([eventOf(`${n}`, payload)]);
    inbox.start();
    await out.until(() => out.handed.length === payloads.length);
    assert.deepEqual(
      out.handed.map(({ message }) => message.payload),
      payloads,
    );
    await inbox.close();
  });
}

function forever(): Promise<void> {
  return new Promise(() => undefined);
}

/** The store's methods as they are, to be replaced one by one. */
function bound(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    ownKeys: () => methods,
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
}

const methods = [
  'get',
  'unknown',
  'compare',
  'list',
  'commit',
  'claim',
  'peek',
  'size',
  'acquire',
  'renew',
  'release',
  'close',
];
