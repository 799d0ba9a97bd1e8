/** What known APIs call the properties, headers and parameters that their pages are about; the most telling first. */

/** Where APIs put the URL of the next page (OData 4, HAL, JSON:API, Microsoft Graph, Facebook and others). */
export const urlPaths = [
  '@odata.nextLink',
  'odata.nextLink',
  'd.__next',
  'links.next',
  'links.next.href',
  '_links.next.href',
  '_links.next',
  'paging.next',
  'paging.next.link',
  'pagination.next',
  'pagination.next_url',
  'meta.next',
  'meta.pagination.links.next',
  'next_page_url',
  'next_page_uri',
  'nextPageUrl',
  'nextLink',
  'next_url',
  'next_uri',
  'next',
  'info.next',
];

/** Where APIs put a cursor, and what they call the parameter that takes it. */
export const cursors: readonly (readonly [string, string])[] = [
  ['nextPageToken', 'pageToken'],
  ['next_page_token', 'page_token'],
  ['response_metadata.next_cursor', 'cursor'],
  ['next_cursor', 'cursor'],
  ['nextCursor', 'cursor'],
  ['meta.next_cursor', 'cursor'],
  ['meta.nextCursor', 'cursor'],
  ['meta.next_token', 'pagination_token'],
  ['pagination.next_cursor', 'cursor'],
  ['pagination.cursor', 'after'],
  ['paging.next.after', 'after'],
  ['paging.cursors.after', 'after'],
  ['page_info.end_cursor', 'after'],
  ['pageInfo.endCursor', 'after'],
  ['nextToken', 'nextToken'],
  ['next_token', 'next_token'],
  ['NextToken', 'NextToken'],
  ['continuationToken', 'continuationToken'],
  ['next_page', 'page'],
  ['after', 'after'],
  ['cursor', 'cursor'],
  ['offset', 'offset'],
  ['bookmark', 'bookmark'],
  ['next', 'cursor'],
];

export const moreNames = ['has_more', 'hasMore', 'hasNextPage', 'has_next_page', 'has_next'];
export const listNames = ['data', 'items', 'results', 'records'];
export const pageNames = ['page', 'page[number]', 'pageNumber', 'page_number', 'pageNo', 'p'];
export const offsetNames = [
  'offset',
  'page[offset]',
  'skip',
  '$skip',
  'start',
  'startAt',
  'startIndex',
  'from',
];
export const totalPagesHeaders = [
  'X-Total-Pages',
  'X-WP-TotalPages',
  'X-Pagination-Page-Count',
  'X-Page-Count',
];

/** Each pair below one of the places where APIs put them. */
export const pagePairs = within<readonly [string, string]>(
  ['', 'meta.', 'meta.pagination.', 'pagination.', 'paging.', 'page.'],
  [
    ['page', 'total_pages'],
    ['page', 'totalPages'],
    ['page', 'pages'],
    ['page', 'last_page'],
    ['current_page', 'last_page'],
    ['current_page', 'total_pages'],
    ['currentPage', 'totalPages'],
    ['pageNumber', 'totalPages'],
    ['page_number', 'total_pages'],
    ['number', 'totalPages'],
  ],
);

export const offsetTriples = within<readonly [string, string, string]>(
  ['', 'meta.', 'meta.pagination.', 'pagination.', 'paging.'],
  [
    ['offset', 'limit', 'total'],
    ['offset', 'limit', 'total_count'],
    ['offset', 'limit', 'totalCount'],
    ['offset', 'count', 'total'],
    ['skip', 'limit', 'total'],
    ['skip', 'take', 'total'],
    ['start', 'limit', 'total'],
    ['startAt', 'maxResults', 'total'],
    ['startIndex', 'itemsPerPage', 'totalResults'],
  ],
);

function within<T extends readonly string[]>(places: readonly string[], names: readonly T[]): T[] {
  return places.flatMap((place) => names.map((set) => set.map((name) => place + name) as unknown as T));
}
