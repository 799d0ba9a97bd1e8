import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { propertyAt } from '../../src/paging/field';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';

describe('paging options', () => {
  const to = { in: 'query', name: 'p' };
  const cases: [unknown, RegExp][] = [
    [{ kind: 'magic' }, /^the pages: "magic" is not a way to ask for the next page$/],
    [{}, /"undefined" is not a way/],
    [{ kind: 'toString' }, /"toString" is not a way/],
    [{ kind: 'link-header', rel: ' ' }, /the relation of the link is empty/],
    [{ kind: 'next-url', path: '' }, /where in the answer the next URL is/],
    [{ kind: 'next-url' }, /where in the answer the next URL is/],
    [{ kind: 'cursor', to }, /where in the answer the cursor is/],
    [{ kind: 'cursor', from: { header: '' }, to }, /where in the answer the cursor is/],
    [
      { kind: 'cursor', from: { path: 'a' } },
      /the cursor goes to the query, a header or the body, and none is chosen/,
    ],
    [{ kind: 'cursor', from: { path: 'a' }, to: { in: 'path', name: 'x' } }, /none is chosen/],
    [{ kind: 'cursor', from: { path: 'a' }, to: { in: 'query' } }, /the cursor has no name/],
    [{ kind: 'cursor', from: { path: 'a' }, to, hasMore: { path: '' } }, /where in the answer "has more" is/],
    [{ kind: 'page-number', to: { in: 'query', name: '' } }, /the page number has no name/],
    [{ kind: 'page-number', to, start: -1 }, /the page number starts at no whole number/],
    [{ kind: 'page-number', to, pageSize: 0 }, /the page size is not a whole number above 0/],
    [{ kind: 'page-number', to, totalPages: { path: '' } }, /where in the answer the total is/],
    [{ kind: 'offset', to, start: '5' }, /the offset starts at no whole number/],
    [{ kind: 'offset', to, pageSize: 1.5 }, /the page size is not/],
    [{ kind: 'offset', to: { in: 'header', name: 'a b' } }, /"a b" is not a header name/],
  ];
  for (const [options, sentence] of cases) {
    it(`${JSON.stringify(options)} is refused`, () => {
      assert.throws(
        () => makePager(options as PagingOptions),
        (error) => error instanceof Failure && error.code === 'CONFIG' && sentence.test(error.message),
      );
    });
  }
});

describe('a property path', () => {
  it('may end in a name with dots', () => {
    const answer = {
      '@odata.nextLink': 'u',
      d: { 'a.b.c': 1, a: { b: 2 } },
      'x.y': [{ z: 3 }],
      e: { f: null },
    };
    const cases: [string, unknown][] = [
      ['@odata.nextLink', 'u'],
      ['d.a.b.c', 1],
      ['d.a.b', 2],
      ['e.f', null],
      ['d', answer.d],
      ['no', undefined],
      ['d.no.no', undefined],
      ['toString', undefined],
      ['d.constructor.name', undefined],
    ];
    for (const [path, value] of cases) assert.equal(propertyAt(answer, path), value, path);
    assert.equal(propertyAt(undefined, 'a'), undefined);
    assert.equal(propertyAt(null, 'a.b'), undefined);
  });
});
