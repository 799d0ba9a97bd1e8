import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Connection } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import type { PagingOptions } from '../../src/paging/make-pager';
import { Trail } from '../../src/paging/trail';
import { connect } from '../support/connect';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';
import { collect, pagesOf } from './list-server';

/** An API that leads in circles: what it answers to the request of that number (from 1). */
interface Circle {
  name: string;
  options: PagingOptions;
  answer: (request: Received, response: ServerResponse, number: number) => void;
  requests: number;
  records: number[];
  sentence: RegExp;
  /** Whether one could go on, were the server mended. */
  resumable?: boolean;
}

const query = (name: string) => ({ in: 'query', name }) as const;
const cursor: PagingOptions = { kind: 'cursor', from: { path: 'next' }, to: query('after') };

const circles: Circle[] = [
  {
    name: 'a next link that is the link of the first page',
    options: { kind: 'next-url', path: 'next' },
    answer: ({ url }, response, number) => sendJson(response, { data: [number], next: url }),
    requests: 1,
    records: [1],
    sentence: /is the same one again: it does not move on from "http.*\/list\?a=1"/,
  },
  {
    name: 'a Link header that points to the page it comes with',
    options: { kind: 'link-header' },
    answer: (_, response, number) => {
      response.setHeader('Link', '</list?page=2>; rel=next');
      sendJson(response, [number]);
    },
    requests: 2,
    records: [1, 2],
    sentence: /is the same one again: it does not move on from "http.*\/list\?page=2"/,
  },
  {
    name: 'two links that point to each other',
    options: { kind: 'next-url', path: 'next' },
    answer: (_, response, number) =>
      sendJson(response, { data: [number], next: number % 2 === 0 ? '/list?a=1#x' : '/list?b=2' }),
    requests: 2,
    records: [1, 2],
    sentence: /was read already: it goes round in circles by "http.*\/list\?a=1"/,
  },
  {
    name: 'a longer circle of cursors',
    options: cursor,
    answer: (_, response, number) => sendJson(response, { data: [number], next: `c${number % 3}` }),
    requests: 4,
    records: [1, 2, 3, 4],
    sentence: /goes round in circles by "c1"/,
  },
  {
    name: 'a cursor that does not move',
    options: cursor,
    answer: (_, response, number) => sendJson(response, { data: [number], next: 'same' }),
    requests: 2,
    records: [1, 2],
    sentence: /does not move on from "same"/,
  },
  {
    name: 'several values that do not move',
    options: cursor,
    answer: (_, response, number) => sendJson(response, { data: [number], next: { a: 1, b: 'x' } }),
    requests: 2,
    records: [1, 2],
    sentence: /does not move on from \{"a":1,"b":"x"\}/,
  },
  {
    name: 'the last record again and again, because the parameter is ignored',
    options: { kind: 'cursor', from: { record: 'id' }, to: query('since') },
    answer: (_, response) => sendJson(response, [{ id: 7 }]),
    requests: 2,
    records: [7, 7],
    sentence: /does not move on from "7"/,
  },
  {
    name: 'a page number that is ignored',
    options: { kind: 'page-number', to: query('page') },
    answer: (_, response, number) => sendJson(response, { data: [1, 2], at: number }),
    requests: 2,
    records: [1, 2],
    sentence:
      /the same page came twice: the server seems to ignore the parameter "page", which was "2" this time/,
    resumable: true,
  },
  {
    name: 'an offset that is ignored',
    options: { kind: 'offset', to: query('offset'), total: { path: 'total' } },
    answer: (_, response) => sendJson(response, { data: [1, 2], total: 1000 }),
    requests: 2,
    records: [1, 2],
    sentence: /ignore the parameter "offset", which was "2" this time/,
    resumable: true,
  },
];

describe('paging guards', () => {
  let connection: Connection;
  let server: TestServer | undefined;
  beforeEach(() => (connection = connect()));
  afterEach(async () => {
    await connection.close();
    await server?.close();
    server = undefined;
  });

  for (const { name, options, answer, requests, records, sentence, resumable = false } of circles) {
    it(name, async () => {
      const circle = await startServer((request, response) =>
        answer(request, response, circle.received.length),
      );
      server = circle;
      const first = { method: 'GET', url: `${circle.url}/list?a=1` };
      const got = await collect(pagesOf(connection, first, options));
      assert.ok(got.error instanceof Failure, String(got.error));
      assert.equal(got.error.code, 'PAGING');
      assert.equal(got.error.retryable, false);
      assert.match(got.error.message, sentence);
      assert.equal(circle.received.length, requests);
      assert.deepEqual(
        got.records.map((record) => (typeof record === 'object' ? (record as { id: number }).id : record)),
        records,
      );
      assert.equal(got.error.paging!.records, records.length);
      assert.equal(got.error.paging!.page, got.pages.length);
      // where a circle begins there is nothing to go on with that was not read
      assert.equal('next' in got.error.paging!, resumable);
    });
  }

  it('empty pages in a row are no circle, where the cursor moves', async () => {
    const moving = await startServer((_, response) => {
      const number = moving.received.length;
      sendJson(response, { data: [], next: number < 5 ? `c${number}` : '' });
    });
    server = moving;
    const { pages, error } = await collect(pagesOf(connection, { method: 'GET', url: moving.url }, cursor));
    assert.equal(error, undefined);
    assert.equal(pages.length, 5);
  });

  it('remembers the last 100,000 that were asked for, and no more', () => {
    const trail = new Trail({});
    for (let i = 0; i <= 100_000; i++) trail.ask(`c${i}`);
    trail.check('c0');
    assert.throws(() => trail.check('c1'), { code: 'PAGING' });
    assert.throws(() => trail.check('c100000'), { code: 'PAGING', message: /does not move on/ });
  });

  it('tells pages apart that have a record nested so deep that nobody can write it', () => {
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    const trail = new Trail({ counted: 'the page' });
    trail.arrived([{ id: 1, deep }, 2]);
    trail.arrived([{ id: 3, deep }, 4]);
    assert.throws(() => trail.arrived([{ id: 3, deep }, 4]), { code: 'PAGING', message: /came twice/ });
  });
});
