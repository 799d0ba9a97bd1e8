import { createHash } from 'node:crypto';
import { Failure } from '../exchange/failure';
import { cursor, type CursorOptions } from './cursor';
import { linkHeader, type LinkHeaderOptions } from './link-header';
import { nextUrlIn, type NextUrlOptions } from './next-url';
import { offset, type OffsetOptions } from './offset';
import { pageNumber, type PageNumberOptions } from './page-number';
import type { Pager, Strategy } from './pager';

/** How an API gives its lists in pages: plain data, as a node's settings hold it. */
export type PagingOptions =
  LinkHeaderOptions | NextUrlOptions | CursorOptions | PageNumberOptions | OffsetOptions;

type Kind = PagingOptions['kind'];

const strategies: {
  readonly [K in Kind]: (options: Extract<PagingOptions, { kind: K }>) => Strategy;
} = {
  'link-header': linkHeader,
  'next-url': nextUrlIn,
  cursor,
  'page-number': pageNumber,
  offset,
};

/** @throws Failure CONFIG, in a sentence, for options that cannot work */
export function makePager(options: PagingOptions): Pager {
  const { kind } = options;
  if (!Object.hasOwn(strategies, kind)) {
    throw new Failure('CONFIG', `the pages: "${String(kind)}" is not a way to ask for the next page`);
  }
  const make = strategies[kind] as (options: PagingOptions) => Strategy;
  return { ...make(options), kind, fingerprint: fingerprint(options) };
}

/** A short text for options, the same in every process; the order of the properties does not matter. */
function fingerprint(options: object): string {
  const sorted = (_: string, value: unknown): unknown =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(options, sorted)).digest('base64url').slice(0, 22);
}
