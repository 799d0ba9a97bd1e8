import { Failure } from '../exchange/failure';
import { checkField, isNothing, nameField, readField, saysNoMore, type Field } from './field';
import type { Strategy, Token } from './pager';
import { checkPlace, withToken, type Place } from './place';

/** Each answer has a token that asks for the next page. */
export interface CursorOptions {
  kind: 'cursor';
  /** Where it is. An object there, as MediaWiki's `continue`, puts each of its properties under its own name. */
  from: Field;
  to: Place;
  /** What says whether there is more, where a cursor alone does not. */
  hasMore?: Field;
}

export function cursor(options: CursorOptions): Strategy {
  const from = checkField(options.from, 'the cursor');
  const to = checkPlace(options.to, 'the cursor', true);
  const hasMore = options.hasMore && checkField(options.hasMore, '"has more"');
  const inRecord = 'record' in from;
  return {
    accepts: () => true,
    next(turn) {
      if (hasMore && saysNoMore(readField(hasMore, turn))) return undefined;
      const value = readField(from, turn);
      // a record's own property may be 0; a cursor that is 0 would be the first page
      const missing = inRecord ? isNothing(value) : saysNoMore(value) || isEmpty(value);
      if (!missing) return asToken(value, nameField(from), to.name !== '');
      if (!hasMore && !(inRecord && turn.records.length > 0)) return undefined;
      const more = hasMore ? `${nameField(hasMore)} says that there is more` : 'there may be more';
      throw new Failure('PAGING', `${more}, but ${nameField(from)} is missing`);
    },
    request: (first, token) => withToken(first, to, token),
  };
}

function isEmpty(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

function asToken(value: unknown, where: string, isNamed: boolean): Token {
  if (!isNamed && typeof value !== 'object') {
    throw new Failure('CONFIG', `the pages: the cursor, ${where}, has no name of its own, and none is set`);
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    throw new Failure('PAGING', `the cursor, ${where}, is a number too large to be exact`);
  }
  const entries =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
  if (
    entries.length > 0 &&
    entries.every(([, item]) => ['string', 'number', 'boolean'].includes(typeof item))
  ) {
    return value as Token;
  }
  throw new Failure('PAGING', `the cursor, ${where}, is neither a text nor a number nor an object of those`);
}
