import assert from 'node:assert/strict';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection, Request } from '../../src/connection/connection';
import { newAndUpdated } from '../../src/polling/changes';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Crash, Watching, type WatchSettings } from './polling-watch';

interface Note {
  id: number;
  changed: string;
}

describe('polling Directus by "date_updated"', () => {
  const authenticator = bearer('directus-admin-token');
  let directus: Peer;
  let connection: Connection;
  let watching: Watching;
  let collection = '';

  before(async () => {
    directus = await startPeer('directus', '/server/ping');
    connection = connect({ baseUrl: directus.url, authenticator });
  });
  after(async () => {
    await connection?.close();
    await directus?.stop();
  });
  beforeEach(async () => {
    collection = `notes_${process.hrtime.bigint()}`;
    await send('POST', '/collections', {
      collection,
      schema: {},
      meta: {},
      fields: [
        { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
        { field: 'title', type: 'string', schema: {} },
        // what the app's own "date updated" alone would leave empty in a new item
        {
          field: 'changed',
          type: 'timestamp',
          schema: {},
          meta: { special: ['date-created', 'date-updated'] },
        },
        // times that whoever writes says, in whole seconds
        { field: 'said', type: 'dateTime', schema: {} },
      ],
    });
    watching = undefined!;
  });
  afterEach(async () => {
    await watching?.end();
    await send('DELETE', `/collections/${collection}`);
  });

  async function send(method: string, url: string, value?: unknown): Promise<unknown> {
    const request: Request = {
      method,
      url,
      ...(value === undefined
        ? {}
        : { headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }),
    };
    const { statusCode, body } = await connection.send(request);
    assert.ok(statusCode < 300, body.toString());
    return body.length === 0 ? undefined : (JSON.parse(body.toString()) as { data: unknown }).data;
  }
  const items = (): string => `/items/${collection}`;
  const create = (count: number, fields: object = {}) =>
    send(
      'POST',
      items(),
      Array.from({ length: count }, (_, n) => ({ title: `note ${n}`, ...fields })),
    ) as Promise<Note[]>;
  const update = (...keys: number[]) =>
    send('PATCH', items(), { keys, data: { title: `again ${process.hrtime.bigint()}` } }) as Promise<Note[]>;
  const remove = (id: number) => send('DELETE', `${items()}/${id}`);

  const settings = (field = 'changed', limit = 5): WatchSettings => ({
    connection: { baseUrl: directus.url, authenticator },
    url: `${items()}?limit=${limit}&sort=${field},id&filter[${field}][_gte]={{cursor}}`,
    records: 'data',
    cursor: { path: field, initial: '2000-01-01T00:00:00' },
    watch: newAndUpdated(field),
    paging: { kind: 'offset', to: { in: 'query', name: 'offset' }, pageSize: limit },
  });
  const count = (sign: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${sign}${from + n}`);

  for (const lookback of [60_000, 0]) {
    it(`new and updated items over pages and restarts, with a lookback of ${lookback} ms`, async () => {
      await create(12);
      const all = settings();
      watching = await Watching.begin({ ...all, cursor: { ...all.cursor!, lookback } });
      const { found, requests } = await watching.poll();
      assert.deepEqual([found, requests], [12, 3]);
      assert.deepEqual(await watching.changes(), []);

      // in one request: all with one time, and as many as the pages cannot hold
      const created = await create(13);
      assert.deepEqual((await watching.changes()).sort(), count('+', 13, 25).sort());
      const updated = await update(3, 4, 5, 6, 7, 8, 9);
      assert.equal(new Set(updated.map(({ changed }) => changed)).size, 1);
      await watching.restart();
      assert.deepEqual(await watching.changes(), count('~', 3, 9));
      await update(3);
      await create(1);
      await update(25, 1);
      await remove(2);
      assert.deepEqual(await watching.changes(), ['~3', '+26', '~1', '~25']);
      assert.deepEqual(await watching.changes(), []);
      await watching.restart();
      assert.deepEqual(await watching.changes(), []);
      assert.equal(Math.max(...watching.ids.values()), 1);
      assert.equal(created.length, 13);
    });
  }

  it('ties in one second that come late, at the border that was read', async () => {
    const all = settings('said');
    // no lookback: `_gte` alone has to find them, and the ids that are known keep the others silent
    watching = await Watching.begin({ ...all, cursor: { ...all.cursor!, lookback: 0 } });
    await create(3, { said: '2026-05-01T10:00:00' });
    await watching.poll();
    await create(7, { said: '2026-05-01T10:00:00' });
    assert.deepEqual(await watching.changes(), count('+', 4, 10));
    await create(1, { said: '2026-05-01T10:00:00' });
    await create(2, { said: '2026-05-01T10:00:01' });
    await watching.restart();
    assert.deepEqual(await watching.changes(), count('+', 11, 13));
    assert.deepEqual(await watching.changes(), []);
    const { cursor } = await watching.poll();
    assert.equal(cursor, '2026-05-01T10:00:01');
  });

  it('rows that come late, before the cursor, within the lookback', async () => {
    watching = await Watching.begin(settings('said'));
    await create(1, { said: '2026-05-01T10:00:00' });
    await watching.poll();
    await create(1, { said: '2026-05-01T10:05:00' });
    assert.deepEqual(await watching.changes(), ['+2']);
    await create(1, { said: '2026-05-01T10:04:30' });
    await create(1, { said: '2026-05-01T10:03:59' });
    // a minute before, and not more than that
    assert.deepEqual(await watching.changes(), ['+3']);
  });

  describe('pages that drift while they are read', () => {
    /** Five known items of one time, and two new ones behind them: three pages of two, and one of one. */
    async function drifting(lookback?: number): Promise<void> {
      await create(5);
      await update(1, 2, 3, 4, 5);
      const all = settings('changed', 2);
      watching = await Watching.begin({
        ...all,
        cursor: { ...all.cursor!, ...(lookback === undefined ? {} : { lookback }) },
      });
      await watching.poll();
      watching.take();
    }
    const drift = (steps: Record<number, () => Promise<unknown>>) => {
      watching.between = async (answers) => void (await steps[answers]?.());
    };

    it('an item that slipped between two pages is found by the next poll', async () => {
      await drifting(0);
      await create(2);
      // what has been read moves to the end, and all others two places forward
      drift({ 2: () => update(1, 2) });
      const first = await watching.changes();
      assert.ok(first.includes('+7') && !first.includes('+6'), `nothing slipped: ${first.join()}`);
      drift({});
      await watching.restart();
      const second = await watching.changes();
      assert.deepEqual([...first, ...second].sort(), ['+6', '+7', '~1', '~2']);
      assert.deepEqual(await watching.changes(), []);
    });

    it('so is one that slipped twice, within the lookback', async () => {
      await drifting();
      await create(1);
      await create(1);
      drift({ 2: () => update(1, 2) });
      const all = await watching.changes();
      drift({ 1: () => update(3, 4) });
      all.push(...(await watching.changes()));
      assert.ok(all.includes('+7') && !all.includes('+6'), `nothing slipped: ${all.join()}`);
      drift({});
      all.push(...(await watching.changes()), ...(await watching.changes()));
      assert.deepEqual(all.sort(), ['+6', '+7', '~1', '~2', '~3', '~4']);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });

    it('items that are deleted in between', async () => {
      await drifting();
      await create(3);
      drift({ 1: () => remove(1), 2: () => remove(2) });
      const all = await watching.changes();
      drift({});
      all.push(...(await watching.changes()));
      assert.deepEqual(all.sort(), ['+6', '+7', '+8']);
    });
  });

  it('items without a time fire, and it is said that they cannot move the cursor', async () => {
    watching = await Watching.begin({
      ...settings(),
      url: `${items()}?sort=id`,
      cursor: { path: 'said' },
      paging: undefined!,
    });
    await watching.poll();
    await create(2);
    const { cursorless, cursor } = await watching.poll();
    assert.deepEqual(watching.take(), ['+1', '+2']);
    assert.deepEqual([cursorless?.count, cursor], [2, '']);
    assert.match(cursorless!.reason, /"said"/);
  });

  it('everything that is written while it is polled, each once', async () => {
    watching = await Watching.begin(settings('changed', 4));
    await watching.poll();
    let isWriting = true;
    const rounds = 12;
    const write = async () => {
      for (let n = 0; n < rounds; n++) {
        await create(3);
        await update(1 + 3 * n);
      }
    };
    const writing = write().finally(() => (isWriting = false));
    while (isWriting) {
      await watching.poll();
      await watching.restart();
    }
    await writing;
    await watching.poll();
    await watching.poll();
    const last = new Map<number, string>();
    for (const { payload } of watching.emitted) last.set((payload as Note).id, (payload as Note).changed);
    const now = (await send('GET', `${items()}?limit=-1&sort=id`)) as Note[];
    assert.equal(now.length, 3 * rounds);
    assert.deepEqual(
      now.map(({ id }) => last.get(id)),
      now.map(({ changed }) => changed),
    );
    const events = watching.take();
    assert.equal(new Set(events.filter((text) => text.startsWith('+'))).size, now.length);
    assert.equal(events.length, new Set(events).size);
    assert.equal(Math.max(...watching.ids.values()), 1);
  });

  it('after a crash what was leaving comes again, and what was changed meanwhile follows', async () => {
    watching = await Watching.begin(settings());
    await watching.poll();
    await create(4);
    watching.crashAfter = 2;
    await assert.rejects(watching.poll(), Crash);
    watching.take();
    await update(1);
    await watching.restart();
    assert.deepEqual(await watching.changes(), ['+1#2', '+2#2', '+3#2', '+4#2', '~1']);
    assert.deepEqual(await watching.changes(), []);
  });
});
