import type { Field } from '../../src/paging/field';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import type { Pager } from '../../src/paging/pager';
import type { Place } from '../../src/paging/place';
import type { PagingConfig } from './paging-config';
import { numberOf } from './settings';

type Kind = Exclude<PagingConfig['kind'], ''>;

const optionsOf: Readonly<Record<Kind, (config: PagingConfig) => PagingOptions>> = {
  'link-header': () => ({ kind: 'link-header' }),
  'next-url': ({ next }) => ({ kind: 'next-url', path: next.trim() }),
  cursor: (config) => ({
    kind: 'cursor',
    from: cursorField(config),
    to: placeOf(config),
    hasMore: bodyField(config.more),
  }),
  'page-number': (config) => ({
    kind: 'page-number',
    to: placeOf(config),
    start: numberOf(config.start, 'the first page'),
    pageSize: sizeOf(config),
    hasMore: bodyField(config.more),
    totalPages: bodyField(config.total),
  }),
  offset: (config) => ({
    kind: 'offset',
    to: placeOf(config),
    start: numberOf(config.start, 'the first offset'),
    pageSize: sizeOf(config),
    hasMore: bodyField(config.more),
    total: bodyField(config.total),
  }),
};

/** What asks for the pages, or undefined where there is one page alone. */
export interface CompiledPaging {
  pager: Pager;
  /** Added to the first request's query. */
  query: [string, string][];
  maxPages: number;
  maxRecords: number;
  maxSeconds: number;
}

/** @throws Failure CONFIG in a sentence */
export function compilePaging(config: PagingConfig): CompiledPaging | undefined {
  if (config.kind === '') return undefined;
  const size = sizeOf(config);
  const sizeParameter = config.sizeParameter.trim();
  return {
    pager: makePager(optionsOf[config.kind](config)),
    query: size !== undefined && sizeParameter ? [[sizeParameter, String(size)]] : [],
    maxPages: numberOf(config.maxPages, 'the number of pages'),
    maxRecords: numberOf(config.maxRecords, 'the number of records'),
    maxSeconds: numberOf(config.maxSeconds, 'the time for all pages'),
  };
}

function cursorField({ from, next }: PagingConfig): Field {
  const name = next.trim();
  return from === 'header' ? { header: name } : from === 'record' ? { record: name } : { path: name };
}

function bodyField(path: string): Field | undefined {
  return path.trim() ? { path: path.trim() } : undefined;
}

function placeOf({ to, parameter }: PagingConfig): Place {
  return { in: to, name: parameter.trim() };
}

function sizeOf({ size }: PagingConfig): number | undefined {
  return numberOf(size, 'the page size') || undefined;
}
