import assert from 'node:assert/strict';
import type { Connection, Request } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { suggestPaging } from '../../src/sample/suggest-paging';
import { connect } from '../support/connect';
import { collect, pagesOf, sendBy } from '../paging/list-server';
import { startPeer, type Peer } from './peer';

const byNumber = { kind: 'page-number', to: { in: 'query', name: 'page' } } as const;

describe("Prism with GitHub's OpenAPI document", () => {
  let prism: Peer;
  let connection: Connection;
  before(async () => {
    prism = await startPeer('prism', '/rate_limit');
    connection = connect({ baseUrl: prism.url });
  });
  after(async () => {
    await connection?.close();
    await prism?.stop();
  });

  const issues = (...query: [string, string][]): Request => ({
    method: 'GET',
    url: '/repos/octocat/hello-world/issues',
    query,
  });

  it('a Link header that leads to another host is read, and not followed', async () => {
    const { records, error } = await collect(
      pagesOf(connection, issues(['per_page', '2'], ['state', 'all']), { kind: 'link-header' }),
    );
    assert.equal((error as Failure).code, 'HOST_NOT_ALLOWED');
    assert.equal((error as Failure).paging?.next, 'https://api.github.com/resource?page=2');
    assert.equal((records[0] as { number: number }).number, 1347);
  });

  it('the Link header is what its answer suggests first', async () => {
    const { body, summary } = await sendBy(connection)(issues(['page', '1']));
    const suggested = suggestPaging({ url: summary.url, headers: summary.headers, body });
    assert.deepEqual(
      suggested.map(({ options }) => options),
      [{ kind: 'link-header' }, byNumber],
    );
  });

  it('a page number is what the document allows; the same example twice is what the guard is for', async () => {
    const { pages, error } = await collect(pagesOf(connection, issues(['state', 'open']), byNumber));
    assert.equal((error as Failure).code, 'PAGING');
    assert.match((error as Failure).message, /the same page came twice/);
    assert.equal(pages.length, 1);
  });

  it('a request that breaks the document fails with its 422 and its body', async () => {
    const refused: Request[] = [
      issues(['state', 'nonsense']),
      {
        method: 'POST',
        url: '/repos/octocat/hello-world/labels',
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{"name":1}'),
      },
    ];
    for (const request of refused) {
      const { error } = await collect(pagesOf(connection, request, byNumber));
      const { code, response, paging } = error as Failure;
      assert.equal(code, 'HTTP_422');
      assert.deepEqual(Object.keys(response?.body as object), ['message', 'documentation_url', 'errors']);
      assert.deepEqual([paging?.page, paging?.records, paging?.next], [0, 0, 1]);
    }
  });

  it('statuses that are asked for: 304 without a body, 404 with one', async () => {
    const prefer = (code: number, url: string): Request => ({
      method: 'GET',
      url,
      headers: { Prefer: `code=${code}`, 'If-None-Match': '"abc"' },
    });
    const unchanged = await connection.send(prefer(304, '/gists'));
    assert.deepEqual([unchanged.statusCode, unchanged.size], [304, 0]);
    const { error } = await collect(
      pagesOf(connection, prefer(404, '/users/nobody'), { kind: 'link-header' }),
    );
    assert.equal((error as Failure).code, 'HTTP_404');
  });

  it('an answer without a list', async () => {
    const first: Request = { method: 'GET', url: '/rate_limit' };
    const { error } = await collect(pagesOf(connection, first, { kind: 'link-header' }));
    assert.equal((error as Failure).code, 'RECORDS_NOT_FOUND');
  });
});
