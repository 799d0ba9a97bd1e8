/** Rows 3, 13, 19, 20, 21 and 22 of the failure modes: what fires, and in which order. */
import assert from 'node:assert/strict';
import { everyRecord, newAndUpdated, newRecords, snapshot } from '../../../src/polling/changes';
import { Failure } from '../../../src/exchange/failure';
import { everything, Feed, inPages } from '../feed';
import { World, type Settings } from '../shop';

describe('polling failure modes: what fires', () => {
  let feed: Feed;
  let world: World;

  beforeEach(async () => {
    feed = await new Feed().open();
  });

  afterEach(async () => {
    await world.end();
    await feed.close();
  });

  const begin = async (settings: Settings) => {
    world = await World.begin(feed, { source: everything, ...settings });
    await world.poll();
    assert.deepEqual(world.take(), []);
  };
  const polled = async () => {
    await world.poll();
    return world.take(true);
  };

  for (const [what, path] of [
    ['a version field', 'rev'],
    ['the content', undefined],
  ] as const) {
    it(`row 3: an update fires by ${what}, each once, and what did not change does not`, async () => {
      feed.add(1, undefined, { rev: 1 });
      feed.add(2, undefined, { rev: 1 });
      await begin({ watch: newAndUpdated(path) });
      feed.rows[0]!.rev = 2;
      assert.deepEqual(await polled(), ['~1']);
      assert.deepEqual(await polled(), []);
      feed.add(3, undefined, { rev: 1 });
      feed.rows[1]!.rev = 2;
      assert.deepEqual(await polled(), ['~2', '+3']);
      await world.restart();
      assert.deepEqual(await polled(), []);
      feed.rows[2]!.rev = 2;
      assert.deepEqual(await polled(), ['~3']);
    });
  }

  it('row 3: a value that goes there and back fires each time, with other ids', async () => {
    feed.add(1, undefined, { state: 'a' });
    await begin({ watch: newAndUpdated('state') });
    const ids = new Set<string>();
    for (const state of ['b', 'a', 'b', 'a']) {
      feed.rows[0]!.state = state;
      await world.poll();
      for (const { event } of world.emitted) ids.add(event.id);
      assert.deepEqual(world.take(true), ['~1']);
    }
    assert.equal(ids.size, 4);
  });

  it('row 3: new records only, when that is what is wanted', async () => {
    feed.add(1, undefined, { rev: 1 });
    await begin({ watch: newRecords });
    feed.rows[0]!.rev = 2;
    assert.deepEqual(await polled(), []);
  });

  it('row 13: the newest come first in the answer and last in the flow; a row that goes changes nothing', async () => {
    feed.newestFirst = true;
    for (const id of ['x1', 'x2', 'x3']) feed.add(id);
    await begin({ order: 'reversed' });
    for (const id of ['x9', 'x10', 'x4']) feed.add(id);
    feed.rows = feed.rows.filter(({ id }) => id !== 'x3');
    assert.deepEqual(await polled(), ['+x9', '+x10', '+x4']);
    feed.rows = feed.rows.filter(({ id }) => id !== 'x4');
    assert.deepEqual(await polled(), []);
  });

  it('row 13: the cursor’s field tells the order where there is one', async () => {
    await begin({ cursor: { path: 'at' } });
    feed.add('b', '2026-11-02');
    feed.add('a', '2026-11-01');
    assert.deepEqual(await polled(), ['+a', '+b']);
  });

  it('row 19: created, updated and deleted are told apart by comparing with the poll before', async () => {
    feed.add(1, undefined, { v: 1 });
    feed.add(2, undefined, { v: 1 });
    await begin({ watch: snapshot() });
    feed.rows[0]!.v = 2;
    feed.rows = feed.rows.filter(({ id }) => id !== 2);
    feed.add(3);
    await world.poll();
    assert.deepEqual(
      world.emitted.map(({ event, payload }) => [event.change, event.key, payload]),
      [
        ['updated', '1', { id: 1, v: 2 }],
        ['deleted', '2', null],
        ['created', '3', { id: 3 }],
      ],
    );
    world.take();
    assert.deepEqual(await polled(), []);
  });

  it('row 19: over a restart, and a record that comes back is created again with another id', async () => {
    feed.add(1);
    feed.add(2);
    await begin({ watch: snapshot() });
    const ids = new Set<string>();
    for (let round = 1; round <= 3; round++) {
      feed.rows = feed.rows.filter(({ id }) => id !== 2);
      await world.restart();
      await world.poll();
      for (const { event } of world.emitted) ids.add(event.id);
      assert.deepEqual(world.take(true), ['-2']);
      feed.add(2);
      await world.poll();
      for (const { event } of world.emitted) ids.add(event.id);
      assert.deepEqual(world.take(true), ['+2']);
      assert.equal(ids.size, 2 * round);
    }
  });

  it('row 19: an answer that is cut, or has records without a key, deletes nothing', async () => {
    feed.pageSize = 2;
    for (const id of [1, 2, 3]) feed.add(id);
    await begin({ watch: snapshot(), source: inPages() });
    await world.restart({ source: inPages('/feed', 1) });
    assert.deepEqual(await polled(), []);
    await world.restart({ source: inPages() });
    feed.rows[0]!.id = null;
    assert.deepEqual(await polled(), []);
    feed.rows[0]!.id = 1;
    assert.deepEqual(await polled(), []);
  });

  it('row 19: what is missing from drifting pages has to be missing twice', async () => {
    feed.pageSize = 2;
    for (const id of [1, 2, 3, 4]) feed.add(id);
    await begin({ watch: snapshot(), source: inPages() });
    feed.before = ({ url }) => {
      // row 3 moves to the page that was read
      if (url.includes('page=2')) feed.rows = feed.rows.filter(({ id }) => id !== 1);
    };
    assert.deepEqual(await polled(), []);
    feed.before = () => {};
    assert.deepEqual(await polled(), []);
    assert.deepEqual(await polled(), ['-1']);
    assert.deepEqual(await polled(), []);
  });

  it('every record fires at every poll, those that are alike too', async () => {
    feed.add(1);
    feed.add(1);
    world = await World.begin(feed, { source: everything, watch: everyRecord, key: { by: 'content' } });
    const ids = new Set<string>();
    for (let n = 1; n <= 3; n++) {
      assert.equal((await world.poll()).fired, 2);
      for (const { event } of world.emitted) ids.add(event.id);
      assert.ok(world.emitted.every(({ event }) => event.change === undefined));
      assert.equal(ids.size, 2 * n);
    }
  });

  it('row 20: a bad record is reported and holds up no other', async () => {
    await begin({
      accepts: (record) => {
        if ((record as { id: string }).id === 'poison') throw new Error('no such function');
        return true;
      },
    });
    feed.add(null);
    feed.add('poison');
    feed.add('good');
    const { bad, fired } = await world.poll();
    assert.equal(fired, 1);
    assert.deepEqual(bad, { count: 2, reason: '"id" is null' });
    assert.deepEqual(world.take(), ['good']);
    feed.add('better');
    assert.deepEqual(await polled(), ['+better']);
  });

  it('a record that does not meet the condition is known: it fires when it is updated', async () => {
    const accepts = (record: unknown) => (record as { paid: boolean }).paid;
    await begin({ accepts, watch: newAndUpdated() });
    feed.add(1, undefined, { paid: false });
    feed.add(2, undefined, { paid: true });
    assert.deepEqual(await polled(), ['+2']);
    feed.rows[0]!.paid = true;
    assert.deepEqual(await polled(), ['~1']);
  });

  it('row 21: an error in an answer with status 200 is a failure that moves nothing', async () => {
    await begin({ source: { ...everything, accepts: ({ body }) => !(body as { error?: string }).error } });
    feed.add(1);
    feed.before = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{ "error": "token expired", "rows": [] }');
      return true;
    };
    await assert.rejects(world.poll(), (error) => error instanceof Failure && error.code === 'UNSUCCESSFUL');
    feed.before = () => {};
    assert.deepEqual(await polled(), ['+1']);
  });

  it('row 22: a list that is missing is an error, an empty one is not', async () => {
    await begin({});
    assert.equal((await world.poll()).found, 0);
    feed.before = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{ "data": [] }');
      return true;
    };
    await assert.rejects(
      world.poll(),
      (error) => error instanceof Failure && error.code === 'RECORDS_NOT_FOUND',
    );
  });

  it('row 22: the report says since when nothing was found', async () => {
    await begin({});
    assert.equal((await world.poll()).lastFired, undefined);
    feed.add(1);
    const { lastFired } = await world.poll();
    world.time += 3_600_000;
    assert.equal((await world.poll()).lastFired, lastFired);
  });
});
