import assert from 'node:assert/strict';
import type { DecodedAnswer } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import type { Token } from '../../src/paging/pager';

/** What follows an answer: by each strategy, the token of the next page, or a failure's sentence. */
interface Case {
  name: string;
  options: PagingOptions;
  /** The token of the page that came; a counting strategy's first one unless said. */
  token?: Token;
  body?: unknown;
  headers?: Record<string, string | string[]>;
  records?: unknown[];
  next: Token | RegExp | undefined;
}

const to = { in: 'query', name: 'p' } as const;
const full = [{ id: 1 }, { id: 2 }];
const link: PagingOptions = { kind: 'link-header' };
const url: PagingOptions = { kind: 'next-url', path: 'next' };
const cursor: PagingOptions = { kind: 'cursor', from: { path: 'next' }, to };
const byId: PagingOptions = { kind: 'cursor', from: { record: 'id' }, to };
const more: PagingOptions = { ...cursor, hasMore: { path: 'more' } };
const page: PagingOptions = { kind: 'page-number', to };
const skip: PagingOptions = { kind: 'offset', to };
const total = { path: 'total' };

const cases: Case[] = [
  { name: 'a link', options: link, headers: { link: '</b?x=1#y>; rel=next' }, next: 'http://a.test/b?x=1' },
  {
    name: 'in the second of two headers',
    options: link,
    headers: { Link: ['<1>; rel=up', '<2>; rel=next'] },
    next: 'http://a.test/l/2',
  },
  {
    name: 'to another host',
    options: link,
    headers: { link: '<//b.test/>; rel=next' },
    next: 'http://b.test/',
  },
  {
    name: 'of something else',
    options: link,
    headers: { link: '<2>; rel=next; anchor="#x"' },
    next: undefined,
  },
  {
    name: 'another relation',
    options: { ...link, rel: 'Next-Page' },
    headers: { link: '<2>; rel=next-page' },
    next: 'http://a.test/l/2',
  },
  { name: 'to nowhere', options: link, headers: { link: '<>; rel=next' }, next: undefined },
  {
    name: 'to no URL',
    options: link,
    headers: { link: '<http://[>; rel=next' },
    next: /in the Link header is not a URL/,
  },
  { name: 'a URL', options: url, body: { next: ' ?x=2 ' }, next: 'http://a.test/l/x?x=2' },
  ...[null, '', '  ', false, undefined].map((value) => ({
    name: `a URL that is ${JSON.stringify(value)}`,
    options: url,
    body: { next: value },
    next: undefined,
  })),
  { name: 'a URL that is an object', options: url, body: { next: { href: '/x' } }, next: /is not a text/ },
  { name: 'a cursor', options: cursor, body: { next: 'c' }, next: 'c' },
  { name: 'a cursor that is a number', options: cursor, body: { next: 7 }, next: 7 },
  {
    name: 'a cursor of several values',
    options: cursor,
    body: { next: { a: 1, b: 'x', c: true } },
    next: { a: 1, b: 'x', c: true },
  },
  ...[null, '', false, 0, '0', undefined, {}, []].map((value) => ({
    name: `a cursor that is ${JSON.stringify(value)}`,
    options: cursor,
    body: { next: value },
    next: undefined,
  })),
  {
    name: 'a cursor too large',
    options: cursor,
    body: { next: 2 ** 60 },
    next: /is a number too large to be exact/,
  },
  {
    name: 'a cursor that is true',
    options: cursor,
    body: { next: true },
    next: /is neither a text nor a number/,
  },
  { name: 'a cursor with a list in it', options: cursor, body: { next: { a: [1] } }, next: /is neither/ },
  {
    name: 'a cursor without a name',
    options: { ...cursor, to: { in: 'query', name: '' } },
    body: { next: 'c' },
    next: /has no name of its own/,
  },
  { name: 'no more, though a cursor', options: more, body: { next: 'c', more: false }, next: undefined },
  { name: 'none left, though a cursor', options: more, body: { next: 'c', more: 0 }, next: undefined },
  { name: 'more by a number', options: more, body: { next: 'c', more: 3 }, next: 'c' },
  {
    name: 'more, but no cursor',
    options: more,
    body: { next: '', more: true },
    next: /says that there is more, but/,
  },
  { name: 'the last id', options: byId, records: full, next: 2 },
  { name: 'an id that is 0', options: byId, records: [{ id: 0 }], next: 0 },
  { name: 'no record', options: byId, records: [], next: undefined },
  {
    name: 'the last record itself',
    options: { ...byId, from: { record: '' } },
    records: ['a', 'b'],
    next: 'b',
  },
  {
    name: 'a last record without id',
    options: byId,
    records: [{ id: 1 }, {}],
    next: /"id" in the last record is missing/,
  },
  { name: 'a page', options: page, next: 2 },
  { name: 'a later page', options: page, token: 7, next: 8 },
  { name: 'an empty page', options: page, records: [], next: undefined },
  { name: 'a full page', options: { ...page, pageSize: 2 }, next: 2 },
  { name: 'a page that is not full', options: { ...page, pageSize: 3 }, next: undefined },
  {
    name: 'not full, though more',
    options: { ...page, pageSize: 3, hasMore: { path: 'more' } },
    body: { more: true },
    next: 2,
  },
  {
    name: 'full, though no more',
    options: { ...page, pageSize: 2, hasMore: { path: 'more' } },
    body: {},
    next: undefined,
  },
  { name: 'a page of more', options: { ...page, totalPages: total }, body: { total: 2 }, next: 2 },
  {
    name: 'the last of the pages',
    options: { ...page, totalPages: total },
    token: 2,
    body: { total: '2' },
    next: undefined,
  },
  {
    name: 'the last of the pages from 0',
    options: { ...page, start: 0, totalPages: total },
    token: 1,
    body: { total: 2 },
    next: undefined,
  },
  {
    name: 'the last but one from 0',
    options: { ...page, start: 0, totalPages: total },
    body: { total: 2 },
    next: 1,
  },
  { name: 'a total that is missing', options: { ...page, totalPages: total }, body: {}, next: 2 },
  {
    name: 'a total in a header',
    options: { ...page, totalPages: { header: 'X-Pages' } },
    headers: { 'x-pages': '1' },
    next: undefined,
  },
  { name: 'an offset by what came', options: skip, token: 5, next: 7 },
  {
    name: 'an offset by what came, where a page is short and there is more',
    options: { ...skip, pageSize: 10, total },
    body: { total: 11 },
    next: 2,
  },
  { name: 'at the total', options: { ...skip, total }, token: 8, body: { total: 10 }, next: undefined },
  { name: 'one before the total', options: { ...skip, total }, token: 8, body: { total: 11 }, next: 10 },
  {
    name: 'from 1, one before the total',
    options: { ...skip, start: 1, total },
    token: 8,
    body: { total: 10 },
    next: 10,
  },
  {
    name: 'from 1, at the total',
    options: { ...skip, start: 1, total },
    token: 9,
    body: { total: 10 },
    next: undefined,
  },
];

describe('what follows an answer', () => {
  for (const { name, options, body = {}, headers = {}, records = full, next, ...given } of cases) {
    it(`${options.kind}: ${name}`, () => {
      const pager = makePager(options);
      const token = given.token ?? pager.start;
      const answer = { body, summary: { statusCode: 200, headers, url: 'http://a.test/l/x?q=1' } };
      const follow = () => pager.next({ answer: answer as unknown as DecodedAnswer, records, token });
      if (!(next instanceof RegExp)) return assert.deepEqual(follow(), next);
      assert.throws(follow, (error) => error instanceof Failure && next.test(error.message));
    });
  }
});

describe('a request for the next page', () => {
  it('does not change the first one', () => {
    const first = {
      method: 'POST',
      url: 'http://a.test/?p=1',
      query: [['p', '1']] as const,
      headers: { 'Content-Type': 'application/json', p: '1' },
      body: Buffer.from('{"p":{"q":[{}]}}'),
    };
    const before = structuredClone(first);
    for (const place of [
      { in: 'query', name: 'p' },
      { in: 'header', name: 'P' },
      { in: 'body', name: 'p.q[0].r' },
    ] as const) {
      const request = makePager({ ...cursor, to: place }).request(first, 'x');
      assert.deepEqual({ ...first, body: first.body.toString() }, { ...before, body: '{"p":{"q":[{}]}}' });
      if (place.in === 'header')
        assert.deepEqual(request.headers, { 'Content-Type': 'application/json', P: 'x' });
      if (place.in === 'body') assert.equal((request.body as Buffer).toString(), '{"p":{"q":[{"r":"x"}]}}');
    }
  });

  it('has no header that cannot be one, whatever a server gives', () => {
    const pager = makePager({ ...cursor, to: { in: 'header', name: 'X' } });
    const first = { method: 'GET', url: 'http://a.test/' };
    const tokens: Token[] = ['a\r\nB: c', 'ü→', { 'a\r\nB': 'c' }, { 'a b': 1 }, { '': 1 }];
    for (const token of tokens) {
      assert.throws(() => pager.request(first, token), { code: 'INVALID_REQUEST' });
    }
  });
});
