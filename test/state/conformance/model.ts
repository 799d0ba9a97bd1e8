import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Conflict, Known, type Change, type Entry, type Item } from '../../../src/state/store';
import type { Bench } from './bench';
import { PlainStore } from './plain-store';

const texts = ['a', 'b', 'c'];
const text = fc.constantFrom(...texts);
const delay = fc.constantFrom(0, 5, 50);
/** Of a version, a token or an attempt: the right one, one that was right, none that ever was. */
const aim = fc.constantFrom('right', 'right', 'right', 'past', 'never');
type Aim = 'right' | 'past' | 'never';

const change = fc.oneof(
  fc.record({
    kind: fc.constant('put'),
    name: text,
    value: fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    expect: fc.option(aim),
  }),
  fc.record({ kind: fc.constant('delete'), name: text, expect: fc.option(aim) }),
  fc.record({
    kind: fc.constant('add'),
    ids: fc.array(text, { maxLength: 3 }),
    expires: fc.option(delay),
    fresh: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('set'),
    entries: fc.array(fc.tuple(text, fc.constantFrom('', 'v', 'w')), { maxLength: 3 }),
    expires: fc.option(delay),
    listed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('remove'), ids: fc.array(text, { maxLength: 2 }) }),
  fc.record({ kind: fc.constantFrom('forget', 'clear') }),
  fc.record({ kind: fc.constant('push'), id: text, value: fc.string(), delay, count: fc.constantFrom(1, 7) }),
  fc.record({ kind: fc.constant('push'), id: text, value: fc.string(), delay: fc.constant(0) }),
  fc.record({ kind: fc.constant('ack'), id: text, attempt: fc.option(aim) }),
  fc.record({ kind: fc.constant('ack'), id: text }),
  fc.record({ kind: fc.constant('postpone'), id: text, attempt: aim, delay }),
  fc.record({ kind: fc.constant('extend'), id: text, attempt: aim, visibility: delay }),
  fc.record({ kind: fc.constant('guard'), token: aim }),
);
const scope = fc.constantFrom('s', 's', 's', 't');
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.tuple(scope, change), { minLength: 1, maxLength: 4, size: 'max' })
      .map((list) => ({ list })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        consumer: text,
        limit: fc.constantFrom(1, 3),
        visibility: fc.constantFrom(5, 50),
        again: fc.boolean(),
      })
      .chain((claim) => scope.map((of) => ({ claim, of }))),
  },
  { weight: 1, arbitrary: fc.record({ acquire: text, of: scope, ttl: delay }) },
  { weight: 1, arbitrary: fc.record({ renew: aim, of: scope, ttl: delay }) },
  { weight: 1, arbitrary: fc.record({ release: aim, of: scope }) },
  { weight: 1, arbitrary: fc.record({ pass: fc.constantFrom(1, 5, 50) }) },
  { weight: 1, arbitrary: fc.constant({ reopen: true }) },
);

/** Any sequence of calls: the same answers and the same content as a plain model in memory. */
export function model(bench: Bench): void {
  it('does what a plain model does, for any sequence of calls', async function () {
    this.timeout(60_000);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), async (steps) => {
        // Scopes of its own for each run, in the same place.
        const comparison = new Comparison(bench, `${run++}`);
        for (const one of steps) await comparison.make(one);
      }),
      { numRuns: 100 },
    );
  });
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Comparison {
  readonly #bench: Bench;
  readonly #run: string;
  readonly #plain = new PlainStore();
  /** By scope: tokens that were handed out, the last one last. */
  readonly #tokens = new Map<string, number[]>();
  /** Positions are the store's own: only their order is compared. */
  #newest = 0;

  constructor(bench: Bench, run: string) {
    this.#bench = bench;
    this.#run = run;
  }

  async make(one: Step): Promise<void> {
    const { store, time } = this.#bench;
    if ('list' in one) {
      await this.#commit(one.list.map(([of, change]) => this.#aimed(this.#scope(of), change)));
    } else if ('claim' in one) {
      const [mine, theirs] = [
        await store.claim(this.#scope(one.of), one.claim),
        this.#plain.claim(this.#scope(one.of), one.claim, time),
      ];
      assert.deepEqual(mine.map(plainItem), theirs.map(plainItem));
    } else if ('acquire' in one) {
      const of = this.#scope(one.of);
      const lease = await store.acquire(of, one.acquire, one.ttl);
      assert.equal(lease !== undefined, this.#plain.canAcquire(of, one.acquire, time));
      if (lease) {
        assert.ok(lease.token > this.#newest);
        this.#newest = lease.token;
        this.#plain.acquire(of, one.acquire, lease.token, time + one.ttl);
        this.#tokens.set(of, [...(this.#tokens.get(of) ?? []), lease.token]);
      }
    } else if ('renew' in one) {
      const [of, token] = [this.#scope(one.of), this.#token(this.#scope(one.of), one.renew)];
      assert.equal(await store.renew(of, token, one.ttl), this.#plain.renew(of, token, time + one.ttl));
    } else if ('release' in one) {
      const [of, token] = [this.#scope(one.of), this.#token(this.#scope(one.of), one.release)];
      await store.release(of, token);
      this.#plain.release(of, token);
    } else if ('pass' in one) {
      this.#bench.time += one.pass;
    } else {
      await this.#bench.reopen();
    }
    await this.#compareAll();
  }

  async #commit(changes: Change[]): Promise<void> {
    const { store, time } = this.#bench;
    const real = await store.commit(changes).catch((error: unknown) => error);
    let expected: unknown;
    try {
      this.#plain.commit(changes, time, typeof real === 'number' ? real : NaN);
    } catch (error) {
      expected = error;
    }
    if (expected === undefined) {
      assert.ok(typeof real === 'number' && real > this.#newest, `${String(real)}`);
      this.#newest = real;
    } else if (expected instanceof Known) {
      assert.ok(real instanceof Known, `${String(real)} in place of ${(expected as Error).message}`);
      assert.deepEqual([real.scope, real.ids], [expected.scope, expected.ids]);
    } else {
      assert.ok(real instanceof Conflict, `${String(real)} in place of ${(expected as Error).message}`);
      assert.equal(real.message, (expected as Conflict).message);
    }
  }

  async #compareAll(): Promise<void> {
    const { store, time } = this.#bench;
    for (const of of [this.#scope('s'), this.#scope('t')]) {
      const { documents, items, ids } = this.#plain.scope(of);
      for (const name of texts) assert.deepEqual(await store.get(of, name), documents.get(name));
      for (const value of ['', 'v']) {
        const entries = texts.map((id): Entry => [id, value]);
        const { unknown, changed } = await store.compare(of, entries);
        const known = texts.map((id) => this.#plain.value(of, id, time));
        assert.deepEqual(
          [...unknown],
          texts.filter((_, n) => known[n] === undefined),
        );
        assert.deepEqual(
          [...changed],
          texts.filter((_, n) => known[n] !== undefined && known[n] !== value),
        );
      }
      const { entries } = await store.list(of, 100);
      const listed = [...ids].filter(([, { listed, expires }]) => listed && expires > time);
      assert.deepEqual(new Map(entries), new Map(listed.map(([id, { value }]) => [id, value])));
      const queue = [...items.values()].sort((a, b) => a.position - b.position);
      const peeked = await store.peek(of, 100);
      // What a claim gave back is due at once: since when, only the order of the queue tells.
      assert.deepEqual(peeked.map(brief(time)), queue.map(brief(time)));
      const bytes = queue.reduce((sum, { value }) => sum + Buffer.byteLength(JSON.stringify(value)), 0);
      const count = queue.reduce((sum, item) => sum + item.count, 0);
      assert.deepEqual(await store.size(of), { count, bytes });
    }
  }

  #scope(name: string): string {
    return `${name}${this.#run}`;
  }

  #token(of: string, aim: Aim): number {
    const tokens = this.#tokens.get(of) ?? [];
    return (aim === 'right' ? tokens.at(-1) : aim === 'past' ? tokens.at(-2) : undefined) ?? this.#newest + 7;
  }

  /** Fills in the versions, tokens and attempts that a change aims at, and the time of its expiry. */
  #aimed(of: string, change: object): Change {
    const { documents, items } = this.#plain.scope(of);
    const filled: Record<string, unknown> = { ...change, scope: of };
    const number = (aim: Aim, right: number) => (aim === 'right' ? right : aim === 'past' ? right - 1 : 999);
    for (const [key, value] of Object.entries(change)) {
      if (value === null && key !== 'value') delete filled[key];
      else if (key === 'expires') filled.expires = this.#bench.time + (value as number);
      else if (key === 'token') filled.token = this.#token(of, value as Aim);
      else if (key === 'expect')
        filled.expect = number(value as Aim, documents.get(filled.name as string)?.version ?? 0);
      else if (key === 'attempt')
        filled.attempt = number(value as Aim, items.get(filled.id as string)?.attempt ?? 1);
    }
    return filled as unknown as Change;
  }
}

function plainItem({ id, value, attempt, due }: Item) {
  return { id, value, attempt, due };
}

function brief(time: number) {
  return ({ id, value, attempt, due }: Item) => ({ id, value, attempt, due: due <= time ? 'now' : due });
}
