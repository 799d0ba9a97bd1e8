import assert from 'node:assert/strict';
import { pagingValues } from '../../../../nodes/editor/guide/paging-values';
import { compilePaging } from '../../../../nodes/runtime/paging';
import { pagingDefaults } from '../../../../nodes/runtime/paging-config';
import { makePager, type PagingOptions } from '../../../../src/paging/make-pager';
import { suggestPaging, type SampleAnswer } from '../../../../src/sample/suggest-paging';

describe('nodes/editor/guide/paging-values', () => {
  const url = 'https://api.example.com/orders';
  const answers: [kind: PagingOptions['kind'], answer: SampleAnswer][] = [
    ['link-header', { url, headers: { link: '</orders?page=2>; rel="next"' }, body: [] }],
    ['next-url', { url, headers: {}, body: { links: { next: `${url}?page=2` } } }],
    ['cursor', { url, headers: {}, body: { next_cursor: 'abc', has_more: true, data: [{ id: 1 }] } }],
    ['cursor', { url, headers: {}, body: { has_more: true, data: [{ id: 'x1' }] } }],
    ['cursor', { url, headers: {}, body: { continue: { apcontinue: 'B', continue: '-||' } } }],
    ['page-number', { url, headers: {}, body: { meta: { page: 0, total_pages: 4 } } }],
    ['page-number', { url: `${url}?page=3`, headers: {}, body: [] }],
    ['offset', { url, headers: {}, body: { offset: 0, limit: 2, total: 9 } }],
    ['offset', { url, headers: {}, body: { startIndex: 1, itemsPerPage: 2, totalResults: 9 } }],
  ];

  it('make the pager that was recognised', () => {
    for (const [kind, answer] of answers) {
      const found = suggestPaging(answer).find(({ options }) => options.kind === kind);
      assert.ok(found, `${kind} is recognised`);
      const compiled = compilePaging({ ...pagingDefaults, ...pagingValues(found.options) });
      // the fields say the defaults too
      const { start = kind === 'offset' ? 0 : 1 } = found.options as { start?: number };
      const told = kind === 'page-number' || kind === 'offset' ? { ...found.options, start } : found.options;
      assert.equal(compiled!.pager.fingerprint, makePager(told).fingerprint, kind);
    }
  });

  it('say where the next page is, and leave the caps', () => {
    const cursor: PagingOptions = {
      kind: 'cursor',
      from: { record: 'id' },
      to: { in: 'query', name: 'starting_after' },
      hasMore: { path: 'has_more' },
    };
    const values = pagingValues(cursor);
    assert.deepEqual(
      [values.kind, values.from, values.next, values.to, values.parameter, values.more],
      ['cursor', 'record', 'id', 'query', 'starting_after', 'has_more'],
    );
    assert.ok(!('maxPages' in values));
    const pages = pagingValues({ kind: 'page-number', to: { in: 'query', name: 'p' }, start: 0 });
    assert.deepEqual([pages.start, pages.parameter, pages.total], [0, 'p', '']);
    const offset = pagingValues({ kind: 'offset', to: { in: 'query', name: 'skip' }, total: { path: 'n' } });
    assert.deepEqual([offset.start, offset.total], [0, 'n']);
  });
});
