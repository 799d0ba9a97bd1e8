import assert from 'node:assert/strict';
import { fields } from '../../src/connection/auth/fields';
import type { Connection } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { newAndUpdated, snapshot } from '../../src/polling/changes';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Crash, untilOk, Watching, type WatchSettings } from './polling-watch';

interface Post {
  id: string;
  title: string;
  updated_at: string;
}

describe('polling Ghost', function () {
  this.timeout(600_000);
  const password = 'Blue-Tapir-7731-Lamp';
  const email = 'owner@example.com';
  let ghost: Peer;
  let connection: Connection;
  let watching: Watching;
  let cookie = '';
  let contentKey = '';
  const posts = new Map<string, Post>();

  before(async () => {
    ghost = await startPeer('ghost', '/ghost/api/admin/site/');
    await untilOk(`${ghost.url}/ghost/api/admin/site/`);
    connection = connect({ baseUrl: ghost.url });
    const owner = { name: 'Owner', email, password, blogTitle: 'Blog' };
    await admin('POST', 'authentication/setup/', { setup: [owner] });
    const login = await admin('POST', 'session/', { username: email, password });
    cookie = String([login.headers['set-cookie']].flat()[0]).split(';')[0]!;
    const { integrations } = (await admin('POST', 'integrations/?include=api_keys', {
      integrations: [{ name: 'poller' }],
    }).then(({ body }) => JSON.parse(body.toString()))) as {
      integrations: { api_keys: { type: string; secret: string }[] }[];
    };
    contentKey = integrations[0]!.api_keys.find(({ type }) => type === 'content')!.secret;
  });
  after(async () => {
    await connection?.close();
    await ghost?.stop();
  });
  beforeEach(async () => {
    // also the one that it brings
    const all = await admin('GET', 'posts/?limit=all&fields=id');
    for (const { id } of (JSON.parse(all.body.toString()) as { posts: Post[] }).posts) {
      await admin('DELETE', `posts/${id}/`);
    }
    posts.clear();
  });
  afterEach(() => watching?.end());

  async function admin(method: string, url: string, value?: unknown) {
    const headers = { 'Content-Type': 'application/json', Origin: ghost.url, Cookie: cookie };
    const body = value === undefined ? {} : { body: Buffer.from(JSON.stringify(value)) };
    const answer = await connection.send({ method, url: `/ghost/api/admin/${url}`, headers, ...body });
    assert.ok(answer.statusCode < 300, answer.body.toString());
    return answer;
  }
  async function save(method: string, url: string, value: object): Promise<void> {
    const { body } = await admin(method, url, { posts: [value] });
    const [post] = (JSON.parse(body.toString()) as { posts: Post[] }).posts;
    posts.set(post!.title, post!);
  }
  async function publish(...titles: string[]): Promise<void> {
    for (const title of titles) await save('POST', 'posts/', { title, status: 'published' });
  }
  async function change(title: string, value: object): Promise<void> {
    const { id, updated_at } = posts.get(title)!;
    await save('PUT', `posts/${id}/`, { ...value, updated_at });
  }
  const edit = async (title: string) => change(title, { custom_excerpt: `${process.hrtime.bigint()}` });
  const unpublish = async (title: string) => change(title, { status: 'draft' });

  /** The titles of what leaves, with the sign of the change. */
  async function changes(): Promise<string[]> {
    await watching.poll();
    const signs = { created: '+', updated: '~', deleted: '-' };
    return watching.emitted.splice(0).map(({ payload, event }) => {
      const title = [(payload as { title: string | string[] } | null)?.title].flat()[0];
      return `${signs[event.change!]}${title ?? idOf(event.key!)}`;
    });
  }
  const idOf = (key: string) => [...posts.values()].find(({ id }) => id === key)?.title;

  describe('its RSS feed', () => {
    const feed = (settings: Partial<WatchSettings> = {}) =>
      Watching.begin({
        connection: { baseUrl: ghost.url },
        url: '/rss/',
        key: { by: 'properties', paths: ['guid[0]._'] },
        // newest first
        order: 'reversed',
        ...settings,
      }).then((begun) => (watching = begun));

    it('without an item, with one, with several: each post once', async () => {
      await feed();
      const { found, baseline } = await watching.poll();
      assert.deepEqual([found, baseline], [0, 'first']);
      await publish('One');
      assert.deepEqual(await changes(), ['+One']);
      assert.deepEqual(await changes(), []);
      await publish('Two', 'Three');
      await watching.restart();
      assert.deepEqual((await changes()).sort(), ['+Three', '+Two']);
      await watching.restart();
      assert.deepEqual(await changes(), []);
      await unpublish('Two');
      await edit('One');
      assert.deepEqual(await changes(), []);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });

    it('the same as a snapshot of all its items: edits and what is taken back', async () => {
      await publish('One', 'Two');
      await feed({ watch: snapshot(), records: 'rss.channel.item' });
      assert.deepEqual(await changes(), []);
      // its date is another one now
      for (const from = Date.now(); Date.now() - from < 1100;) assert.deepEqual(await changes(), []);
      await edit('One');
      assert.deepEqual(await changes(), ['~One']);
      await publish('Three');
      await unpublish('Two');
      await watching.restart();
      assert.deepEqual((await changes()).sort(), ['+Three', '-Two']);
      await unpublish('One');
      assert.deepEqual(await changes(), ['-One']);
      // the last one gone: an empty feed is an answer too
      await unpublish('Three');
      assert.deepEqual(await changes(), ['-Three']);
      await watching.restart();
      assert.deepEqual(await changes(), []);
    });

    it('dates as RSS writes them are a cursor, and put the items in order', async () => {
      await feed({ order: 'oldest first', cursor: { path: 'pubDate[0]' } });
      await watching.poll();
      await publish('Early');
      await change('Early', { published_at: '2026-05-01T10:00:00.000Z' });
      await publish('Late');
      await change('Late', { published_at: '2026-05-03T10:00:00.000Z' });
      await publish('Middle');
      await change('Middle', { published_at: '2026-05-02T10:00:00.000Z' });
      const { cursor } = await watching.poll();
      assert.equal(cursor, 'Sun, 03 May 2026 10:00:00 GMT');
      assert.deepEqual(
        watching.emitted.map(({ payload }) => (payload as { title: string[] }).title[0]),
        ['Early', 'Middle', 'Late'],
      );
    });

    it('a wrong path is an error, also while it is empty', async () => {
      await feed({ records: 'rss.channel.entry' });
      const isWrong = (error: Failure) => /there is "rss\.channel\.item"/.test(error.message);
      await assert.rejects(watching.poll(), isWrong);
      await publish('One');
      await assert.rejects(watching.poll(), isWrong);
    });
  });

  describe('its content, by "updated_at" and in pages', () => {
    const content = (settings: Partial<WatchSettings> = {}) => {
      const filter = "updated_at:>='{{cursor}}'";
      const wanted = 'id,title,updated_at';
      return Watching.begin({
        connection: {
          baseUrl: ghost.url,
          authenticator: fields([{ in: 'query', name: 'key', value: contentKey }]),
        },
        url: `/ghost/api/content/posts/?limit=2&fields=${wanted}&order=updated_at%20asc,id%20asc&filter=${filter}`,
        records: 'posts',
        watch: newAndUpdated('updated_at'),
        // an empty filter is refused
        cursor: { path: 'updated_at', initial: '2000-01-01 00:00:00' },
        paging: {
          kind: 'cursor',
          from: { path: 'meta.pagination.next' },
          to: { in: 'query', name: 'page' },
        },
        ...settings,
      }).then((begun) => (watching = begun));
    };
    /** Its times are whole seconds: two edits in one are one. */
    const nextSecond = async () => {
      for (const second = Math.floor(Date.now() / 1000); Math.floor(Date.now() / 1000) === second;) {
        await new Promise(setImmediate);
      }
    };

    it('posts that are published and edited, ties in a second, over restarts', async () => {
      await publish('A', 'B', 'C');
      await content();
      const { found, requests } = await watching.poll();
      assert.deepEqual([found, requests], [3, 2]);
      await publish('D', 'E', 'F');
      assert.deepEqual((await changes()).sort(), ['+D', '+E', '+F']);
      assert.deepEqual(await changes(), []);
      await nextSecond();
      await edit('A');
      await edit('E');
      await publish('G');
      await watching.restart();
      assert.deepEqual((await changes()).sort(), ['+G', '~A', '~E']);
      await unpublish('B');
      assert.deepEqual(await changes(), []);
      await watching.restart();
      assert.deepEqual(await changes(), []);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });

    it('posts that are published while it is polled', async () => {
      await content({ cursor: { path: 'updated_at', initial: '2000-01-01 00:00:00', lookback: 0 } });
      await watching.poll();
      const titles = Array.from({ length: 10 }, (_, n) => `During ${n}`);
      let isWriting = true;
      const writing = publish(...titles).finally(() => (isWriting = false));
      const seen: string[] = [];
      while (isWriting) seen.push(...(await changes()));
      await writing;
      seen.push(...(await changes()), ...(await changes()));
      assert.deepEqual(
        seen.sort(),
        titles.map((title) => `+${title}`),
      );
    });

    it('after a crash what was leaving comes again', async () => {
      await content();
      await watching.poll();
      await publish('A', 'B');
      watching.crashAfter = 1;
      await assert.rejects(watching.poll(), Crash);
      await publish('C');
      await watching.restart();
      watching.take();
      await watching.poll();
      assert.deepEqual(
        watching.emitted.map(({ event }) => event.attempt),
        [2, 2, 1],
      );
    });

    it('what it refuses is said, without the key', async () => {
      await content({ cursor: { path: 'updated_at' } });
      await assert.rejects(watching.poll(), (error: Failure) => {
        assert.equal(error.code, 'HTTP_400');
        assert.ok(!JSON.stringify(error).includes(contentKey) && !error.message.includes(contentKey));
        return true;
      });
    });
  });
});
