import assert from 'node:assert/strict';
import { basic } from '../../src/connection/auth/basic';
import type { Connection } from '../../src/connection/connection';
import type { PagingOptions } from '../../src/paging/make-pager';
import { newAndUpdated } from '../../src/polling/changes';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Crash, Watching, type WatchSettings } from './polling-watch';

/** A row of `_changes`: the last change of each document. */
interface Row {
  id: string;
  seq: number;
  deleted?: boolean;
}

describe('polling the changes of pouchdb-server', () => {
  let pouch: Peer;
  let connection: Connection;
  let watching: Watching;
  let database = 0;
  let revisions: Map<string, string>;

  before(async () => {
    pouch = await startPeer('pouchdb', '/');
    connection = connect({ baseUrl: pouch.url });
  });
  after(async () => {
    await connection?.close();
    await pouch?.stop();
  });
  beforeEach(async () => {
    database++;
    revisions = new Map();
    const { statusCode } = await connection.send({ method: 'PUT', url: `/db${database}` });
    assert.equal(statusCode, 201);
  });
  afterEach(() => watching.end());

  /** A new document, or a new revision of it. */
  async function save(...ids: string[]): Promise<void> {
    for (const id of ids) await write('PUT', id, JSON.stringify({ about: id, _rev: revisions.get(id) }));
  }
  async function remove(...ids: string[]): Promise<void> {
    for (const id of ids) await write('DELETE', `${id}?rev=${revisions.get(id)}`);
  }
  async function write(method: string, path: string, text?: string): Promise<void> {
    const { statusCode, body } = await connection.send({
      method,
      url: `/db${database}/${path}`,
      ...(text ? { headers: { 'Content-Type': 'application/json' }, body: Buffer.from(text) } : {}),
    });
    assert.ok(statusCode < 300, body.toString());
    const { id, rev } = JSON.parse(body.toString()) as { id: string; rev: string };
    revisions.set(id, rev);
  }

  async function begin(settings: Partial<WatchSettings> = {}): Promise<void> {
    watching = await Watching.begin({
      connection: { baseUrl: pouch.url },
      // its content type is text/plain
      decode: 'json',
      url: `/db${database}/_changes?since={{cursor}}`,
      records: 'results',
      cursor: { path: 'seq', initial: '0' },
      watch: newAndUpdated('seq'),
      ...settings,
    });
  }

  const ways: [string, string, PagingOptions | undefined][] = [
    ['one answer', '', undefined],
    [
      'pages of two, asked for by the last row',
      '&limit=2',
      { kind: 'cursor', from: { record: 'seq' }, to: { in: 'query', name: 'since' } },
    ],
  ];
  for (const [name, limit, paging] of ways) {
    it(`created, updated and deleted documents, over a restart: ${name}`, async () => {
      await save('a', 'b', 'c');
      await begin({ url: `/db${database}/_changes?since={{cursor}}${limit}`, ...(paging ? { paging } : {}) });
      assert.deepEqual(await watching.changes(), []);
      assert.deepEqual(await watching.changes(), []);

      await save('d', 'e', 'f', 'b');
      await remove('a');
      assert.deepEqual(await watching.changes(), ['+d', '+e', '+f', '~b', '~a']);
      assert.deepEqual(await watching.changes(), []);

      await save('g', 'b', 'g');
      await remove('d', 'c');
      await watching.restart();
      // a document has only its last change there
      assert.deepEqual(await watching.changes(), ['~b', '+g', '~d', '~c']);
      await watching.restart();
      assert.deepEqual(await watching.changes(), []);
      assert.equal(Math.max(...watching.ids.values()), 1);
    });
  }

  it('asks only for what is after the cursor, and one row before it', async () => {
    await save('a', 'b', 'c', 'd');
    await begin();
    await watching.poll();
    await save('e');
    const { found, cursor } = await watching.poll();
    assert.deepEqual([found, cursor], [2, '5']);
    assert.deepEqual(watching.take(), ['+e']);
    assert.deepEqual(
      watching.answers.map(({ url }) => new URL(url).search),
      ['?since=0', '?since=3'],
    );
  });

  it('a document that is deleted says so in its record', async () => {
    await begin({ firstRun: { from: 'everything' } });
    await save('a', 'b');
    await remove('a');
    await watching.poll();
    const rows = watching.emitted.map(({ payload }) => payload as Row);
    assert.deepEqual(
      rows.map(({ id, seq, deleted = false }) => [id, seq, deleted]),
      [
        ['b', 2, false],
        ['a', 3, true],
      ],
    );
  });

  it('what waits leaves after a restart, and nothing else comes twice', async () => {
    await begin({ perPoll: 2 });
    await watching.poll();
    await save('a', 'b', 'c', 'd', 'e');
    assert.deepEqual(await watching.changes(), ['+a', '+b']);
    await save('f');
    await watching.restart();
    assert.deepEqual(await watching.changes(), ['+c', '+d']);
    await remove('a');
    await watching.restart();
    assert.deepEqual(await watching.changes(), ['+e', '+f']);
    assert.deepEqual(await watching.changes(), ['~a']);
    assert.deepEqual(await watching.changes(), []);
    assert.equal(Math.max(...watching.ids.values()), 1);
  });

  it('after a crash only what was leaving comes again, with the same ids', async () => {
    await begin();
    await watching.poll();
    await save('a');
    await watching.poll();
    await save('b', 'c', 'd');
    watching.crashAfter = 2;
    await assert.rejects(watching.poll(), Crash);
    await save('e', 'b');
    await watching.restart();
    assert.deepEqual(watching.take(), ['+a', '+b', '+c']);
    assert.deepEqual(await watching.changes(), ['+b#2', '+c#2', '+d#2', '+e', '~b']);
    assert.deepEqual(await watching.changes(), []);
    assert.deepEqual([...watching.ids.values()].sort(), [1, 1, 1, 1, 2, 2]);
  });

  it('everything that was written while it was polled, each once', async () => {
    await begin({ watch: newAndUpdated('changes[0].rev') });
    await watching.poll();
    const ids = Array.from({ length: 120 }, (_, n) => `n${String(n).padStart(3, '0')}`);
    let isWriting = true;
    const writing = save(...ids).finally(() => (isWriting = false));
    while (isWriting) {
      await watching.poll();
      if (watching.emitted.length % 3 === 0) await watching.restart();
    }
    await writing;
    await watching.poll();
    assert.deepEqual(
      watching.take(),
      ids.map((id) => `+${id}`),
    );
  });

  it('a wrong password is said, and what is known stays', async () => {
    await save('a');
    await begin();
    await watching.poll();
    await watching.restart({ connection: { baseUrl: pouch.url, authenticator: basic('no', 'body') } });
    await assert.rejects(watching.poll(), /HTTP_401|401/);
    await save('b');
    await watching.restart({ connection: { baseUrl: pouch.url } });
    assert.deepEqual(await watching.changes(), ['+b']);
  });
});
