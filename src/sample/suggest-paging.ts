import { getHeader, type HeaderFields } from '../connection/headers';
import { asCount, propertyAt } from '../paging/field';
import { parseLinks } from '../paging/links';
import type { PagingOptions } from '../paging/make-pager';
import {
  cursors,
  listNames,
  moreNames,
  offsetNames,
  offsetTriples,
  pageNames,
  pagePairs,
  totalPagesHeaders,
  urlPaths,
} from './paging-names';

/** A real answer, and the URL that it came from. */
export interface SampleAnswer {
  url: string;
  headers: HeaderFields;
  /** Decoded. */
  body: unknown;
}

export interface PagingSuggestion {
  options: PagingOptions;
  /** What in the answer speaks for it: a sentence without its first capital and its full stop. */
  reason: string;
}

type Sign = (answer: SampleAnswer) => PagingSuggestion | undefined;

/**
 * How an API seems to give its lists in pages, the surest first. A cursor or a link may be missing on a last page, and
 * with them the sign.
 */
export function suggestPaging(answer: SampleAnswer): PagingSuggestion[] {
  return signs.flatMap((sign) => sign(answer) ?? []);
}

/** A link in the header, which nothing but pages uses. */
const linkHeader: Sign = ({ headers }) => {
  const links = parseLinks(getHeader(headers, 'link') ?? '');
  if (!links.some(({ rels, anchor }) => anchor === undefined && rels.includes('next'))) return undefined;
  return {
    options: { kind: 'link-header' },
    reason: 'the answer has a Link header with the relation "next"',
  };
};

const nextUrl: Sign = ({ body }) => {
  const path = urlPaths.find((path) => isLink(propertyAt(body, path)));
  return path === undefined
    ? undefined
    : { options: { kind: 'next-url', path }, reason: `"${path}" in the answer is a URL` };
};

const several: Sign = ({ body }) => {
  const value = propertyAt(body, 'continue');
  if (
    value === null ||
    typeof value !== 'object' ||
    Array.isArray(value) ||
    Object.keys(value).length === 0
  ) {
    return undefined;
  }
  return {
    options: { kind: 'cursor', from: { path: 'continue' }, to: { in: 'query', name: '' } },
    reason: '"continue" in the answer has the parameters that the next request needs',
  };
};

const cursor: Sign = ({ body }) => {
  const found = cursors.find(([path]) => isCursor(propertyAt(body, path)));
  if (!found) return undefined;
  const [path, name] = found;
  const more = moreWithin(body, path);
  const says = more ? `, and "${more}" says whether there is more` : '';
  return {
    options: {
      kind: 'cursor',
      from: { path },
      to: { in: 'query', name },
      ...(more ? { hasMore: { path: more } } : {}),
    },
    reason: `"${path}" in the answer looks like a cursor${says}; "${name}" is what such APIs mostly call its parameter`,
  };
};

/** No cursor, only "has more": the last record's id leads on. */
const lastRecord: Sign = ({ body }) => {
  const list = listNames.map((name) => propertyAt(body, name)).find(Array.isArray) as unknown[] | undefined;
  const id = propertyAt(list?.at(-1), 'id');
  if (
    typeof propertyAt(body, 'has_more') !== 'boolean' ||
    (typeof id !== 'string' && typeof id !== 'number')
  ) {
    return undefined;
  }
  if (cursor({ url: '', headers: {}, body }) || several({ url: '', headers: {}, body })) return undefined;
  return {
    options: {
      kind: 'cursor',
      from: { record: 'id' },
      to: { in: 'query', name: 'starting_after' },
      hasMore: { path: 'has_more' },
    },
    reason:
      '"has_more" in the answer says whether there is more, and no cursor is there: the last record has an id',
  };
};

const pageNumber: Sign = (answer) => {
  const [path, total] = pagePairs.find((pair) => pair.every((path) => isCountAt(answer.body, path))) ?? [];
  if (path !== undefined && total !== undefined) {
    const name =
      queryNameOf(answer, pageNames) ?? pageNames.find((name) => name === path.split('.').at(-1)) ?? 'page';
    const start = asCount(propertyAt(answer.body, path)) === 0 ? { start: 0 } : {};
    return {
      options: { kind: 'page-number', to: { in: 'query', name }, ...start, totalPages: { path: total } },
      reason: `"${path}" and "${total}" in the answer count pages`,
    };
  }
  const header = totalPagesHeaders.find((name) => asCount(getHeader(answer.headers, name)) !== undefined);
  if (header === undefined) return undefined;
  return {
    options: {
      kind: 'page-number',
      to: { in: 'query', name: queryNameOf(answer, pageNames) ?? 'page' },
      totalPages: { header },
    },
    reason: `the header "${header}" says how many pages there are`,
  };
};

const offset: Sign = (answer) => {
  const found = offsetTriples.find((triple) => triple.every((path) => isCountAt(answer.body, path)));
  if (!found) return undefined;
  const [path, size, total] = found;
  return {
    options: {
      kind: 'offset',
      to: { in: 'query', name: queryNameOf(answer, offsetNames) ?? path.split('.').at(-1)! },
      ...(asCount(propertyAt(answer.body, path)) === 1 ? { start: 1 } : {}),
      total: { path: total },
    },
    reason: `"${path}", "${size}" and "${total}" in the answer count records`,
  };
};

/** The answer says nothing, but the request had a parameter of that name. */
const asked: Sign = (answer) => {
  const page = queryNameOf(answer, pageNames);
  const skip = queryNameOf(answer, offsetNames);
  const name = page ?? skip;
  if (name === undefined || [pageNumber, offset].some((sign) => sign(answer))) return undefined;
  const kind = page === undefined ? 'offset' : 'page-number';
  const start =
    asCount(new URL(answer.url).searchParams.get(name)) === 0 && page !== undefined ? { start: 0 } : {};
  return {
    options: { kind, to: { in: 'query', name }, ...start },
    reason: `the request has the parameter "${name}"; it goes on until a page is empty`,
  };
};

const signs: readonly Sign[] = [linkHeader, nextUrl, several, cursor, lastRecord, pageNumber, offset, asked];

function isLink(value: unknown): boolean {
  return typeof value === 'string' && /^(?:https?:\/\/|\/|\?)\S+$/i.test(value);
}

function isCursor(value: unknown): boolean {
  if (typeof value === 'number') return value > 0;
  return typeof value === 'string' && value !== '' && value.length < 4096 && !isLink(value);
}

function isCountAt(body: unknown, path: string): boolean {
  return asCount(propertyAt(body, path)) !== undefined;
}

/** The "has more" beside a cursor, or at the top. */
function moreWithin(body: unknown, path: string): string | undefined {
  const owner = path.slice(0, path.lastIndexOf('.') + 1);
  const paths = [owner, ''].flatMap((place) => moreNames.map((name) => place + name));
  return paths.find((path) => typeof propertyAt(body, path) === 'boolean');
}

function queryNameOf({ url }: SampleAnswer, names: readonly string[]): string | undefined {
  const query = URL.parse(url)?.searchParams;
  return query && names.find((name) => query.has(name));
}
