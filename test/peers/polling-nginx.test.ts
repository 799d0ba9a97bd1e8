import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Connection } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { snapshot } from '../../src/polling/changes';
import { startPeer, type Peer } from './peer';
import { Watching, type WatchSettings } from './polling-watch';

describe('polling a file on nginx', () => {
  let nginx: Peer;
  let connection: Connection;
  let watching: Watching;

  before(async () => {
    nginx = await startPeer('nginx-dav', '/');
    connection = connect({ baseUrl: nginx.url });
  });
  after(async () => {
    await connection?.close();
    await nginx?.stop();
  });
  afterEach(() => watching?.end());

  const put = (...ids: string[]) => putAt('/feed.json', ...ids);
  async function putAt(url: string, ...ids: string[]): Promise<void> {
    const body = Buffer.from(JSON.stringify(ids.map((id) => ({ id, text: 'x'.repeat(100) }))));
    const { statusCode } = await connection.send({ method: 'PUT', url, body });
    assert.ok(statusCode === 201 || statusCode === 204);
    // nginx keeps whole seconds of its time: an edit in the same second would be no other file
    const time = Date.now() / 1000 - 1000 + edits++;
    await utimes(path.join(nginx.folder, 'www', url), time, time);
  }
  let edits = 0;

  async function begin(settings: Partial<WatchSettings> = {}): Promise<void> {
    const options = { connection: { baseUrl: nginx.url }, url: '/feed.json', decode: 'json' } as const;
    watching = await Watching.begin({ ...options, ...settings });
  }
  const statuses = () => watching.answers.splice(0).map(({ status }) => status);

  it('a 304 is silent, over restarts too, and a change is found', async () => {
    await put('a', 'b');
    await begin();
    assert.equal((await watching.poll()).unchanged, false);
    for (let i = 0; i < 3; i++) {
      const { unchanged, found, fired } = await watching.poll();
      assert.deepEqual([unchanged, found, fired], [true, 0, 0]);
    }
    assert.deepEqual(statuses(), [200, 304, 304, 304]);
    await watching.restart();
    await watching.poll();
    assert.deepEqual(statuses(), [304]);

    await put('a', 'b', 'c');
    assert.deepEqual(await watching.changes(), ['+c']);
    assert.deepEqual(await watching.changes(), []);
    assert.deepEqual(statuses(), [200, 304]);
  });

  it('what a crash left behind comes again, though the file is the one of last time', async () => {
    await put('a');
    await begin();
    await watching.poll();
    await put('a', 'b', 'c');
    watching.crashAfter = 1;
    await assert.rejects(watching.poll());
    await watching.restart();
    watching.take();
    assert.deepEqual(await watching.changes(), ['+b#2', '+c#2']);
    assert.deepEqual(statuses(), [200, 200, 304]);
    assert.deepEqual(await watching.changes(), []);
  });

  it('a date alone does it too, once it is old enough', async () => {
    await putAt('/dated/feed.json', 'a');
    await begin({ url: '/dated/feed.json' });
    await watching.poll();
    assert.deepEqual(await watching.changes(), []);
    assert.deepEqual(statuses(), [200, 304]);
    const now = Math.floor(Date.now() / 1000);
    await putAt('/dated/feed.json', 'b');
    await utimes(path.join(nginx.folder, 'www/dated/feed.json'), now, now);
    assert.deepEqual(await watching.changes(), ['+b']);
    // another one in the same second, and as long: its date is the same
    await putAt('/dated/feed.json', 'c');
    await utimes(path.join(nginx.folder, 'www/dated/feed.json'), now, now);
    assert.deepEqual(await watching.changes(), ['+c']);
    assert.deepEqual(statuses(), [200, 200]);
  });

  it('a 304 deletes nothing from a snapshot', async () => {
    await put('a', 'b');
    await begin({ watch: snapshot() });
    await watching.poll();
    assert.deepEqual(await watching.changes(), []);
    await watching.restart();
    assert.deepEqual(await watching.changes(), []);
    assert.deepEqual(statuses(), [200, 304, 304]);
    await put('b', 'd');
    assert.deepEqual(await watching.changes(), ['+d', '-a']);
    await put();
    assert.deepEqual(await watching.changes(), ['-b', '-d']);
  });

  it('settings that name other records are not answered with what was known', async () => {
    await put('a', 'b');
    await begin();
    await watching.poll();
    await watching.restart({
      fingerprint: 'another',
      onChange: 'first run',
      firstRun: { from: 'everything' },
    });
    assert.deepEqual(await watching.changes(), ['+a', '+b']);
    assert.deepEqual(statuses(), [200, 200]);
  });
});
