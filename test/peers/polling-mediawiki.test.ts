import assert from 'node:assert/strict';
import type { Connection } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Crash, Watching, type WatchSettings } from './polling-watch';

describe('polling MediaWiki', () => {
  let wiki: Peer;
  let connection: Connection;
  let watching: Watching;
  const cookies = new Map<string, string>();
  let csrf = '';

  before(async () => {
    wiki = await startPeer('mediawiki', '/api.php?action=query&format=json');
    connection = connect({ baseUrl: wiki.url });
    await logIn();
  });
  after(async () => {
    await connection?.close();
    await wiki?.stop();
  });
  afterEach(() => watching?.end());

  async function call(form: Record<string, string>): Promise<Record<string, Record<string, unknown>>> {
    const { body, headers } = await connection.send({
      method: 'POST',
      url: '/api.php',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Cookie: [...cookies.values()].join('; '),
      },
      body: Buffer.from(new URLSearchParams({ format: 'json', formatversion: '2', ...form }).toString()),
    });
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.split('=')[0]!, pair);
    }
    return JSON.parse(body.toString()) as Record<string, Record<string, unknown>>;
  }

  async function token(type: string): Promise<string> {
    const { query } = await call({ action: 'query', meta: 'tokens', type });
    return (query!.tokens as Record<string, string>)[`${type}token`]!;
  }

  /** An administrator, for whom there is no limit on edits. */
  async function logIn(): Promise<void> {
    const lgtoken = await token('login');
    const { login } = await call({ action: 'login', lgname: 'Admin', lgpassword: 'admin-pass-123', lgtoken });
    assert.equal(login!.result, 'Success', JSON.stringify(login));
    csrf = await token('csrf');
  }

  async function edit(...titles: string[]): Promise<void> {
    for (const title of titles) {
      const text = `${title} ${process.hrtime.bigint()}`;
      const answer = await call({ action: 'edit', title, text, token: csrf });
      assert.equal(answer.edit?.result, 'Success', JSON.stringify(answer));
    }
  }

  const titles = () =>
    watching.emitted.splice(0).map(({ payload }) => {
      const { title } = payload as { title: string | string[] };
      return [title].flat()[0];
    });
  const changed = async (): Promise<(string | undefined)[]> => {
    await watching.poll();
    return titles();
  };

  describe('recent changes', () => {
    const settings = (limit: number): WatchSettings => ({
      connection: { baseUrl: wiki.url },
      url:
        '/api.php?action=query&format=json&formatversion=2&list=recentchanges&rcprop=title%7Cids%7Ctimestamp' +
        `&rcdir=newer&rclimit=${limit}&rcstart={{cursor}}`,
      records: 'query.recentchanges',
      key: { by: 'properties', paths: ['rcid'] },
      // without a value it would begin at now, and a baseline of nothing
      cursor: { path: 'timestamp', initial: '2000-01-01T00:00:00Z' },
      paging: { kind: 'cursor', from: { path: 'continue' }, to: { in: 'query', name: '' } },
      isFine: ({ body }) => !Object.hasOwn(body as object, 'error'),
    });

    it('each edit once, oldest first, over pages, ties in a second and restarts', async () => {
      watching = await Watching.begin(settings(4));
      const { found, requests, baseline } = await watching.poll();
      assert.ok(found >= 26);
      assert.deepEqual([requests, baseline], [Math.ceil(found / 4), 'first']);
      assert.deepEqual(await changed(), []);

      await edit('A', 'B', 'Page 01');
      assert.deepEqual(await changed(), ['A', 'B', 'Page 01']);
      await edit('Page 02', 'C', 'A', 'D', 'E', 'F');
      await watching.restart();
      assert.deepEqual(await changed(), ['Page 02', 'C', 'A', 'D', 'E', 'F']);
      assert.deepEqual(await changed(), []);
      await watching.restart();
      assert.deepEqual(await changed(), []);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });

    it('edits between and during polls, with a lookback of nothing', async () => {
      const all = settings(5);
      watching = await Watching.begin({ ...all, cursor: { ...all.cursor!, lookback: 0 } });
      await watching.poll();
      const edits = Array.from({ length: 12 }, (_, n) => `Both ${n}`);
      let isEditing = true;
      const editing = edit(...edits).finally(() => (isEditing = false));
      const seen: unknown[] = [];
      while (isEditing) seen.push(...(await changed()));
      await editing;
      seen.push(...(await changed()), ...(await changed()));
      assert.deepEqual(seen, edits);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });

    it('asks from a minute before the last timestamp, as the wiki writes it', async () => {
      watching = await Watching.begin(settings(500));
      const { cursor } = await watching.poll();
      await watching.poll();
      const asked = watching.answers.map(({ url }) => new URL(url).searchParams.get('rcstart'));
      const before = new Date(Date.parse(cursor) - 60_000).toISOString().replace('.000', '');
      assert.deepEqual(asked, ['2000-01-01T00:00:00Z', before]);
    });

    it('after a crash what was leaving comes again', async () => {
      watching = await Watching.begin(settings(2));
      await watching.poll();
      await edit('K', 'L', 'M');
      watching.crashAfter = 1;
      await assert.rejects(watching.poll(), Crash);
      await edit('N');
      await watching.restart();
      const [first] = watching.emitted.splice(0);
      const second = (await watching.poll(), watching.emitted.map(({ event }) => [event.attempt, event.id]));
      assert.deepEqual(titles(), ['K', 'L', 'M', 'N']);
      assert.deepEqual(
        second.map(([attempt]) => attempt),
        [2, 2, 2, 1],
      );
      assert.equal(second[0]![1], first!.event.id);
    });

    it('an error in a 200 is no empty answer', async () => {
      watching = await Watching.begin({
        ...settings(5),
        cursor: { path: 'timestamp', initial: 'yesterday, or so' },
      });
      await assert.rejects(watching.poll(), (error: Failure) => {
        assert.equal(error.code, 'UNSUCCESSFUL');
        assert.match(JSON.stringify(error.response?.body), /rcstart/);
        return true;
      });
    });
  });

  // of a namespace that is empty at first
  const feeds: [string, number, Partial<WatchSettings>, string][] = [
    ['atom', 10, { key: { by: 'properties', paths: ['id[0]'] } }, 'feed.entry'],
    ['rss', 12, { key: { by: 'properties', paths: ['guid[0]._'] } }, 'rss.channel.item'],
  ];
  for (const [format, namespace, settings, records] of feeds) {
    for (const [where, path] of [
      ['found by itself', ''],
      ['named', records],
    ] as const) {
      it(`its ${format} feed, ${where}: without an entry, with one, with several`, async () => {
        const name = (title: string) => `${namespace === 10 ? 'Template' : 'Help'}:${title} ${where}`;
        const hidden = path === '' ? '' : '&hidecategorization=1';
        watching = await Watching.begin({
          connection: { baseUrl: wiki.url },
          url: `/api.php?action=feedrecentchanges&feedformat=${format}&namespace=${namespace}${hidden}`,
          records: path,
          // the feed has the newest first
          order: 'reversed',
          ...settings,
        });
        const first = await watching.poll();
        assert.equal(first.baseline, 'first');
        assert.deepEqual(await changed(), []);
        await edit(name('One'));
        assert.deepEqual(await changed(), [name('One')]);
        await edit(name('Two'), name('Three'));
        await watching.restart();
        assert.deepEqual((await changed()).sort(), [name('Three'), name('Two')]);
        assert.deepEqual(await changed(), []);
        await watching.restart();
        assert.deepEqual(await changed(), []);
      });
    }
    it(`a wrong path in its ${format} feed is an error`, async () => {
      const wrong = records.replace(/\w+$/, 'post');
      watching = await Watching.begin({
        connection: { baseUrl: wiki.url },
        url: `/api.php?action=feedrecentchanges&feedformat=${format}&namespace=6`,
        records: wrong,
        ...settings,
      });
      await assert.rejects(watching.poll(), (error: Failure) => {
        assert.equal(error.code, 'RECORDS_NOT_FOUND');
        return error.message.includes(`there is "${records}"`);
      });
    });
  }
});
