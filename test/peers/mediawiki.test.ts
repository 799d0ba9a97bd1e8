import assert from 'node:assert/strict';
import type { Connection, Request } from '../../src/connection/connection';
import { ask, read, type DecodedAnswer } from '../../src/exchange/exchange';
import type { Failure } from '../../src/exchange/failure';
import type { PagingOptions } from '../../src/paging/make-pager';
import { suggestPaging } from '../../src/sample/suggest-paging';
import { connect } from '../support/connect';
import { collect, pagesOf } from '../paging/list-server';
import { startPeer, type Peer } from './peer';

const titles = Array.from({ length: 25 }, (_, i) => `Page ${String(i + 1).padStart(2, '0')}`);
const paging: PagingOptions = { kind: 'cursor', from: { path: 'continue' }, to: { in: 'query', name: '' } };

describe('MediaWiki', () => {
  let wiki: Peer;
  let connection: Connection;
  before(async () => {
    wiki = await startPeer('mediawiki', '/api.php?action=query&format=json');
    const defaultQuery = [['format', 'json'], ['formatversion', '2']] as const; // prettier-ignore
    connection = connect({ baseUrl: wiki.url, defaultQuery });
  });
  after(async () => {
    await connection?.close();
    await wiki?.stop();
  });

  /** Its errors come with a 200. */
  const send = async (request: Request): Promise<DecodedAnswer> => {
    const plan = {
      decode: 'auto' as const,
      isSuccess: (status: number) => status === 200,
      accepts: ({ body }: DecodedAnswer) => !Object.hasOwn(body as object, 'error'),
    };
    return read(plan, request, await ask(plan, request, connection), connection);
  };
  const get = (query: Record<string, string>): Request => ({
    method: 'GET',
    url: '/api.php',
    query: Object.entries({ action: 'query', ...query }),
  });
  const titlesOf = (records: readonly unknown[]) =>
    records.map((record) => (record as { title: string }).title);

  it('a list comes whole, by all the values of its "continue"', async () => {
    const first = get({ list: 'allpages', aplimit: '4' });
    const { pages, records, error } = await collect(
      pagesOf(connection, first, paging, { send, recordsPath: 'query.allpages' }),
    );
    assert.equal(error, undefined);
    assert.deepEqual(titlesOf(records), ['Main Page', ...titles]);
    assert.equal(pages.length, 7);
  });

  it('a "continue" of several values, which change from page to page', async () => {
    // two lists side by side, each with its own position
    const first = get({
      generator: 'allpages',
      gaplimit: '5',
      prop: 'categories|revisions',
      cllimit: '3',
      rvprop: 'ids',
    });
    const { pages, error } = await collect(
      pagesOf(connection, first, paging, { send, recordsPath: 'query.pages' }),
    );
    assert.equal(error, undefined);
    const keys = new Set(
      pages.flatMap(({ body }) => Object.keys((body as { continue?: object }).continue ?? {})),
    );
    assert.deepEqual([...keys].sort(), ['clcontinue', 'continue', 'gapcontinue']);
    const numbered = pages.flatMap(({ records }) =>
      (records as { title: string; categories?: unknown[] }[])
        .filter(({ categories }) => categories?.length)
        .map(({ title }) => title),
    );
    assert.deepEqual(numbered.sort(), titles);
  });

  it('the same in a form body', async () => {
    const first: Request = {
      method: 'POST',
      url: '/api.php',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: Buffer.from('action=query&list=categorymembers&cmtitle=Category%3ANumbered&cmlimit=10'),
    };
    const { records, pages, error } = await collect(
      pagesOf(
        connection,
        first,
        { ...paging, to: { in: 'body', name: '' } },
        {
          send,
          recordsPath: 'query.categorymembers',
        },
      ),
    );
    assert.equal(error, undefined);
    assert.equal(pages.length, 3);
    assert.deepEqual(titlesOf(records), titles);
  });

  it('an error in a 200 is a failure, keeps what came and can be gone on from', async () => {
    const first = get({ list: 'allpages', aplimit: '10' });
    let bad = true;
    const options = {
      recordsPath: 'query.allpages',
      send: (request: Request) => {
        if (!bad || !request.query?.some(([name]) => name === 'apcontinue')) return send(request);
        bad = false;
        return send({ ...request, query: [...request.query, ['apfilterredir', 'nonsense']] });
      },
    };
    const broken = await collect(pagesOf(connection, first, paging, options));
    const failure = broken.error as Failure;
    assert.equal(failure.code, 'UNSUCCESSFUL');
    assert.equal(failure.response?.headers['mediawiki-api-error'], 'badvalue');
    assert.deepEqual(failure.paging?.next, { apcontinue: 'Page_10', continue: '-||' });
    assert.equal(broken.records.length, 10);
    const rest = await collect(pagesOf(connection, first, paging, { ...options, resume: failure.paging }));
    assert.deepEqual(titlesOf([...broken.records, ...rest.records]), ['Main Page', ...titles]);
  });

  it('"continue" is what its answer suggests', async () => {
    const { body, summary } = await send(get({ list: 'allpages', aplimit: '2' }));
    const suggested = suggestPaging({ url: summary.url, headers: summary.headers, body });
    assert.deepEqual(suggested[0]?.options, paging);
  });
});
