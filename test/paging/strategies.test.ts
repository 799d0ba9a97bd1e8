import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { Connection, Request } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import type { PagingOptions } from '../../src/paging/make-pager';
import { connect } from '../support/connect';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';
import { collect, firstOf, listServer, pagesOf, pageSize, styles } from './list-server';

describe('paging strategies', () => {
  let connection: Connection;
  const servers: TestServer[] = [];
  const kept = <T extends TestServer>(server: T): T => {
    servers.push(server);
    return server;
  };
  beforeEach(() => (connection = connect()));
  afterEach(async () => {
    await connection.close();
    for (const server of servers.splice(0)) await server.close();
  });

  for (const [name, style] of Object.entries(styles)) {
    it(`${name}: every record once, in order; the rest of the request stays`, async () => {
      for (const count of [0, 1, 2 * pageSize, 2 * pageSize + 1]) {
        const server = kept(await listServer(style, count));
        const { pages, records, error } = await collect(
          pagesOf(connection, firstOf(style, server.url), style.options, { recordsPath: 'data' }),
        );
        assert.equal(error, undefined);
        assert.deepEqual(
          records.map((record) => (record as { id: number }).id),
          Array.from({ length: count }, (_, i) => i),
        );
        assert.deepEqual(
          pages.map(({ index, complete, stopped }) => [index, complete, stopped]),
          pages.map((_, i) => [i, i === pages.length - 1, undefined]),
        );
        const byUrl = ['link-header', 'next-url'].includes(style.options.kind);
        for (const [index, request] of server.received.entries()) {
          const url = new URL(request.url, server.url);
          assert.equal(request.method, style.method ?? 'GET');
          assert.equal(request.headers['x-own'], 'v');
          assert.equal(request.headers['content-type'], style.contentType);
          if (byUrl && index > 0) assert.match(request.url, /^\/list\?from=\d+$/);
          else {
            assert.match(request.url, /^\/list\?keep=%7e&sort=a%20b/);
            assert.equal(url.searchParams.getAll('sort').length, 1);
          }
          if (style.contentType?.includes('form')) assert.match(request.body.toString(), /^q=a\+b&q=c/);
        }
        if (style.contentType === 'application/json') {
          for (const { body } of server.received) {
            assert.match(body.toString(), /^\{"q":"x","page":\{"size":3.*"big":12345678901234567890\}$/);
          }
        }
      }
    });
  }

  it('a number of the set-up takes the place of the one in the URL and in the rows', async () => {
    const server = kept(await startServer((_, response) => sendJson(response, [])));
    const first: Request = {
      method: 'GET',
      url: `${server.url}/l?a=%41&page=7&b=+&p%61ge=8#x`,
      query: [
        ['page', '9'],
        ['c', '1'],
      ],
    };
    await collect(
      pagesOf(connection, first, { kind: 'page-number', to: { in: 'query', name: 'page' }, start: 4 }),
    );
    assert.deepEqual(
      server.received.map(({ url }) => url),
      ['/l?a=%41&b=+&c=1&page=4'],
    );
  });

  it('a next URL is as the server says; the default query of the connection comes to it', async () => {
    const own = kept(
      await startServer(({ url }, response) =>
        sendJson(response, {
          items: [url],
          next: url.startsWith('/v1/list?') ? '/v1/more?x=%2F&y=a,b#z' : undefined,
        }),
      ),
    );
    const with_ = connect({ baseUrl: `${own.url}/v1/`, defaultQuery: [['key', 'k1']] });
    try {
      const first: Request = { method: 'GET', url: 'list', query: [['x', '1']] };
      const { records } = await collect(pagesOf(with_, first, { kind: 'next-url', path: 'next' }));
      assert.deepEqual(records, ['/v1/list?x=1&key=k1', '/v1/more?x=%2F&y=a,b&key=k1']);
    } finally {
      await with_.close();
    }
  });

  it('a next URL outside the scope is refused by the connection, and what came stays', async () => {
    const own = kept(
      await startServer((_, response) =>
        sendJson(response, { items: [1], next: 'http://127.0.0.1:1/elsewhere' }),
      ),
    );
    const bounded = connect({ baseUrl: own.url });
    try {
      const { records, error } = await collect(
        pagesOf(bounded, { method: 'GET', url: '/' }, { kind: 'next-url', path: 'next' }),
      );
      assert.deepEqual(records, [1]);
      assert.equal((error as Failure).code, 'HOST_NOT_ALLOWED');
      assert.equal((error as Failure).paging?.next, 'http://127.0.0.1:1/elsewhere');
    } finally {
      await bounded.close();
    }
  });

  it('"no content" is an empty page', async () => {
    const server = kept(await startServer((_, response) => void response.writeHead(204).end()));
    const { pages } = await collect(
      pagesOf(
        connection,
        { method: 'GET', url: server.url },
        { kind: 'offset', to: { in: 'query', name: 'o' } },
      ),
    );
    assert.deepEqual([pages.length, pages[0]!.records, pages[0]!.complete], [1, [], true]);
  });

  describe('what cannot be done is said in a sentence', () => {
    const more = (_: Received, response: Parameters<typeof sendJson>[0]) =>
      sendJson(response, { data: [{ id: 1 }], next: 'c', more: true });
    const toBody: PagingOptions = { kind: 'cursor', from: { path: 'next' }, to: { in: 'body', name: 'a.b' } };
    const cases: [string, Partial<Request>, PagingOptions, string, RegExp][] = [
      ['no body', {}, toBody, 'INVALID_REQUEST', /by "a\.b": the request has no body/],
      [
        'text',
        { body: Buffer.from('x'), headers: { 'content-type': 'text/plain' } },
        toBody,
        'INVALID_REQUEST',
        /is text\/plain/,
      ],
      [
        'bad JSON',
        { body: Buffer.from('{'), headers: { 'content-type': 'application/json' } },
        toBody,
        'INVALID_REQUEST',
        /not JSON/,
      ],
      [
        'no object',
        { body: Buffer.from('{"a":1}'), headers: { 'content-type': 'application/json' } },
        toBody,
        'INVALID_REQUEST',
        /no place for "b"/,
      ],
      [
        'a list',
        { body: Buffer.from('[]'), headers: { 'content-type': 'application/json' } },
        toBody,
        'INVALID_REQUEST',
        /no place for "a"/,
      ],
      [
        'more without a cursor',
        {},
        { kind: 'cursor', from: { path: 'no' }, to: { in: 'query', name: 'c' }, hasMore: { path: 'more' } },
        'PAGING',
        /"more" in the answer says that there is more, but "no" in the answer is missing/,
      ],
      [
        'records without the property',
        {},
        { kind: 'cursor', from: { record: 'key' }, to: { in: 'query', name: 'c' } },
        'PAGING',
        /"key" in the last record is missing/,
      ],
      [
        'a list for a cursor',
        {},
        { kind: 'cursor', from: { path: 'data' }, to: { in: 'query', name: 'c' } },
        'PAGING',
        /neither/,
      ],
      ['no text for a URL', {}, { kind: 'next-url', path: 'more' }, 'PAGING', /is not a text/],
    ];
    for (const [name, request, options, code, sentence] of cases) {
      it(name, async () => {
        const server = kept(await startServer(more));
        const first: Request = { method: 'POST', url: server.url, ...request };
        const { error } = await collect(pagesOf(connection, first, options, { recordsPath: 'data' }));
        assert.ok(error instanceof Failure);
        assert.equal(error.code, code);
        assert.match(error.message, sentence);
        assert.equal(server.received.length, 1);
      });
    }

    it('a stream that is read once has one page; one that can be opened again has all', async () => {
      const style = styles['cursor to the query']!;
      for (const repeatable of [false, true]) {
        const server = kept(await listServer(style, 2 * pageSize));
        const body = { repeatable, open: () => Readable.from([Buffer.from('abc')]) };
        const first: Request = { method: 'POST', url: `${server.url}/list`, body };
        const { records, error } = await collect(
          pagesOf(connection, first, style.options, { recordsPath: 'data' }),
        );
        assert.equal(records.length, repeatable ? 2 * pageSize : pageSize);
        assert.equal((error as Failure | undefined)?.code, repeatable ? undefined : 'INVALID_REQUEST');
        for (const request of server.received) assert.equal(request.body.toString(), 'abc');
      }
    });
  });

  it('a cursor is no way into a prototype', async () => {
    const server = kept(
      await startServer(({ body }, response) => {
        const next = body.length > 2 ? '' : ',"next":{"__proto__.x":1,"__proto__":"y","constructor":2}';
        response.setHeader('content-type', 'application/json');
        response.end(`{"data":[1]${next}}`);
      }),
    );
    const first: Request = {
      method: 'POST',
      url: server.url,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
    };
    const options: PagingOptions = { kind: 'cursor', from: { path: 'next' }, to: { in: 'body', name: '' } };
    const { records } = await collect(pagesOf(connection, first, options, { recordsPath: 'data' }));
    assert.equal(records.length, 2);
    assert.equal(server.received[1]!.body.toString(), '{"__proto__":"y","constructor":2}');
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });
});
