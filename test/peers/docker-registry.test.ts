import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { basic } from '../../src/connection/auth/basic';
import type { Connection } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { suggestPaging } from '../../src/sample/suggest-paging';
import { connect } from '../support/connect';
import { collect, pagesOf, sendBy } from '../paging/list-server';
import { startPeer, type Peer } from './peer';

const count = 12;
const names = Array.from({ length: count }, (_, i) => `shop/image-${String(i + 1).padStart(2, '0')}`);
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

describe('docker registry', () => {
  let registry: Peer;
  let connection: Connection;
  const get = (url: string) => ({ method: 'GET', url });

  before(async () => {
    registry = await startPeer('docker-registry', '/v2/');
    connection = connect({ baseUrl: `${registry.url}/v2/`, authenticator: basic('reg', 'regpass') });
    for (const name of names) await push(name, ['latest']);
    await push('tags', ['v1', 'v2', 'v3', 'v4', 'v5']);
  });
  after(async () => {
    await connection?.close();
    await registry?.stop();
  });

  /** The hand-over of an upload: 202 with the `Location` that the bytes go to. */
  async function push(name: string, tags: readonly string[]): Promise<void> {
    const config = Buffer.from(
      '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
    );
    const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    const begun = await connection.send({ method: 'POST', url: `${name}/blobs/uploads/` });
    assert.equal(begun.statusCode, 202);
    const headers = { 'Content-Type': 'application/octet-stream' };
    const url = String(begun.headers.location);
    const stored = await connection.send({
      method: 'PUT',
      url,
      query: [['digest', digest]],
      headers,
      body: config,
    });
    assert.equal(stored.statusCode, 201);
    const about = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest,
    };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: about, layers: [] });
    for (const tag of tags) {
      const { statusCode } = await connection.send({
        method: 'PUT',
        url: `${name}/manifests/${tag}`,
        headers: { 'Content-Type': manifestType },
        body: Buffer.from(manifest),
      });
      assert.equal(statusCode, 201);
    }
  }

  it('its catalogue comes whole, by its Link header', async () => {
    for (const n of [1, 5, 13, 100]) {
      const first = { ...get('_catalog'), query: [['n', String(n)]] as const };
      const { pages, records, error } = await collect(
        pagesOf(connection, first, { kind: 'link-header' }, { recordsPath: 'repositories' }),
      );
      assert.equal(error, undefined);
      assert.deepEqual(records, [...names, 'tags']);
      assert.ok(
        pages.length >= Math.ceil(13 / n) && pages.length <= Math.ceil(13 / n) + 1,
        `${pages.length}`,
      );
    }
  });

  it('the Link header is what its answer suggests', async () => {
    const { body, summary } = await sendBy(connection)(get('_catalog?n=2'));
    assert.deepEqual(
      suggestPaging({ url: summary.url, headers: summary.headers, body }).map(({ options }) => options),
      [{ kind: 'link-header' }],
    );
  });

  it('its catalogue comes whole by the last name of each page', async () => {
    const paging = { kind: 'cursor', from: { record: '' }, to: { in: 'query', name: 'last' } } as const;
    const { pages, records, error } = await collect(
      pagesOf(connection, get('_catalog?n=5'), paging, { recordsPath: 'repositories' }),
    );
    assert.equal(error, undefined);
    assert.deepEqual(records, [...names, 'tags']);
    assert.equal(pages.length, 4);
  });

  it('goes on after a failure with the page that failed', async () => {
    const first = get('_catalog?n=5');
    const link = { kind: 'link-header' } as const;
    let failing = true;
    const send = sendBy(connection);
    const options = {
      recordsPath: 'repositories',
      send: async (request: Parameters<typeof send>[0]) => {
        if (!failing || !request.url.includes('last=')) return send(request);
        failing = false;
        return send(get('no/such/manifests/x'));
      },
    };
    const broken = await collect(pagesOf(connection, first, link, options));
    const failure = broken.error as Failure;
    assert.equal(failure.code, 'HTTP_404');
    assert.equal(broken.records.length, 5);
    const rest = await collect(pagesOf(connection, first, link, { ...options, resume: failure.paging }));
    assert.deepEqual([...broken.records, ...rest.records], [...names, 'tags']);
  });

  it('the tags of an image, and a cap on them', async () => {
    const { records, pages } = await collect(
      pagesOf(
        connection,
        get('tags/tags/list?n=2'),
        { kind: 'link-header' },
        { recordsPath: 'tags', maxRecords: 3 },
      ),
    );
    // this release of the registry gives all tags at once, in no order
    const tags = ['v1', 'v2', 'v3', 'v4', 'v5'];
    assert.deepEqual([records.length, records.filter((tag) => !tags.includes(tag as string))], [3, []]);
    assert.equal(pages.at(-1)!.stopped, 'records');
  });
});
