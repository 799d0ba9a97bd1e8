import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Connection } from '../../src/connection/connection';
import { Failure, redactFailure } from '../../src/exchange/failure';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import type { Token } from '../../src/paging/pager';
import type { PagingPosition } from '../../src/paging/position';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';
import { collect, firstOf, listServer, pagesOf, pageSize, styles } from './list-server';

describe('going on after a failure', () => {
  let connection: Connection;
  beforeEach(() => (connection = connect()));
  afterEach(() => connection.close());

  it('gives every record once and in order, for any strategy, number of records and faults', async () => {
    const runs = fc.asyncProperty(
      fc.constantFrom(...Object.values(styles)),
      fc.nat({ max: 20 }),
      // 0 is a connection that breaks
      fc.array(fc.tuple(fc.integer({ min: 1, max: 14 }), fc.constantFrom(0, 429, 500, 503)), {
        maxLength: 6,
      }),
      async (style, count, faults) => {
        const server = await listServer(style, count);
        try {
          for (const [number, status] of faults) server.faults.set(number, status);
          const ids: number[] = [];
          const indexes: number[] = [];
          let resume: unknown;
          for (let run = 0; ; run++) {
            assert.ok(run <= faults.length, 'more failures than faults');
            const { pages, records, error } = await collect(
              pagesOf(connection, firstOf(style, server.url), style.options, { recordsPath: 'data', resume }),
            );
            ids.push(...records.map((record) => (record as { id: number }).id));
            indexes.push(...pages.map(({ index }) => index));
            if (!error) {
              assert.equal(pages.at(-1)!.complete, true);
              break;
            }
            assert.ok(error instanceof Failure);
            assert.equal(error.paging!.records, ids.length);
            assert.equal(error.paging!.page, indexes.length);
            resume = JSON.parse(JSON.stringify(error.paging));
          }
          assert.deepEqual(
            ids,
            Array.from({ length: count }, (_, id) => id),
          );
          assert.deepEqual(
            indexes,
            indexes.map((_, index) => index),
          );
        } finally {
          await server.close();
        }
      },
    );
    await fc.assert(runs, { numRuns: 150 });
  }).timeout(60_000);

  it('asks for exactly the page that failed, at each page', async () => {
    const style = styles['Link header']!;
    for (let failing = 1; failing <= 4; failing++) {
      const server = await listServer(style, 4 * pageSize);
      try {
        server.faults.set(failing, 503);
        const first = firstOf(style, server.url);
        const { error } = await collect(pagesOf(connection, first, style.options, { recordsPath: 'data' }));
        const { paging } = error as Failure;
        assert.equal((error as Failure).code, 'HTTP_503');
        assert.equal((error as Failure).response?.statusCode, 503);
        const options = { recordsPath: 'data', resume: paging };
        assert.equal((await collect(pagesOf(connection, first, style.options, options))).error, undefined);
        assert.equal(server.received[failing]!.url, server.received[failing - 1]!.url);
        assert.equal(server.received.length, 5);
      } finally {
        await server.close();
      }
    }
  });

  it('what has no list, or no page that can be found, is a page that failed', async () => {
    for (const [bad, code, sentence] of [
      [{ nothing: 1 }, 'RECORDS_NOT_FOUND', /^"data" in the answer is missing$/],
      [{ data: [2], next: 5 }, 'PAGING', /the next link in "next" in the answer is not a text/],
      [{ data: [2], next: 'http://[' }, 'PAGING', /is not a URL: "http:\/\/\["/],
    ] as const) {
      const server = await startServer((_, response) => {
        const number = server.received.length;
        sendJson(response, number === 2 ? bad : { data: [number], next: number === 1 ? '/second' : '' });
      });
      try {
        const options: PagingOptions = { kind: 'next-url', path: 'next' };
        const first = { method: 'GET', url: server.url };
        const got = await collect(pagesOf(connection, first, options, { recordsPath: 'data' }));
        const failure = got.error as Failure;
        assert.equal(failure.code, code);
        assert.match(failure.message, sentence);
        assert.deepEqual(got.records, [1]);
        assert.deepEqual([failure.paging!.page, failure.paging!.next], [1, `${server.url}/second`]);
        const rest = await collect(
          pagesOf(connection, first, options, { recordsPath: 'data', resume: failure.paging }),
        );
        assert.deepEqual(rest.records, [3]);
      } finally {
        await server.close();
      }
    }
  });

  it('refuses in a sentence what it cannot go on from', async () => {
    const options: PagingOptions = { kind: 'offset', to: { in: 'query', name: 'o' } };
    const { kind: strategy, fingerprint } = makePager(options);
    const good: PagingPosition = { strategy, fingerprint, page: 1, records: 1, next: 3 };
    const cases: [unknown, RegExp][] = [
      ['x', /it is not an object/],
      [null, /it is not an object/],
      [{ ...good, strategy: 'cursor' }, /it belongs to "cursor", and the strategy is "offset"/],
      [{ ...good, fingerprint: 'other' }, /the settings of the pages have changed since/],
      [{ ...good, page: -1 }, /are not numbers/],
      [{ ...good, records: '1' }, /are not numbers/],
      [{ ...good, next: undefined }, /it does not say where/],
      [{ ...good, next: 'x' }, /what it names as next cannot be/],
      [{ ...good, next: 1.5 }, /what it names as next cannot be/],
      [{ ...good, next: { a: { b: 1 } } }, /what it names as next cannot be/],
      [{ ...good, next: [1] }, /what it names as next cannot be/],
    ];
    for (const [resume, sentence] of cases) {
      const { error } = await collect(
        pagesOf(connection, { method: 'GET', url: 'http://127.0.0.1:1' }, options, { resume }),
      );
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'INVALID_REQUEST');
      assert.match(error.message, sentence);
    }
  });

  it('the fingerprint is that of the options, whatever their order, and of each of them', () => {
    const of = (options: PagingOptions) => makePager(options).fingerprint;
    const to = { in: 'query', name: 'o' } as const;
    assert.equal(
      of({ kind: 'offset', to, pageSize: 5 }),
      of({ pageSize: 5, to: { name: 'o', in: 'query' }, kind: 'offset' }),
    );
    assert.notEqual(of({ kind: 'offset', to, pageSize: 5 }), of({ kind: 'offset', to, pageSize: 6 }));
    assert.notEqual(of({ kind: 'offset', to }), of({ kind: 'page-number', to }));
  });

  it('a position with a secret in it says so far and not where to go on', () => {
    const redact = (text: string) => text.replaceAll('s3cret', '•••');
    const position = { strategy: 'cursor', fingerprint: 'f', page: 2, records: 6 };
    const secret: Token[] = ['https://a.test/?key=s3cret', { s3cret: 1 }, { a: 'x s3cret' }];
    for (const next of secret) {
      const failure = new Failure('HTTP_500', 'x', { paging: { ...position, next } });
      assert.deepEqual(redactFailure(failure, redact).paging, position);
    }
    for (const next of ['https://a.test/?page=2', { a: 'x', b: 1 }, 7, null]) {
      const failure = new Failure('HTTP_500', 'x', { paging: { ...position, next } });
      assert.deepEqual(redactFailure(failure, redact).paging, { ...position, next });
    }
  });
});
