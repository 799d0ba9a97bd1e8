/** A list of rows behind HTTP that can be asked by time and by page, and misbehaves when it is told to. */
import type { ServerResponse } from 'node:http';
import { makePager } from '../../src/paging/make-pager';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

export interface Row {
  id: unknown;
  at?: unknown;
  [property: string]: unknown;
}

export class Feed {
  rows: Row[] = [];
  /** The newest first. */
  newestFirst = false;
  /** Rows in a page, 0 for all of them. */
  pageSize = 0;
  /** With `since`: only rows after it, or also those at it. */
  strict = false;
  /** Headers of each answer. */
  headers: Record<string, string> = {};
  /** Is called before each answer; it can change the rows, and answer by itself (then true). */
  before: (request: Received, response: ServerResponse) => boolean | void = () => {};
  server!: TestServer;

  async open(): Promise<this> {
    this.server = await startServer((request, response) => {
      if (this.before(request, response)) return;
      const query = new URL(request.url, 'http://feed').searchParams;
      for (const [name, value] of Object.entries(this.headers)) response.setHeader(name, value);
      const etag = response.getHeader('etag');
      if (etag !== undefined && request.headers['if-none-match'] === etag) {
        response.writeHead(304);
        return void response.end();
      }
      sendJson(response, { rows: this.#page(query) });
    });
    return this;
  }

  /** The paths and queries that were asked for. */
  get asked(): string[] {
    return this.server.received.map(({ url }) => decodeURIComponent(url));
  }

  add(id: unknown, at?: unknown, more: object = {}): void {
    this.rows.push({ id, ...(at === undefined ? {} : { at }), ...more });
  }

  #page(query: URLSearchParams): Row[] {
    const since = query.get('since') ?? '';
    const after = (row: Row) =>
      since === '' || (this.strict ? String(row.at) > since : String(row.at) >= since);
    const rows = this.rows.filter(after);
    if (this.newestFirst) rows.reverse();
    if (this.pageSize === 0) return rows;
    const first = (Number(query.get('page') ?? 1) - 1) * this.pageSize;
    return rows.slice(first, first + this.pageSize);
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** How a poll asks a feed: everything, from the cursor on, or in pages. */
export const everything = { path: '/feed', records: 'rows' };
export const fromCursor = { path: '/feed?since={{cursor}}', records: 'rows' };
export const inPages = (path = '/feed', maxPages = 100) => ({
  path,
  records: 'rows',
  paging: {
    pager: makePager({ kind: 'page-number', to: { in: 'query', name: 'page' } }),
    maxPages,
    maxRecords: 0,
    maxSeconds: 0,
  },
});
