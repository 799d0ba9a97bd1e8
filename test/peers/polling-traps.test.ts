/** What servers of this folder do that would make a poll lose a change or stop, if nothing were done about it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../src/connection/connection';
import { newAndUpdated } from '../../src/polling/changes';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Watching } from './polling-watch';

describe('polling: a file that changes twice in a second', () => {
  let nginx: Peer;
  let connection: Connection;
  let watching: Watching;

  before(async () => {
    nginx = await startPeer('nginx-dav', '/');
    connection = connect({ baseUrl: nginx.url });
  });
  after(async () => {
    await watching?.end();
    await connection?.close();
    await nginx?.stop();
  });

  const put = async (...ids: string[]) => {
    const body = Buffer.from(JSON.stringify(ids.map((id) => ({ id }))));
    const { statusCode } = await connection.send({ method: 'PUT', url: '/feed.json', body });
    assert.ok(statusCode < 300);
  };

  // nginx makes its ETag of the second of the last change and of the size: a strong one, and yet the same for both.
  // An answer that is younger than two seconds leaves no ETag behind (src/polling/validators.ts, `settled`).
  it('and stays as long as it was, has the same ETag on nginx', async () => {
    await put('a', 'b');
    watching = await Watching.begin({
      connection: { baseUrl: nginx.url },
      url: '/feed.json',
      decode: 'json',
    });
    await watching.poll();
    while (Date.now() % 1000 > 100) await delay(10);
    await put('a', 'c');
    assert.deepEqual(await watching.changes(), ['+c']);
    await put('a', 'd');
    assert.deepEqual(await watching.changes(), ['+d']);
  });
});

describe('polling: a cursor that stays at the end', () => {
  let pouch: Peer;
  let connection: Connection;
  let watching: Watching;

  before(async () => {
    pouch = await startPeer('pouchdb', '/');
    connection = connect({ baseUrl: pouch.url });
    await connection.send({ method: 'PUT', url: '/notes' });
  });
  after(async () => {
    await watching?.end();
    await connection?.close();
    await pouch?.stop();
  });

  // CouchDB's own way: each answer, the last and empty one too, names `last_seq`, the `since` of the next.
  it('pages by "last_seq": the empty answer that names itself is the end, and not a circle', async () => {
    watching = await Watching.begin({
      connection: { baseUrl: pouch.url },
      decode: 'json',
      url: '/notes/_changes?since={{cursor}}&limit=2',
      records: 'results',
      cursor: { path: 'seq', initial: '0' },
      watch: newAndUpdated('seq'),
      paging: { kind: 'cursor', from: { path: 'last_seq' }, to: { in: 'query', name: 'since' } },
    });
    await watching.poll();
    for (const id of ['a', 'b', 'c']) {
      const { statusCode } = await connection.send({
        method: 'PUT',
        url: `/notes/${id}`,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{}'),
      });
      assert.equal(statusCode, 201);
    }
    assert.deepEqual(await watching.changes(), ['+a', '+b', '+c']);
  });
});
