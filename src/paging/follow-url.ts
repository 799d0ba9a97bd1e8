import type { Request } from '../connection/connection';
import type { DecodedAnswer } from '../exchange/exchange';
import { Failure } from '../exchange/failure';
import { isNothing } from './field';
import type { Token } from './pager';

/**
 * The absolute URL that an answer names as the next one; undefined when it names none.
 *
 * @param from the URL that the answer came from, which a relative one is relative to (RFC 3986 section 5)
 * @throws Failure PAGING when it is no URL
 */
export function nextUrl(named: unknown, from: string, where: string): string | undefined {
  if (isNothing(named)) return undefined;
  if (typeof named !== 'string') throw new Failure('PAGING', `the next link in ${where} is not a text`);
  if (named.trim() === '') return undefined;
  const url = URL.parse(named.trim(), from);
  if (!url) throw new Failure('PAGING', `the next link in ${where} is not a URL: "${named}"`);
  return withoutHash(url.href);
}

/** Where an answer came from, as a next link would name it. */
export function hereUrl({ summary }: DecodedAnswer): string {
  return withoutHash(summary.url);
}

export function isUrl(token: Token): boolean {
  return typeof token === 'string' && URL.canParse(token);
}

function withoutHash(url: string): string {
  return url.replace(/#.*$/s, '');
}

/** The URL is as the server says, its query in place of the first request's. */
export function followUrl(first: Request, token: Token): Request {
  return { ...first, url: token as string, query: [] };
}
