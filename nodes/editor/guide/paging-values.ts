import type { Field } from '../../../src/paging/field';
import type { PagingOptions } from '../../../src/paging/make-pager';
import type { PagingConfig } from '../../runtime/paging-config';

type Fields = Omit<PagingConfig, 'maxPages' | 'maxRecords' | 'maxSeconds'>;

const none: Fields = {
  kind: '',
  next: '',
  from: 'body',
  to: 'query',
  parameter: '',
  start: 1,
  size: 0,
  sizeParameter: '',
  more: '',
  total: '',
};

/**
 * The dialog's fields for pages that were recognised in an answer (src/sample/suggest-paging.ts): all but the caps, which
 * stay. A total in a header has no field: the pages then end with the first that is empty.
 */
export function pagingValues(options: PagingOptions): Fields {
  if (options.kind === 'link-header') return { ...none, kind: options.kind };
  if (options.kind === 'next-url') return { ...none, kind: options.kind, next: options.path };
  const { kind, to, hasMore } = options;
  const carried = {
    ...none,
    kind,
    to: to.in,
    parameter: to.name,
    more: pathOf(hasMore),
  };
  if (options.kind === 'cursor') return { ...carried, ...cursorOf(options.from) };
  const { start = kind === 'offset' ? 0 : 1, pageSize = 0 } = options;
  const total = 'total' in options ? options.total : 'totalPages' in options ? options.totalPages : undefined;
  return { ...carried, start, size: pageSize, total: pathOf(total) };
}

function cursorOf(field: Field): Pick<PagingConfig, 'from' | 'next'> {
  if ('header' in field) return { from: 'header', next: field.header };
  return 'record' in field ? { from: 'record', next: field.record } : { from: 'body', next: field.path };
}

function pathOf(field: Field | undefined): string {
  return field && 'path' in field ? field.path : '';
}
