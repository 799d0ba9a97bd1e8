import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { basic } from '../../src/connection/auth/basic';
import type { Connection } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { snapshot } from '../../src/polling/changes';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Watching, type WatchSettings } from './polling-watch';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

describe('polling a docker registry', () => {
  const authenticator = basic('reg', 'regpass');
  let registry: Peer;
  let connection: Connection;
  let watching: Watching;

  before(async () => {
    registry = await startPeer('docker-registry', '/v2/');
    connection = connect({ baseUrl: `${registry.url}/v2/`, authenticator });
  });
  after(async () => {
    await connection?.close();
    await registry?.stop();
  });
  afterEach(() => watching?.end());

  async function call(expected: number, method: string, url: string, type?: string, body?: Buffer) {
    const headers: Record<string, string> = type ? { 'Content-Type': type } : {};
    const answer = await connection.send({ method, url, headers, ...(body ? { body } : {}) });
    assert.equal(answer.statusCode, expected, answer.body.toString());
    return answer;
  }

  /** An image of its own for each tag; its digest. */
  async function push(name: string, tag: string): Promise<string> {
    const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', author: tag }));
    const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    const { headers } = await call(202, 'POST', `${name}/blobs/uploads/`);
    const upload = `${String(headers.location)}&digest=${digest}`;
    await call(201, 'PUT', upload, 'application/octet-stream', config);
    const about = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest,
    };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: about, layers: [] });
    const put = await call(201, 'PUT', `${name}/manifests/${tag}`, manifestType, Buffer.from(manifest));
    return String(put.headers['docker-content-digest']);
  }
  const untag = (name: string, digest: string) => call(202, 'DELETE', `${name}/manifests/${digest}`);
  /** A registry has no call for it: whoever runs it removes the folder. */
  const removeRepository = (name: string) =>
    rm(path.join(registry.folder, 'data/docker/registry/v2/repositories', name), { recursive: true });

  const settings = (url: string, records: string): WatchSettings => ({
    connection: { baseUrl: `${registry.url}/v2/`, authenticator },
    url,
    records,
    // the records are texts: each is its own key
    key: { by: 'function', text: '$', of: (record) => record },
    watch: snapshot(),
    paging: { kind: 'link-header' },
  });

  it('repositories that come and go, over pages by "Link"', async () => {
    for (const name of ['a', 'b', 'c', 'd/e', 'f']) await push(name, 'v1');
    watching = await Watching.begin(settings('_catalog?n=2', 'repositories'));
    const { found, requests } = await watching.poll();
    assert.deepEqual([found, requests], [5, 3]);
    assert.deepEqual(await watching.changes(), []);

    await push('bb', 'v1');
    await push('g', 'v1');
    assert.deepEqual(await watching.changes(), ['+bb', '+g']);
    await removeRepository('b');
    await push('h', 'v1');
    // pages may drift: what is missing once may be there the next time
    assert.deepEqual(await watching.changes(), ['+h']);
    assert.deepEqual(await watching.changes(), ['-b']);
    await removeRepository('d/e');
    await push('b', 'v2');
    await watching.restart();
    assert.deepEqual(await watching.changes(), ['+b']);
    assert.deepEqual(await watching.changes(), ['-d/e']);
    assert.deepEqual(await watching.changes(), []);
    await watching.restart();
    assert.deepEqual([await watching.changes(), await watching.changes()], [[], []]);
    // it came, went and came: three events
    assert.equal(Math.max(...watching.ids.values()), 1);
    for (const name of ['a', 'b', 'bb', 'c', 'f', 'g', 'h']) await removeRepository(name);
  });

  it('repositories in one answer: what is missing is gone at once', async () => {
    for (const name of ['x', 'y', 'z']) await push(name, 'v1');
    watching = await Watching.begin(settings('_catalog?n=100', 'repositories'));
    await watching.poll();
    await removeRepository('y');
    assert.deepEqual(await watching.changes(), ['-y']);
    for (const name of ['x', 'z']) await removeRepository(name);
    await watching.restart();
    assert.deepEqual(await watching.changes(), ['-x', '-z']);
    await push('y', 'v1');
    assert.deepEqual(await watching.changes(), ['+y']);
    await removeRepository('y');
  });

  it('tags that are pushed and deleted', async () => {
    const digests = new Map<string, string>();
    for (const tag of ['v1', 'v2', 'v3']) digests.set(tag, await push('image', tag));
    watching = await Watching.begin(settings('image/tags/list', 'tags'));
    await watching.poll();
    await untag('image', digests.get('v2')!);
    digests.set('v4', await push('image', 'v4'));
    assert.deepEqual(await watching.changes(), ['+v4', '-v2']);
    await watching.restart();
    // the same image under another name: both go with it
    await untag('image', digests.get('v4')!);
    digests.set('v2', await push('image', 'v2'));
    assert.deepEqual(await watching.changes(), ['+v2', '-v4']);
    assert.deepEqual(await watching.changes(), []);

    // without a tag it says `null` instead of an empty list
    for (const tag of ['v1', 'v2', 'v3']) await untag('image', digests.get(tag)!);
    assert.deepEqual((await watching.changes()).sort(), ['-v1', '-v2', '-v3']);
    await push('image', 'v1');
    assert.deepEqual(await watching.changes(), ['+v1']);
  });

  it('a repository that is gone is an error, and its tags stay known', async () => {
    await push('passing', 'v1');
    watching = await Watching.begin(settings('passing/tags/list', 'tags'));
    await watching.poll();
    await removeRepository('passing');
    await assert.rejects(watching.poll(), (error) => error instanceof Failure && error.code === 'HTTP_404');
    await push('passing', 'v1');
    assert.deepEqual(await watching.changes(), []);
  });
});
