import { Failure } from '../exchange/failure';
import { asCount, checkField, readField, saysNoMore, type Field } from './field';
import type { Strategy, Turn } from './pager';
import { checkPlace, namePlace, withToken, type Place } from './place';

/** What page numbers and offsets have in common. */
export interface CountingOptions {
  to: Place;
  start?: number;
  /** How many records a full page has, where that is sure: a page with fewer is then the last. */
  pageSize?: number;
  /** What says whether there is more. */
  hasMore?: Field;
}

export interface Counting {
  /** For a sentence, such as "the page number". */
  what: string;
  start: number;
  /** The number that follows. */
  after: (number: number, turn: Turn) => number;
  /** What says how far the numbers go, and from that the first number that there is not. */
  total: Field | undefined;
  end: (total: number) => number;
}

/**
 * Pages by a number that is counted here. It ends with an empty page; before that by what the answer says of more or of
 * a total, or else by a page that is not full.
 *
 * @throws Failure CONFIG
 */
export function counting(options: CountingOptions, { what, start, after, total, end }: Counting): Strategy {
  const to = checkPlace(options.to, what);
  const { pageSize } = options;
  const hasMore = options.hasMore && checkField(options.hasMore, '"has more"');
  if (total) checkField(total, 'the total');
  if (asCount(start) !== start) throw new Failure('CONFIG', `the pages: ${what} starts at no whole number`);
  if (pageSize !== undefined && !(asCount(pageSize) === pageSize && pageSize > 0)) {
    throw new Failure('CONFIG', 'the pages: the page size is not a whole number above 0');
  }
  return {
    start,
    counted: namePlace(to),
    accepts: (token) => asCount(token) === token,
    next(turn) {
      if (turn.records.length === 0) return undefined;
      const next = after(Number(turn.token), turn);
      if (hasMore) return saysNoMore(readField(hasMore, turn)) ? undefined : next;
      const known = total && asCount(readField(total, turn));
      if (known !== undefined) return next < end(known) ? next : undefined;
      return pageSize !== undefined && turn.records.length < pageSize ? undefined : next;
    },
    request: (first, token) => withToken(first, to, token),
  };
}
