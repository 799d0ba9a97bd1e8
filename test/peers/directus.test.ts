import assert from 'node:assert/strict';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection, Request } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import type { PagingOptions } from '../../src/paging/make-pager';
import { connect } from '../support/connect';
import { collect, pagesOf } from '../paging/list-server';
import { startPeer, type Peer } from './peer';

const count = 57;
const query = (name: string) => ({ in: 'query', name }) as const;
const body = (name: string) => ({ in: 'body', name }) as const;

describe('Directus', () => {
  let directus: Peer;
  let connection: Connection;

  const json = (method: string, url: string, value: unknown): Request => ({
    method,
    url,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  });
  const ids = (records: readonly unknown[]) => records.map((record) => (record as { id: number }).id);
  const from = (first: number, last: number, step = 1) =>
    Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);

  before(async () => {
    directus = await startPeer('directus', '/server/ping');
    connection = connect({ baseUrl: directus.url, authenticator: bearer('directus-admin-token') });
    const id = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };
    const fields = [
      id,
      { field: 'title', type: 'string', schema: {} },
      { field: 'odd', type: 'boolean', schema: {} },
    ];
    const notes = Array.from({ length: count }, (_, i) => ({ title: `Zoë ${i + 1}`, odd: i % 2 === 0 }));
    for (const request of [
      json('POST', '/collections', { collection: 'notes', schema: {}, meta: {}, fields }),
      json('POST', '/items/notes', notes),
    ]) {
      const { statusCode, body } = await connection.send(request);
      assert.equal(statusCode, 200, body.toString());
    }
  });
  after(async () => {
    await connection?.close();
    await directus?.stop();
  });

  const get = (...rows: [string, string][]): Request => ({ method: 'GET', url: '/items/notes', query: rows });
  const sorted: [string, string][] = [
    ['limit', '10'],
    ['sort', 'id'],
  ];
  const ways: [string, PagingOptions, [string, string][], number][] = [
    ['page numbers until one is empty', { kind: 'page-number', to: query('page') }, [], 7],
    ['page numbers with the page size', { kind: 'page-number', to: query('page'), pageSize: 10 }, [], 6],
    ['offsets by what came', { kind: 'offset', to: query('offset') }, [], 7],
    [
      'offsets with the total',
      { kind: 'offset', to: query('offset'), pageSize: 10, total: { path: 'meta.total_count' } },
      [['meta', 'total_count']],
      6,
    ],
  ];
  for (const [name, options, rows, requests] of ways) {
    it(`all items by ${name}`, async () => {
      const { pages, records, error } = await collect(pagesOf(connection, get(...sorted, ...rows), options));
      assert.equal(error, undefined);
      assert.deepEqual(ids(records), from(1, count));
      assert.equal(pages.length, requests);
    });
  }

  it('a filter stays from page to page', async () => {
    const filter = JSON.stringify({ _and: [{ odd: { _eq: true } }, { id: { _gt: 9 } }] });
    const options: PagingOptions = {
      kind: 'offset',
      to: query('offset'),
      total: { path: 'meta.filter_count' },
    };
    const { pages, records, error } = await collect(
      pagesOf(connection, get(...sorted, ['filter', filter], ['meta', '*']), options),
    );
    assert.equal(error, undefined);
    assert.deepEqual(ids(records), from(11, count, 2));
    assert.equal(pages.length, 3);
  });

  it('the SEARCH method, whose body has the filter and the page', async () => {
    const search = { query: { limit: 7, sort: 'id', filter: { title: { _contains: 'Zoë 1' } } } };
    for (const options of [
      { kind: 'page-number', to: body('query.page') },
      { kind: 'offset', to: body('query.offset') },
    ] as const) {
      const { records, error } = await collect(
        pagesOf(connection, json('SEARCH', '/items/notes', search), options),
      );
      assert.equal(error, undefined);
      assert.deepEqual(ids(records), [1, ...from(10, 19)]);
    }
  });

  it('after the last key, by a filter in the query', async () => {
    const options: PagingOptions = {
      kind: 'cursor',
      from: { record: 'id' },
      to: query('filter[id][_gt]'),
    };
    const { records, error } = await collect(pagesOf(connection, get(...sorted), options));
    assert.equal(error, undefined);
    assert.deepEqual(ids(records), from(1, count));
  });

  it('a parameter that it does not know is ignored: the guard says so', async () => {
    const { records, error } = await collect(
      pagesOf(connection, get(...sorted), { kind: 'page-number', to: query('pageNo') }),
    );
    assert.equal((error as Failure).code, 'PAGING');
    assert.match((error as Failure).message, /ignore the parameter "pageNo", which was "2"/);
    assert.deepEqual(ids(records), from(1, 10));
  });

  it('caps', async () => {
    const options: PagingOptions = { kind: 'page-number', to: query('page') };
    const { pages, records } = await collect(
      pagesOf(connection, get(...sorted), options, { maxRecords: 25 }),
    );
    assert.deepEqual(ids(records), from(1, 25));
    assert.deepEqual([pages.length, pages.at(-1)!.stopped], [3, 'records']);
  });

  it('what it refuses comes with its reasons', async () => {
    const { error } = await collect(
      pagesOf(connection, get(['filter', '{"no_such":{"_eq":1}}']), {
        kind: 'page-number',
        to: query('page'),
      }),
    );
    const { code, response, paging } = error as Failure;
    assert.equal(code, 'HTTP_403');
    assert.equal(
      (response?.body as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code,
      'FORBIDDEN',
    );
    assert.deepEqual([paging?.page, paging?.next], [0, 1]);
  });
});
