/**
 * A source that misbehaves, a store that fails and a process that crashes, in any order: what fires is what changed. The
 * model is a table of rows and the list of what was written to it; it knows nothing of how a poll works.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newAndUpdated, newRecords, snapshot } from '../../src/polling/changes';
import { Failure } from '../../src/exchange/failure';
import { everything, Feed, fromCursor, inPages, type Row } from './feed';
import { Crash, World, type Fault, type Settings } from './shop';

type Trouble = 'none' | 'error' | 'cut' | 'drift' | 'flapping ETag' | 'no list';

type Step =
  | { do: 'add'; count: number; late: boolean; wrongDate: boolean }
  | { do: 'update'; row: number }
  | { do: 'remove'; row: number }
  | { do: 'poll'; trouble: Trouble }
  | { do: 'fault'; commit: number; fault: Fault }
  | { do: 'crash while it leaves'; after: number }
  | { do: 'restart' };

const small = fc.integer({ min: 0, max: 20 });
const writes: fc.Arbitrary<Step>[] = [
  fc.record({
    do: fc.constant('add' as const),
    count: fc.integer({ min: 1, max: 4 }),
    late: fc.boolean(),
    wrongDate: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  }),
  fc.record({ do: fc.constant('update' as const), row: small }),
];
const removal: fc.Arbitrary<Step> = fc.record({ do: fc.constant('remove' as const), row: small });
const polls: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('poll' as const),
  trouble: fc.constantFrom<Trouble>('none', 'none', 'error', 'cut', 'drift', 'flapping ETag', 'no list'),
});
const failures: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('fault' as const),
  commit: fc.integer({ min: 1, max: 3 }),
  fault: fc.constantFrom<Fault>('fail before', 'fail after'),
});
const crashes: fc.Arbitrary<Step>[] = [
  fc.record({
    do: fc.constant('fault' as const),
    commit: fc.integer({ min: 1, max: 3 }),
    fault: fc.constantFrom<Fault>('crash before', 'crash after'),
  }),
  fc.record({ do: fc.constant('crash while it leaves' as const), after: fc.integer({ min: 0, max: 3 }) }),
  fc.constant({ do: 'restart' as const }),
];

/** `MODEL_RUNS` for a longer search. */
const runs = Number(process.env.MODEL_RUNS ?? 12);

const start = Date.UTC(2026, 10, 5, 10);

/** Goes through the steps on a feed; what was written, and what left. */
class History {
  readonly feed: Feed;
  world!: World;
  #now = 0;
  #next = 0;
  /** The last write of each row, as its version; every version a row ever had. */
  readonly versions = new Map<string, number[]>();
  readonly removed: string[] = [];

  constructor(feed: Feed) {
    this.feed = feed;
  }

  async begin(settings: Settings): Promise<void> {
    this.feed.rows = [];
    this.feed.before = () => {};
    this.feed.headers = { date: new Date(start + 86_400_000).toUTCString() };
    this.world = await World.begin(this.feed, settings);
    this.write({ do: 'add', count: 3, late: false, wrongDate: false });
    await this.world.poll();
    this.versions.clear();
  }

  write(step: Step): void {
    if (step.do === 'add') {
      for (let n = 0; n < step.count; n++) {
        this.#now += 1000 * (this.#next % 2); // every second row ties with the one before
        const at = step.late ? Math.max(0, this.#now - 30_000) : this.#now;
        const row = {
          id: `r${this.#next++}`,
          at: step.wrongDate ? '9999-12-31T00:00:00Z' : new Date(start + at).toISOString(),
          version: 1,
        };
        this.feed.rows.push(row);
        this.#wrote(row);
      }
    } else if (step.do === 'update') {
      const row = this.feed.rows[step.row % Math.max(1, this.feed.rows.length)];
      if (!row) return;
      row.version = Number(row.version) + 1;
      this.#now += 1000;
      row.at = new Date(start + this.#now).toISOString();
      this.feed.rows = [...this.feed.rows.filter((other) => other !== row), row];
      this.#wrote(row);
    } else if (step.do === 'remove') {
      const [row] = this.feed.rows.splice(step.row % Math.max(1, this.feed.rows.length), 1);
      if (row) this.removed.push(String(row.id));
    }
  }

  #wrote({ id, version }: Row): void {
    this.versions.set(String(id), [...(this.versions.get(String(id)) ?? []), Number(version)]);
  }

  async step(step: Step): Promise<void> {
    const { world } = this;
    if (step.do === 'poll') await this.poll(step.trouble);
    else if (step.do === 'fault') world.store.at(step.commit, step.fault);
    else if (step.do === 'crash while it leaves') world.crashAfter = step.after;
    else if (step.do === 'restart') await this.#restart();
    else this.write(step);
  }

  async poll(trouble: Trouble): Promise<void> {
    this.#misbehave(trouble);
    try {
      await this.world.poll();
    } catch (error) {
      if (error instanceof Crash) await this.#restart();
      else assert.ok(error instanceof Failure, String(error));
    } finally {
      this.feed.before = () => {};
      delete this.feed.headers.etag;
    }
  }

  async #restart(): Promise<void> {
    await this.world.restart();
    await this.world.resume();
  }

  #misbehave(trouble: Trouble): void {
    const { feed } = this;
    let requests = 0;
    feed.before = (_request, response) => {
      requests++;
      if (trouble === 'flapping ETag') feed.headers.etag = `"${Math.random()}"`;
      if (trouble === 'drift' && requests === 2) {
        // a row moves to the end while pages are read: those after it slip to a page before
        this.write({ do: 'update', row: 0 });
      }
      if (trouble === 'error' && requests >= 1) {
        response.writeHead(503).end();
        return true;
      }
      if (trouble === 'no list') {
        response.setHeader('content-type', 'application/json');
        response.end('{ "error": "session expired" }');
        return true;
      }
      if (trouble === 'cut') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{ "rows": [');
        response.destroy();
        return true;
      }
      return false;
    };
  }

  /** Polls until nothing more comes, without trouble. */
  async settle(restart: boolean): Promise<void> {
    if (restart) await this.#restart();
    // faults that are still to come
    for (let n = 0; n < 8; n++) await this.poll('none');
    while ((await this.world.poll()).waiting > 0);
  }
}

describe('polling, whatever the source, the store and the process do', function () {
  this.timeout(10_000 * runs);
  let feed: Feed;
  before(async () => (feed = await new Feed().open()));
  after(() => feed.close());

  const cursor = { path: 'at', lookback: 60_000 };
  const variants: [string, Settings, { pageSize?: number; newestFirst?: boolean }][] = [
    ['everything', { source: everything }, {}],
    ['from a cursor', { source: fromCursor, cursor }, {}],
    ['in pages from a cursor', { source: inPages('/feed?since={{cursor}}'), cursor }, { pageSize: 2 }],
    [
      'in pages, the newest first, few at a time',
      { source: inPages(), order: 'reversed', perPoll: 2 },
      { pageSize: 3, newestFirst: true },
    ],
    ['in batches', { source: everything, output: { shape: 'batches', size: 2 } }, {}],
  ];

  const live = async (
    settings: Settings,
    how: { pageSize?: number; newestFirst?: boolean },
    steps: readonly Step[],
    restart: boolean,
    check: (history: History, emitted: Emitted[]) => void,
  ) => {
    feed.pageSize = how.pageSize ?? 0;
    feed.newestFirst = how.newestFirst ?? false;
    const history = new History(feed);
    await history.begin(settings);
    try {
      for (const step of steps) await history.step(step);
      await history.settle(restart);
      const emitted = history.world.emitted.flatMap(({ payload, event, events }) => {
        const records = events ? (payload as Row[]) : [payload as Row];
        return (events ?? [event]).map((one, n) => ({ ...one, key: one.key!, record: records[n] }));
      });
      check(history, emitted);
    } finally {
      await history.world.end();
    }
  };

  interface Emitted {
    id: string;
    key: string;
    attempt: number;
    change?: string;
    record: Row | undefined;
  }

  /** A repeat has the id of what it repeats and a greater attempt; nothing else has. */
  function checkRepeats(emitted: Emitted[], mayRepeat: boolean): void {
    const attempts = new Map<string, number>();
    for (const { id, attempt } of emitted) {
      const before = attempts.get(id);
      if (before !== undefined) {
        assert.ok(mayRepeat, 'it came twice');
        assert.ok(attempt > before, 'a repeat that does not say so');
      }
      attempts.set(id, attempt);
    }
  }

  for (const [name, settings, how] of variants) {
    for (const crashing of [false, true]) {
      const arbitrary = fc.array(fc.oneof(...writes, polls, polls, failures, ...(crashing ? crashes : [])), {
        maxLength: 15,
      });
      const times = crashing ? 'at least once' : 'once';

      it(`each new row fires ${times} (${name})`, async () => {
        await fc.assert(
          fc.asyncProperty(arbitrary, (steps) =>
            live({ ...settings, watch: newRecords }, how, steps, crashing, ({ versions }, emitted) => {
              const created = [...versions].flatMap(([id, all]) => (all[0] === 1 ? [id] : []));
              assert.deepEqual([...new Set(emitted.map(({ key }) => key))].sort(), created.sort());
              checkRepeats(emitted, crashing);
            }),
          ),
          { numRuns: runs },
        );
      });

      it(`each row fires with its last version ${times} (${name})`, async () => {
        await fc.assert(
          fc.asyncProperty(arbitrary, (steps) =>
            live(
              { ...settings, watch: newAndUpdated('version') },
              how,
              steps,
              crashing,
              ({ versions }, emitted) => {
                for (const [id, all] of versions) {
                  const seen = emitted
                    .filter(({ key }) => key === id)
                    .map(({ record }) => Number(record!.version));
                  assert.equal(Math.max(...seen), Math.max(...all), id);
                  assert.ok(
                    seen.every((version) => all.includes(version)),
                    'a version that never was',
                  );
                }
                for (const { key } of emitted) assert.ok(versions.has(key), `${key} did not change`);
                checkRepeats(emitted, crashing);
              },
            ),
          ),
          { numRuns: runs },
        );
      });
    }
  }

  it('a snapshot’s events lead from the table of the first poll to the table of the last', async () => {
    const arbitrary = fc.array(fc.oneof(...writes, removal, polls, polls, failures, ...crashes), {
      maxLength: 20,
    });
    for (const pageSize of [0, 2]) {
      await fc.assert(
        fc.asyncProperty(arbitrary, (steps) =>
          live(
            { source: pageSize > 0 ? inPages() : everything, watch: snapshot('version') },
            { pageSize },
            steps,
            true,
            ({ world }, emitted) => {
              assert.ok(world);
              const table = new Map([
                ['r0', 1],
                ['r1', 1],
                ['r2', 1],
              ]);
              const done = new Set<string>();
              for (const { id, key, change, record } of emitted) {
                if (done.has(id)) continue;
                done.add(id);
                if (change === 'deleted') assert.ok(table.delete(key), `${key} was not there`);
                else {
                  assert.equal(table.has(key), change === 'updated');
                  table.set(key, Number(record!.version));
                }
              }
              const expected = feed.rows.map(({ id, version }) => [String(id), Number(version)]);
              assert.deepEqual([...table].sort(), expected.sort());
            },
          ),
        ),
        { numRuns: 2 * runs },
      );
    }
  });
});
