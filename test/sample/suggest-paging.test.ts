import assert from 'node:assert/strict';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import { suggestPaging, type SampleAnswer } from '../../src/sample/suggest-paging';

const list = [{ id: 'a1' }, { id: 'a2' }];
const query = (name: string) => ({ in: 'query', name }) as const;

/** Answers in the style of known APIs; the data is invented. */
const samples: [string, Partial<SampleAnswer>, ...PagingOptions[]][] = [
  [
    'GitHub: a Link header',
    {
      body: list,
      headers: { link: '<https://a.test/x?page=2>; rel="next", <https://a.test/x?page=9>; rel="last"' },
    },
    { kind: 'link-header' },
  ],
  ['a Link header that leads to a style sheet', { body: list, headers: { link: '</a.css>; rel=preload' } }],
  [
    'Django: next',
    { body: { count: 9, next: 'https://a.test/x?page=2', previous: null, results: list } },
    { kind: 'next-url', path: 'next' },
  ],
  [
    'JSON:API: links.next',
    { body: { data: list, links: { next: '/x?page[number]=2' } } },
    { kind: 'next-url', path: 'links.next' },
  ],
  [
    'HAL: _links.next.href',
    { body: { _links: { next: { href: 'https://a.test/2' } } } },
    { kind: 'next-url', path: '_links.next.href' },
  ],
  [
    'OData',
    { body: { value: list, '@odata.nextLink': 'https://a.test/x?$skip=2' } },
    { kind: 'next-url', path: '@odata.nextLink' },
  ],
  [
    'OData 2',
    { body: { d: { results: list, __next: 'https://a.test/x?$skiptoken=2' } } },
    { kind: 'next-url', path: 'd.__next' },
  ],
  [
    'Laravel: a URL and numbers',
    { body: { data: list, next_page_url: 'https://a.test/x?page=2', current_page: 1, last_page: 5 } },
    { kind: 'next-url', path: 'next_page_url' },
    { kind: 'page-number', to: query('page'), totalPages: { path: 'last_page' } },
  ],
  [
    'Slack: a cursor in metadata',
    { body: { ok: true, members: list, response_metadata: { next_cursor: 'dXNlcjpV' } } },
    { kind: 'cursor', from: { path: 'response_metadata.next_cursor' }, to: query('cursor') },
  ],
  [
    'Google: nextPageToken',
    { body: { items: list, nextPageToken: 'CAUQAA' } },
    { kind: 'cursor', from: { path: 'nextPageToken' }, to: query('pageToken') },
  ],
  [
    'Notion: a cursor and has_more',
    { body: { results: list, next_cursor: 'c-1', has_more: true } },
    { kind: 'cursor', from: { path: 'next_cursor' }, to: query('cursor'), hasMore: { path: 'has_more' } },
  ],
  [
    'Relay: the cursor of pageInfo',
    { body: { nodes: list, pageInfo: { endCursor: 'Y3==', hasNextPage: true } } },
    {
      kind: 'cursor',
      from: { path: 'pageInfo.endCursor' },
      to: query('after'),
      hasMore: { path: 'pageInfo.hasNextPage' },
    },
  ],
  [
    'HubSpot: paging.next.after',
    { body: { results: list, paging: { next: { after: '200', link: 'https://a.test/x?after=200' } } } },
    { kind: 'next-url', path: 'paging.next.link' },
    { kind: 'cursor', from: { path: 'paging.next.after' }, to: query('after') },
  ],
  [
    'Stripe: has_more and the last id',
    { body: { object: 'list', has_more: true, data: list } },
    { kind: 'cursor', from: { record: 'id' }, to: query('starting_after'), hasMore: { path: 'has_more' } },
  ],
  ['has_more without an id to go by', { body: { has_more: true, data: [{ name: 'x' }] } }],
  [
    'MediaWiki: continue',
    { body: { continue: { apcontinue: 'B', continue: '-||' }, query: { allpages: list } } },
    { kind: 'cursor', from: { path: 'continue' }, to: query('') },
  ],
  [
    'page and total_pages, asked with "page"',
    { url: 'https://a.test/x?page=1', body: { page: 1, per_page: 2, total: 9, total_pages: 5, data: list } },
    { kind: 'page-number', to: query('page'), totalPages: { path: 'total_pages' } },
  ],
  [
    'Spring: pages from 0',
    { body: { content: list, page: { size: 2, number: 0, totalElements: 9, totalPages: 5 } } },
    { kind: 'page-number', to: query('page'), start: 0, totalPages: { path: 'page.totalPages' } },
  ],
  [
    'Strapi: meta.pagination',
    { body: { data: list, meta: { pagination: { page: 1, pageSize: 2, pageCount: 5, totalPages: 5 } } } },
    { kind: 'page-number', to: query('page'), totalPages: { path: 'meta.pagination.totalPages' } },
  ],
  [
    'WordPress: the number of pages in a header',
    { body: list, headers: { 'x-wp-total': '9', 'x-wp-totalpages': '5' } },
    { kind: 'page-number', to: query('page'), totalPages: { header: 'X-WP-TotalPages' } },
  ],
  [
    'offset, limit and total',
    { body: { items: list, offset: 0, limit: 2, total: 9 } },
    { kind: 'offset', to: query('offset'), total: { path: 'total' } },
  ],
  [
    'Jira: startAt, maxResults and total',
    { body: { issues: list, startAt: 0, maxResults: 2, total: 9 } },
    { kind: 'offset', to: query('startAt'), total: { path: 'total' } },
  ],
  [
    'SCIM: from 1',
    { body: { Resources: list, startIndex: 1, itemsPerPage: 2, totalResults: 9 } },
    { kind: 'offset', to: query('startIndex'), start: 1, total: { path: 'totalResults' } },
  ],
  [
    'a bare list that was asked for by page',
    { url: 'https://a.test/x?page=1', body: list },
    { kind: 'page-number', to: query('page') },
  ],
  [
    'a bare list that was asked for by offset',
    { url: 'https://a.test/x?offset=0', body: list },
    { kind: 'offset', to: query('offset') },
  ],
  ['a bare list', { body: list }],
  ['the last page: nothing leads on', { body: { data: list, next: null, next_cursor: '' } }],
  ['no list at all', { body: 'text' }],
  ['nothing', { body: null }],
];

describe('suggested paging', () => {
  for (const [name, sample, ...expected] of samples) {
    it(name, () => {
      const suggested = suggestPaging({ url: 'https://a.test/x', headers: {}, body: null, ...sample });
      assert.deepEqual(
        suggested.map(({ options }) => options),
        expected,
      );
      for (const { options, reason } of suggested) {
        assert.match(reason, /^.{20,}[^.]$/);
        makePager(options);
      }
    });
  }
});
