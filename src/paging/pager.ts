import type { Request } from '../connection/connection';
import type { DecodedAnswer } from '../exchange/exchange';

/**
 * What tells one page from the others: a URL, a cursor, a number, or several named values. Plain JSON, so that a position
 * can be kept.
 */
export type Token = string | number | Readonly<Record<string, string | number | boolean>>;

/** A page that has just been read. */
export interface Turn {
  answer: DecodedAnswer;
  records: readonly unknown[];
  /** The token that it was asked with; undefined for a first request that went as it is. */
  token: Token | undefined;
}

/** A strategy: how the pages of one API hang together. It keeps nothing between two calls. */
export interface Pager {
  /** For messages and positions. */
  readonly kind: string;
  /** Changes with every option, so that a position of other settings is known. */
  readonly fingerprint: string;
  /** The token of the first page; undefined when the request is sent as it is. */
  readonly start?: Token;
  /**
   * Set where the tokens are counted here and not given by the server: the parameter that it may ignore, as a sentence
   * names it. Such tokens never repeat, so it is the pages that are compared.
   */
  readonly counted?: string;
  /** The token that a first request without one would have had, where its answer tells. */
  here?(answer: DecodedAnswer): Token;
  /** Whether a kept token can be one of this strategy. */
  accepts(token: Token): boolean;
  /**
   * The token of the page after this one, undefined after the last.
   *
   * @throws Failure PAGING when the answer contradicts itself or what it says cannot be used
   */
  next(turn: Turn): Token | undefined;
  /**
   * The first request with the change that asks for another page.
   *
   * @throws Failure INVALID_REQUEST when the request has no place for it
   */
  request(first: Request, token: Token): Request;
}

/** A pager as a strategy's file makes it: what is the same for all of them is added. */
export type Strategy = Omit<Pager, 'kind' | 'fingerprint'>;
