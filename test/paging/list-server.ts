import type { ServerResponse } from 'node:http';
import type { Connection, Request } from '../../src/connection/connection';
import { ask, read, type DecodedAnswer } from '../../src/exchange/exchange';
import { parseStatuses } from '../../src/exchange/success';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import { pages, type Page, type PagesOptions } from '../../src/paging/pages';
import { startServer, type Received, type TestServer } from '../support/server';

/** One way to give a list in pages: how a page is asked for, and what leads on from it. */
export interface Style {
  options: PagingOptions;
  method?: string;
  body?: string;
  contentType?: string;
  /** The first record of the page that is asked for. */
  startOf(request: Received, url: URL): number;
  /** What the answer says beside the records; `next` is the number of the next page's first record. */
  answer(next: number | undefined, shown: Record<string, unknown>, response: ServerResponse): void;
}

const query = (name: string) => (_: Received, url: URL) => Number(url.searchParams.get(name) ?? 0);
const json = (name: string) => (request: Received) =>
  Number((JSON.parse(request.body.toString()) as Record<string, unknown>)[name] ?? 0);
const silent = () => {};

export const pageSize = 3;

export const styles: Record<string, Style> = {
  'Link header': {
    options: { kind: 'link-header' },
    startOf: query('from'),
    answer: (next, _, response) => {
      response.setHeader('Link', [
        '</list?from=0>; rel="first"; title="a, \\"b\\""',
        ...(next === undefined ? [] : [`<?from=${next}>; title=x; rel="last NEXT"`]),
      ]);
    },
  },
  'URL in the body': {
    options: { kind: 'next-url', path: '@odata.nextLink' },
    startOf: query('from'),
    answer: (next, shown) => (shown['@odata.nextLink'] = next === undefined ? null : `list?from=${next}`),
  },
  'cursor to the query': {
    options: { kind: 'cursor', from: { path: 'meta.next' }, to: { in: 'query', name: 'after' } },
    startOf: query('after'),
    answer: (next, shown) => (shown.meta = { next: next ?? '' }),
  },
  'cursor of a header to a header': {
    options: { kind: 'cursor', from: { header: 'X-Next' }, to: { in: 'header', name: 'X-After' } },
    startOf: ({ headers }) => Number(headers['x-after'] ?? 0),
    answer: (next, _, response) => next && response.setHeader('x-next', next),
  },
  'cursor to a JSON body': {
    options: { kind: 'cursor', from: { path: 'next' }, to: { in: 'body', name: 'page.after' } },
    method: 'POST',
    body: '{"q":"x","page":{"size":3},"big":12345678901234567890}',
    contentType: 'application/json',
    startOf: ({ body }) => (JSON.parse(body.toString()) as { page: { after?: number } }).page.after ?? 0,
    answer: (next, shown) => (shown.next = next),
  },
  'cursor to a form': {
    options: { kind: 'cursor', from: { path: 'next' }, to: { in: 'body', name: 'after' } },
    method: 'POST',
    body: 'q=a+b&q=c',
    contentType: 'application/x-www-form-urlencoded',
    startOf: ({ body }) => Number(new URLSearchParams(body.toString()).get('after') ?? 0),
    answer: (next, shown) => (shown.next = next ?? false),
  },
  'cursor of several parameters': {
    options: { kind: 'cursor', from: { path: 'continue' }, to: { in: 'query', name: '' } },
    startOf: (_, url) => Number(url.searchParams.get('gap')?.slice(1) ?? 0),
    answer: (next, shown) => next && (shown.continue = { gap: `a${next}`, continue: '-||' }),
  },
  'the last record with has-more': {
    options: {
      kind: 'cursor',
      from: { record: 'id' },
      to: { in: 'query', name: 'starting_after' },
      hasMore: { path: 'has_more' },
    },
    startOf: (_, url) =>
      url.searchParams.has('starting_after') ? Number(url.searchParams.get('starting_after')) + 1 : 0,
    answer: (next, shown) => (shown.has_more = next !== undefined),
  },
  'the last record until a page is empty': {
    options: { kind: 'cursor', from: { record: 'id' }, to: { in: 'query', name: 'since_id' } },
    startOf: (_, url) =>
      url.searchParams.has('since_id') ? Number(url.searchParams.get('since_id')) + 1 : 0,
    answer: silent,
  },
  'page number until a page is empty': {
    options: { kind: 'page-number', to: { in: 'query', name: 'page' } },
    startOf: (request, url) => (query('page')(request, url) - 1) * pageSize,
    answer: silent,
  },
  'page number from 0 with a page size': {
    options: { kind: 'page-number', to: { in: 'header', name: 'X-Page' }, start: 0, pageSize },
    startOf: ({ headers }) => Number(headers['x-page']) * pageSize,
    answer: silent,
  },
  'page number with a total': {
    options: { kind: 'page-number', to: { in: 'query', name: 'p' }, totalPages: { header: 'X-Pages' } },
    startOf: (request, url) => (query('p')(request, url) - 1) * pageSize,
    answer: (_, shown, response) => response.setHeader('X-Pages', Math.ceil(Number(shown.total) / pageSize)),
  },
  'page number in a JSON body with has-more': {
    options: { kind: 'page-number', to: { in: 'body', name: 'page' }, hasMore: { path: 'more' } },
    method: 'QUERY',
    body: '{"filter":["a"]}',
    contentType: 'application/vnd.api+json',
    startOf: (request) => (json('page')(request) - 1) * pageSize,
    answer: (next, shown) => (shown.more = next !== undefined),
  },
  'offset by what came': {
    options: { kind: 'offset', to: { in: 'query', name: 'offset' } },
    startOf: query('offset'),
    answer: silent,
  },
  'offset by the page size, with a total': {
    options: { kind: 'offset', to: { in: 'query', name: 'skip' }, pageSize, total: { path: 'total' } },
    startOf: query('skip'),
    answer: silent,
  },
};

export interface ListServer extends TestServer {
  /** How many of the next answers fail, from which request on: request number to status. */
  faults: Map<number, number>;
}

/** A real server with so many records `{ id }` in the given style, at /list. */
export async function listServer(style: Style, count: number): Promise<ListServer> {
  const faults = new Map<number, number>();
  const server = await startServer((request, response) => {
    const fault = faults.get(server.received.length);
    if (fault === 0) return void response.socket!.destroy();
    const from = style.startOf(request, new URL(request.url, 'http://x'));
    const data = Array.from({ length: count }, (_, id) => ({ id })).slice(from, from + pageSize);
    const shown: Record<string, unknown> = { data, total: count };
    style.answer(from + pageSize < count ? from + pageSize : undefined, shown, response);
    response.writeHead(fault ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(shown));
  });
  return Object.assign(server, { faults });
}

export function firstOf(style: Style, url: string): Request {
  const { method = 'GET', body, contentType } = style;
  return {
    method,
    url: `${url}/list?keep=%7e`,
    query: [['sort', 'a b']],
    headers: { 'X-Own': 'v', ...(contentType ? { 'Content-Type': contentType } : {}) },
    body: body === undefined ? undefined : Buffer.from(body),
  };
}

/** As the exchange does it: a status that is no success is a failure. */
export function sendBy(connection: Connection): (request: Request) => Promise<DecodedAnswer> {
  const plan = { isSuccess: parseStatuses('2xx'), decode: 'auto' as const };
  return async (request) => read(plan, request, await ask(plan, request, connection), connection);
}

export const uncapped = { recordsPath: '', maxPages: 0, maxRecords: 0, maxSeconds: 0, clock: Date };

export function pagesOf(
  connection: Connection,
  first: Request,
  paging: PagingOptions,
  options: Partial<PagesOptions> = {},
): AsyncGenerator<Page, void, undefined> {
  return pages(first, makePager(paging), { ...uncapped, send: sendBy(connection), ...options });
}

/** All that comes until the end or a failure. */
export async function collect(
  series: AsyncGenerator<Page, void, undefined>,
): Promise<{ pages: Page[]; records: unknown[]; error?: unknown }> {
  const got: Page[] = [];
  const result = (error?: unknown) => ({ pages: got, records: got.flatMap(({ records }) => records), error });
  try {
    for await (const page of series) got.push(page);
  } catch (error) {
    return result(error);
  }
  return result();
}
