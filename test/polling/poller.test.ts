import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { newAndUpdated, snapshot } from '../../src/polling/changes';
import { forgetPolls } from '../../src/polling/control';
import { Crash, Shop, World, type Mood, type Settings } from './shop';

const failsWith = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;

describe('Poller', () => {
  let shop: Shop;
  let world: World;

  beforeEach(async () => {
    shop = await new Shop().open();
    world = await World.begin(shop);
  });

  afterEach(async () => {
    await world.end();
    await shop.close();
  });

  /** The first poll is behind us; orders 1 and 2 are known. */
  async function baseline() {
    shop.add(1, 2);
    await world.poll();
    assert.deepEqual(world.take(), []);
  }

  describe('what fires', () => {
    it('takes stock first and emits what is new then, oldest first, each once', async () => {
      shop.add(1, 2);
      const report = {
        unchanged: false,
        waiting: 0,
        bad: undefined,
        cursorless: undefined,
        requests: 1,
        complete: true,
        cursor: '',
      };
      assert.deepEqual(await world.poll(), {
        ...report,
        found: 2,
        fired: 0,
        baseline: 'first',
        lastFired: undefined,
        pause: 0,
      });
      assert.deepEqual(world.take(), []);
      shop.add(3, 4);
      const { lastFired, ...second } = await world.poll();
      assert.deepEqual(second, { ...report, found: 4, fired: 2, baseline: 'none', pause: 0 });
      assert.ok(lastFired! <= world.time && lastFired! >= world.time - 5000);
      assert.deepEqual(world.take(), ['3', '4']);
      assert.equal((await world.poll()).fired, 0);
      assert.deepEqual(world.take(), []);
    });

    it('begins with an empty list too', async () => {
      assert.equal((await world.poll()).baseline, 'first');
      shop.add('a');
      await world.poll();
      assert.deepEqual(world.take(), ['a']);
    });

    it('makes events as the contract says', async () => {
      await baseline();
      shop.add(3, 4);
      await world.poll();
      const [first, second] = world.emitted;
      assert.deepEqual(first!.payload, { id: 3, total: 2 });
      const { id, time, ...event } = first!.event;
      assert.deepEqual(event, { name: 'new order', type: 'poll', attempt: 1, change: 'created', key: '3' });
      assert.match(id, /^[\w-]{22}$/);
      assert.equal(new Date(time).toISOString(), time);
      assert.notEqual(second!.event.id, id);
      assert.deepEqual([first!.batch.index, first!.batch.count, second!.batch.index], [0, 2, 1]);
      assert.equal(first!.batch.id, second!.batch.id);
    });

    it('leaves out bad records and says so, and emits the others', async () => {
      await baseline();
      shop.add(null, 3, null);
      const { bad, fired } = await world.poll();
      assert.equal(fired, 1);
      assert.deepEqual(bad, { count: 2, reason: '"id" is null' });
      assert.deepEqual(world.take(), ['3']);
    });

    it('leaves out a record that is nested too deep to be passed on, be it known or new', async () => {
      const parts: unknown = JSON.parse('['.repeat(3000) + ']'.repeat(3000));
      shop.add('known', 'flat');
      Object.assign(shop.orders[0]!, { parts });
      await baseline();
      shop.add('deep', 3);
      Object.assign(shop.orders.at(-2)!, { parts });
      const { bad, fired } = await world.poll();
      assert.equal(fired, 1);
      assert.match(bad!.reason, /nested deeper than 500 levels/);
      assert.deepEqual(world.take(), ['3']);
    });

    it('lets the others fire also where a record that is nested too deep would have to be read as a whole', async () => {
      const parts: unknown = JSON.parse('['.repeat(3000) + ']'.repeat(3000));
      const rules: Settings[] = [
        { key: { by: 'content' } },
        { watch: newAndUpdated() },
        { watch: newAndUpdated('parts') },
        { watch: snapshot() },
      ];
      for (const [index, settings] of rules.entries()) {
        await world.end();
        shop.orders.length = 0;
        world = await World.begin(shop, settings);
        await baseline();
        shop.add('deep', 3);
        Object.assign(shop.orders.at(-2)!, { parts });
        const { bad, fired } = await world.poll();
        assert.equal(fired, 1, `rule ${index}`);
        assert.match(bad!.reason, /nested deeper than 500 levels/);
        world.take();
        delete (shop.orders.at(-2) as { parts?: unknown }).parts;
        assert.equal((await world.poll()).fired, 1, `rule ${index}: now it can be read`);
        assert.deepEqual((world.emitted[0]!.payload as { id: string }).id, 'deep');
      }
    });

    it('finds what is new among 10,000', async () => {
      shop.add(...Array.from({ length: 10_000 }, (_, n) => n));
      await world.poll();
      shop.add(10_000, 10_001);
      await world.poll();
      assert.deepEqual(world.take(), ['10000', '10001']);
    });

    it('gives the request the time of the last successful poll', async () => {
      await baseline();
      shop.mood = 'error';
      await assert.rejects(world.poll());
      shop.mood = 'fine';
      await world.poll();
      const asked = shop.server.received.map(({ url }) => decodeURIComponent(url.split('since=')[1]!));
      assert.equal(asked[0], '');
      assert.match(asked[1]!, /^2026-11-05T12:00:\d\d\.000Z$/);
      assert.equal(asked[2], asked[1]);
    });
  });

  describe('a poll that fails', () => {
    const cases: [Mood, string][] = [
      ['error', 'HTTP_503'],
      ['cut', 'CONNECTION_RESET'],
      ['rubbish', 'INVALID_BODY'],
      ['no list', 'RECORDS_NOT_FOUND'],
    ];
    for (const [mood, code] of cases) {
      it(`changes nothing (${mood})`, async () => {
        await baseline();
        shop.add(3);
        shop.mood = mood;
        await assert.rejects(world.poll(), failsWith(code));
        assert.deepEqual(world.take(), []);
        shop.mood = 'fine';
        await world.poll();
        assert.deepEqual(world.take(), ['3']);
      });
    }

    it('does not take stock', async () => {
      shop.mood = 'no list';
      await assert.rejects(world.poll(), failsWith('RECORDS_NOT_FOUND'));
      shop.mood = 'fine';
      shop.add(1);
      assert.equal((await world.poll()).baseline, 'first');
    });

    it('changes nothing when it is ended in the middle', async () => {
      await baseline();
      shop.add(3);
      shop.mood = 'hang';
      const closing = new AbortController();
      const poll = world.poll(closing.signal);
      closing.abort(new Failure('ABORTED', 'deployed again'));
      await assert.rejects(poll, failsWith('ABORTED'));
      shop.mood = 'fine';
      await world.poll();
      assert.deepEqual(world.take(), ['3']);
    });
  });

  describe('after a restart', () => {
    it('goes on where it was, and says when the last poll was', async () => {
      await baseline();
      shop.add(3);
      await world.restart();
      const { fired, lastPoll } = await world.resume();
      assert.equal(fired, 0);
      assert.ok(lastPoll! <= world.time && lastPoll! >= world.time - 5000);
      await world.poll();
      assert.deepEqual(world.take(), ['3']);
    });

    it('knows of no poll before the first', async () => {
      assert.deepEqual(await world.resume(), { fired: 0, lastPoll: undefined });
    });

    it('takes stock anew when the settings name other records', async () => {
      await baseline();
      shop.add(3);
      await world.restart({ fingerprint: 'other orders' });
      assert.equal((await world.resume()).lastPoll, undefined);
      assert.equal((await world.poll()).baseline, 'changed');
      shop.add(4);
      await world.poll();
      assert.deepEqual(world.take(), ['4']);
    });

    it('emits what was pending before the settings were changed', async () => {
      await baseline();
      shop.add(3);
      world.crashAfter = 0;
      await assert.rejects(world.poll(), Crash);
      await world.restart({ fingerprint: 'other orders' });
      assert.equal((await world.resume()).fired, 1);
      await world.poll();
      assert.deepEqual(world.take(), ['3#2']);
    });

    it('knows nothing when it was told to forget', async () => {
      await baseline();
      shop.add(3);
      await forgetPolls(world.store, 'node');
      assert.equal((await world.poll()).baseline, 'first');
      assert.deepEqual(world.take(), []);
    });

    it('does not forget what belongs to others', async () => {
      await baseline();
      shop.add(3);
      await forgetPolls(world.store, 'another node');
      await world.poll();
      assert.deepEqual(world.take(), ['3']);
    });
  });

  describe('a crash', () => {
    /** Crashes in the poll that finds orders 3, 4 and 5, starts again, and polls once more with order 6. */
    async function crashing(
      prepare: () => void,
    ): Promise<{ before: string[]; after: string[]; ids: Set<string> }> {
      await baseline();
      shop.add(3, 4, 5);
      prepare();
      await assert.rejects(world.poll(), Crash);
      const ids = new Set(world.emitted.map(({ event }) => event.id));
      const before = world.take();
      await world.restart();
      shop.add(6);
      await world.resume();
      await world.poll();
      for (const { event } of world.emitted) ids.add(event.id);
      return { before, after: world.take(), ids };
    }

    it('before the batch is durable: as if the poll had not been', async () => {
      const { before, after } = await crashing(() => world.store.at(1, 'crash before'));
      assert.deepEqual([before, after], [[], ['3', '4', '5', '6']]);
    });

    it('after the batch is durable, before the first message', async () => {
      const { before, after } = await crashing(() => world.store.at(1, 'crash after'));
      assert.deepEqual([before, after], [[], ['3#2', '4#2', '5#2', '6']]);
    });

    for (const count of [0, 1, 2]) {
      it(`after ${count} of 3 messages: the batch again, with the same ids`, async () => {
        const { before, after, ids } = await crashing(() => (world.crashAfter = count));
        assert.deepEqual(before, ['3', '4', '5'].slice(0, count));
        assert.deepEqual(after, ['3#2', '4#2', '5#2', '6']);
        assert.equal(ids.size, 4);
      });
    }

    it('after the last message, before its end is durable: the batch again', async () => {
      const { before, after, ids } = await crashing(() => world.store.at(2, 'crash before'));
      assert.deepEqual(
        [before, after],
        [
          ['3', '4', '5'],
          ['3#2', '4#2', '5#2', '6'],
        ],
      );
      assert.equal(ids.size, 4);
    });

    it('after the end is durable: nothing again', async () => {
      const { before, after } = await crashing(() => world.store.at(2, 'crash after'));
      assert.deepEqual([before, after], [['3', '4', '5'], ['6']]);
    });

    it('once more while the batch is emitted again: attempt 3', async () => {
      await baseline();
      shop.add(3, 4);
      world.crashAfter = 1;
      await assert.rejects(world.poll(), Crash);
      await world.restart();
      world.crashAfter = 1;
      await assert.rejects(world.resume(), Crash);
      const ids = new Set(world.emitted.map(({ batch }) => batch.id));
      assert.equal(ids.size, 2, 'each attempt is a batch of its own for join');
      await world.restart();
      await world.resume();
      assert.deepEqual(world.take(), ['3', '3#2', '3#3', '4#3']);
    });

    it('by kill -9 in mid emission loses nothing, and repeats the batch that was pending', async function () {
      this.timeout(30_000);
      await baseline();
      const expected = Array.from({ length: 1000 }, (_, n) => `${n + 10}`);
      shop.add(...expected.map(Number));

      const first = await run((lines) => lines.length >= 250);
      assert.ok(first.length >= 250 && first.length < 1000);
      assert.ok(first.every(({ attempt }) => attempt === 1));

      shop.add(5000);
      const second = await run((lines) => lines.some(({ key }) => key === '5000'));
      const again = second.filter(({ attempt }) => attempt === 2);
      assert.deepEqual(
        again.map(({ key }) => key),
        expected,
      );
      assert.deepEqual(
        again.slice(0, first.length).map(({ id }) => id),
        first.map(({ id }) => id),
      );
      assert.deepEqual(
        second.filter(({ attempt }) => attempt === 1).map(({ key }) => key),
        ['5000'],
      );

      async function run(enough: (lines: { key: string; id: string; attempt: number }[]) => boolean) {
        const script = join(__dirname, 'poll-process.ts');
        const child = spawn(process.execPath, ['--require', 'tsx', script, world.file, shop.server.url]);
        let [output, errors] = ['', ''];
        child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
        const lines = () =>
          output
            .slice(0, output.lastIndexOf('\n') + 1)
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as { key: string; id: string; attempt: number });
        const closed = once(child, 'close');
        await new Promise<void>((resolve, reject) => {
          child.stdout.on('data', (chunk: Buffer) => {
            output += chunk.toString();
            if (enough(lines())) resolve();
          });
          child.once('exit', () => reject(new Error(`it ended by itself: ${errors}`)));
          child.once('exit', () => resolve());
        });
        child.kill('SIGKILL');
        await closed;
        return lines();
      }
    });
  });

  describe('a store that fails', () => {
    it('before the batch is durable: nothing leaves, and the next poll has it', async () => {
      await baseline();
      shop.add(3);
      world.store.at(1, 'fail before');
      await assert.rejects(world.poll(), failsWith('STATE'));
      assert.deepEqual(world.take(), []);
      await world.poll();
      assert.deepEqual(world.take(), ['3']);
    });

    it('and yet has stored the batch: it leaves once', async () => {
      await baseline();
      shop.add(3);
      world.store.at(1, 'fail after');
      await assert.rejects(world.poll(), failsWith('STATE'));
      assert.deepEqual(world.take(), []);
      assert.equal((await world.poll()).fired, 1);
      await world.poll();
      assert.deepEqual(world.take(), ['3#2']);
    });

    it('at the end of the batch: what has left does not leave again', async () => {
      await baseline();
      shop.add(3);
      world.store.at(2, 'fail before');
      world.store.at(3, 'fail before');
      await assert.rejects(world.poll(), failsWith('STATE'));
      await assert.rejects(world.poll(), failsWith('STATE'));
      shop.add(4);
      await world.poll();
      assert.deepEqual(world.take(), ['3', '4']);
    });

    it('refuses a poll that another writer has overtaken, and is right again at the next', async () => {
      await baseline();
      shop.add(3);
      const commit = world.store.commit.bind(world.store);
      world.store.commit = async (changes) => {
        world.store.commit = commit;
        await commit([
          {
            kind: 'put',
            scope: 'polling/node',
            name: 'known',
            value: (await world.store.get('polling/node', 'known'))!.value,
          },
        ]);
        return commit(changes);
      };
      await assert.rejects(world.poll(), failsWith('STATE'));
      assert.deepEqual(world.take(), []);
      await world.poll();
      assert.deepEqual(world.take(), ['3']);
    });
  });

  it('uses two commits for a poll with something new, and at most one a minute for polls without', async () => {
    await baseline();
    const count = async () => {
      const before = world.store.commits;
      await world.poll();
      return world.store.commits - before;
    };
    assert.equal(await count(), 0);
    world.time += 60_000;
    assert.equal(await count(), 1);
    assert.equal(await count(), 0);
    shop.add(3, 4);
    assert.equal(await count(), 2);
  });

  it('leaves nothing behind in the store but the known ids', async () => {
    await baseline();
    shop.add(3);
    await world.poll();
    assert.equal(await world.store.get('polling/node', 'out'), undefined);
    await forgetPolls(world.store, 'node');
    assert.equal(await world.store.get('polling/node', 'known'), undefined);
    assert.deepEqual([...(await world.store.unknown('polling/node', ['1', '3']))], ['1', '3']);
  });
});

describe('Poller, whatever happens', function () {
  this.timeout(60_000);

  type Step =
    | { do: 'add'; count: number }
    | { do: 'poll'; mood: Mood }
    | { do: 'fault'; commit: number; fault: 'fail before' | 'fail after' }
    | { do: 'crash'; commit: number; when: 'crash before' | 'crash after' }
    | { do: 'crash in emission'; after: number }
    | { do: 'restart' };

  const calm: fc.Arbitrary<Step>[] = [
    fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      do: fc.constant('poll' as const),
      mood: fc.constantFrom<Mood>('fine', 'fine', 'fine', 'error', 'cut', 'no list'),
    }),
    fc.record({
      do: fc.constant('fault' as const),
      commit: fc.integer({ min: 1, max: 3 }),
      fault: fc.constantFrom('fail before' as const, 'fail after' as const),
    }),
    fc.constant({ do: 'restart' as const }),
  ];
  const crashes: fc.Arbitrary<Step>[] = [
    fc.record({
      do: fc.constant('crash' as const),
      commit: fc.integer({ min: 1, max: 3 }),
      when: fc.constantFrom('crash before' as const, 'crash after' as const),
    }),
    fc.record({ do: fc.constant('crash in emission' as const), after: fc.integer({ min: 0, max: 4 }) }),
  ];

  let shop: Shop;
  before(async () => (shop = await new Shop().open()));
  after(() => shop.close());

  /** Goes through the steps, then makes everything well, and returns what was added and what was emitted. */
  async function live(steps: readonly Step[]) {
    shop.orders.length = 0;
    shop.mood = 'fine';
    let next = 0;
    const world = await World.begin(shop);
    try {
      shop.add(...Array.from({ length: 3 }, () => next++));
      await world.poll();
      const first = next;
      for (const step of steps) {
        if (step.do === 'add') shop.add(...Array.from({ length: step.count }, () => next++));
        else if (step.do === 'fault') world.store.at(step.commit, step.fault);
        else if (step.do === 'crash') world.store.at(step.commit, step.when);
        else if (step.do === 'crash in emission') world.crashAfter = step.after;
        else if (step.do === 'restart') await restart(world);
        else await attempt(world, step.mood);
      }
      await restart(world);
      await world.poll();
      const added = Array.from({ length: next - first }, (_, n) => `${first + n}`);
      return { added, emitted: world.emitted.map(({ event }) => ({ ...event, key: event.key! })) };
    } finally {
      await world.end();
    }
  }

  async function attempt(world: World, mood: Mood) {
    shop.mood = mood;
    try {
      await world.poll();
    } catch (error) {
      if (error instanceof Crash) await restart(world);
      else assert.ok(error instanceof Failure, String(error));
    } finally {
      shop.mood = 'fine';
    }
  }

  /** A restart without a crash: what was going on has ended by itself. */
  async function restart(world: World) {
    await world.restart();
    await world.resume();
  }

  it('emits what was added, each once, as long as nothing crashes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...calm), { maxLength: 20 }), async (steps) => {
        // A restart while the end of a batch could not be stored is a crash in effect: poll until it is.
        const quiet = steps.filter(({ do: what }) => what !== 'restart');
        const { added, emitted } = await live([
          ...quiet,
          ...Array.from({ length: 3 }, () => ({ do: 'poll' as const, mood: 'fine' as const })),
        ]);
        assert.deepEqual(
          emitted.map(({ key }) => key),
          added,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('emits what was added, each at least once, and repeats with the same id and a greater attempt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...calm, ...crashes), { maxLength: 20 }), async (steps) => {
        const { added, emitted } = await live(steps);
        assert.deepEqual([...new Set(emitted.map(({ key }) => key))], added);
        const ids = new Map<string, string>();
        const attempts = new Map<string, number>();
        for (const { key, id, attempt } of emitted) {
          assert.equal(ids.get(key) ?? id, id);
          assert.ok(attempt > (attempts.get(key) ?? 0));
          ids.set(key, id);
          attempts.set(key, attempt);
        }
      }),
      { numRuns: 100 },
    );
  });
});
