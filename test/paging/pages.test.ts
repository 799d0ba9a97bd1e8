import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Connection, Request } from '../../src/connection/connection';
import { read } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import { pages } from '../../src/paging/pages';
import { connect } from '../support/connect';
import { sendJson, startServer, type TestServer } from '../support/server';
import { collect, firstOf, listServer, pagesOf, pageSize, sendBy, styles, uncapped } from './list-server';

describe('pages', () => {
  const style = styles['Link header']!;
  let connection: Connection;
  const servers: TestServer[] = [];
  const listOf = async (count: number) => {
    const server = await listServer(style, count);
    servers.push(server);
    return server;
  };
  beforeEach(() => (connection = connect()));
  afterEach(async () => {
    await connection.close();
    for (const server of servers.splice(0)) await server.close();
  });

  it('asks for the next page when it is wanted, and no sooner', async () => {
    const server = await listOf(9);
    const series = pagesOf(connection, firstOf(style, server.url), style.options);
    assert.equal(server.received.length, 0);
    const { value } = await series.next();
    assert.equal(value!.summary.statusCode, 200);
    assert.deepEqual(Object.keys(value!.body as object), ['data', 'total']);
    assert.equal(server.received.length, 1);
    await series.next();
    assert.equal(server.received.length, 2);
    await series.return();
    assert.equal(server.received.length, 2);
  });

  describe('caps', () => {
    // [records there, pages, records, what comes, why it stopped, requests]
    const cases: [number, number, number, number, string | undefined, number][] = [
      [9, 2, 0, 6, 'pages', 2],
      [9, 3, 0, 9, undefined, 3],
      [9, 4, 0, 9, undefined, 3],
      [9, 0, 4, 4, 'records', 2],
      [9, 0, 6, 6, 'records', 2],
      [9, 0, 8, 8, 'records', 3],
      [9, 0, 9, 9, undefined, 3],
      [9, 0, 10, 9, undefined, 3],
      [9, 2, 6, 6, 'records', 2],
      [9, 1, 1, 1, 'records', 1],
      [0, 1, 1, 0, undefined, 1],
    ];
    for (const [count, maxPages, maxRecords, expected, stopped, requests] of cases) {
      it(`${count} records, at most ${maxPages} pages and ${maxRecords} records`, async () => {
        const server = await listOf(count);
        const got = await collect(
          pagesOf(connection, firstOf(style, server.url), style.options, { maxPages, maxRecords }),
        );
        assert.equal(got.error, undefined);
        assert.equal(got.records.length, expected);
        assert.equal(server.received.length, requests);
        for (const page of got.pages.slice(0, -1))
          assert.deepEqual([page.complete, page.stopped], [false, undefined]);
        const last = got.pages.at(-1)!;
        assert.deepEqual([last.complete, last.stopped], [stopped === undefined, stopped]);
      });
    }

    it('seconds', async () => {
      const server = await listOf(12);
      const times = [0, 5_000, 10_000];
      const clock = { now: () => times.shift()! };
      const got = await collect(
        pagesOf(connection, firstOf(style, server.url), style.options, { maxSeconds: 10, clock }),
      );
      assert.deepEqual(
        got.pages.map(({ complete, stopped }) => [complete, stopped]),
        [
          [false, undefined],
          [false, 'time'],
        ],
      );
    });

    it('count what came before a failure', async () => {
      const server = await listOf(30);
      server.faults.set(2, 500);
      const first = firstOf(style, server.url);
      const { error } = await collect(pagesOf(connection, first, style.options));
      const resume = (error as Failure).paging;
      const got = await collect(pagesOf(connection, first, style.options, { maxRecords: 8, resume }));
      assert.equal(got.records.length, 8 - pageSize);
      assert.equal(got.pages.at(-1)!.index, 2);
    });
  });

  it('stops when it is told to, between two pages and within one', async () => {
    for (const within of [false, true]) {
      const stop = new AbortController();
      const told = new Failure('ABORTED', 'told to');
      const server = await startServer((_, response) => {
        if (server.received.length > 1) return stop.abort(told);
        response.setHeader('Link', '<?page=2>; rel=next');
        sendJson(response, [1, 2]);
      });
      servers.push(server);
      const { signal } = stop;
      const plan = { isSuccess: () => true, decode: 'auto' as const };
      const send = async (request: Request) =>
        read(plan, request, await connection.send(request, { signal }), connection);
      const series = pagesOf(connection, { method: 'GET', url: server.url }, style.options, { send, signal });
      await series.next();
      if (!within) stop.abort(told);
      const error: unknown = await series.next().then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'ABORTED');
      assert.deepEqual(
        [error.paging!.page, error.paging!.records, error.paging!.next],
        [1, 2, `${server.url}/?page=2`],
      );
      assert.equal(server.received.length, within ? 2 : 1);
    }
  });

  it('two series that fail of the same thing keep their own positions', async () => {
    const server = await listOf(30);
    const stop = new AbortController();
    const signal = stop.signal;
    const series = [1, 2].map(() =>
      pagesOf(connection, firstOf(style, server.url), style.options, { signal }),
    );
    await series[0]!.next();
    await series[1]!.next();
    await series[1]!.next();
    stop.abort(new Failure('ABORTED', 'closed', { retryable: true }));
    const errors = (await Promise.all(
      series.map((one) => one.next().catch((error: unknown) => error)),
    )) as Failure[];
    assert.deepEqual(
      errors.map(({ code, retryable, message, paging }) => [code, retryable, message, paging!.page]),
      [
        ['ABORTED', true, 'closed', 1],
        ['ABORTED', true, 'closed', 2],
      ],
    );
  });

  it('10,000 pages of 100 records stream through with flat memory', async () => {
    const last = 10_000;
    const filler = 'x'.repeat(60);
    const server = await startServer(({ url }, response) => {
      // what a test server keeps is not what is measured
      server.received.length = 0;
      const page = Number(/page=(\d+)/.exec(url)?.[1] ?? 1);
      if (page < last) response.setHeader('Link', `</list?page=${page + 1}>; rel="next"`);
      const records = Array.from({ length: 100 }, (_, i) => ({ id: page * 100 + i, filler }));
      sendJson(response, { records });
    });
    servers.push(server);
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const options: PagingOptions = { kind: 'link-header' };
    const series = pages({ method: 'GET', url: `${server.url}/list` }, makePager(options), {
      ...uncapped,
      send: sendBy(connection),
    });
    let records = 0;
    let count = 0;
    let sum = 0;
    const seen: number[] = [];
    for await (const page of series) {
      count++;
      records += page.records.length;
      sum += (page.records[0] as { id: number }).id;
      if (count % 1000 === 0) seen.push(heap());
    }
    assert.equal(count, last);
    assert.equal(records, 100 * last);
    assert.equal(sum, (100 * last * (last + 1)) / 2);
    // the tokens that are remembered are about 100 bytes each
    const growth = Math.min(...seen.slice(-3)) - Math.min(...seen.slice(0, 3));
    assert.ok(growth < 10 * 1024 * 1024, `the heap grew by ${Math.round(growth / 1024)} KiB`);
  }).timeout(60_000);
});
