import { Failure } from '../../exchange/failure';
import { getHeader, setHeader } from '../headers';
import type { Hop, HopAnswer } from '../transport';
import type { Authenticator } from './authenticator';
import type { TokenConnection } from './token-request';
import type { Tokens, TokenSet, TokenStore } from './tokens';

/** Where a token goes in a request. */
export interface TokenPlace {
  in: 'header' | 'query' | 'cookie';
  /** Of the header, parameter or cookie; '' for a cookie line that holds names already. */
  name: string;
  /** Header only: what stands before the token. One that ends with a letter or a digit is followed by a blank. */
  prefix: string;
}

/** RFC 6750 section 2.1. */
export const bearerHeader: TokenPlace = { in: 'header', name: 'Authorization', prefix: 'Bearer' };

/** Which answers say that the token has expired: one of these statuses, or a condition on the answer. */
export interface ExpiredCondition {
  statuses: readonly number[];
  matches?: (answer: HopAnswer) => boolean | Promise<boolean>;
  /** Whether `matches` looks at bodies; left out for yes. */
  readsBody?: boolean;
}

/** RFC 6750 section 3.1: `invalid_token` comes with 401. */
export const expiredOn401: ExpiredCondition = { statuses: [401] };

/** Types in which a server may say that a token has expired; not those that come line by line without an end. */
const isText = /^(?!.*(?:ndjson|jsonl|json-seq|event-stream)).*(?:json|xml|text\/)/i;

/** An authenticator over tokens that are renewed. */
export interface TokenAuthenticator extends Authenticator {
  /** Somebody else has written the stored token: the next request reads it. */
  reload(): void;
}

export interface TokenAuthenticatorOptions {
  place?: TokenPlace;
  expired?: ExpiredCondition;
  /** Ends what the scheme opened, after the tokens are safe. */
  close?: () => Promise<void>;
}

/** What every scheme with tokens takes beside its own settings. */
export interface TokenScheme extends Omit<TokenAuthenticatorOptions, 'close'> {
  /** For token calls; closed with the authenticator. */
  http: TokenConnection;
  /** Where tokens outlive the process. */
  store?: TokenStore;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Is told in a sentence what went wrong without ending a request. */
  warn: (sentence: string) => void;
}

/** @throws Failure CONFIG when the place has no name */
export function tokenAuthenticator(
  tokens: Tokens,
  { place = bearerHeader, expired = expiredOn401, close }: TokenAuthenticatorOptions = {},
): TokenAuthenticator {
  if (!place.name && place.in !== 'cookie') {
    throw new Failure('CONFIG', `the ${place.in} that the token goes to has no name`);
  }
  const prefix = /[a-z0-9]$/i.test(place.prefix) ? `${place.prefix} ` : place.prefix;
  /** With which set a hop was sent: its answer speaks about that one. */
  const carried = new WeakMap<Hop, TokenSet>();

  function put(hop: Hop, set: TokenSet): void {
    carried.set(hop, set);
    if (place.in === 'header') setHeader(hop.headers, place.name, prefix + set.accessToken);
    if (place.in === 'query') addToQuery(hop.url, place.name, set.accessToken);
    if (place.in === 'cookie') addCookie(hop, place.name, set.accessToken);
  }

  return {
    authorize(hop, signal) {
      const fresh = tokens.fresh();
      if (fresh) return put(hop, fresh);
      return tokens.usable(signal).then((set) => put(hop, set));
    },
    async renew(answer, hop, signal) {
      const refused = carried.get(hop);
      if (!refused) return false;
      const says = expired.statuses.includes(answer.statusCode) || (await expired.matches?.(answer));
      return says ? (await tokens.instead(refused, signal)) !== undefined : false;
    },
    readsBody: ({ headers }) =>
      expired.matches !== undefined &&
      expired.readsBody !== false &&
      isText.test(getHeader(headers, 'content-type') ?? ''),
    secrets: () => tokens.secrets(),
    reload: () => tokens.reload(),
    async close() {
      await tokens.close();
      await close?.();
    },
  };
}

/** RFC 6750 section 2.3. The rest of the query keeps its encoding, unless the name is there already. */
function addToQuery(url: URL, name: string, value: string): void {
  if (url.searchParams.has(name)) return url.searchParams.set(name, value);
  const pair = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  url.search = url.search ? `${url.search}&${pair}` : pair;
}

/** RFC 6265 section 4.2: one line for all cookies; one of the same name is replaced. */
function addCookie(hop: Hop, name: string, value: string): void {
  const others = (getHeader(hop.headers, 'cookie') ?? '')
    .split(/;\s*/)
    .filter((pair) => pair && (!name || pair.slice(0, pair.indexOf('=')) !== name));
  setHeader(hop.headers, 'Cookie', [...others, name ? `${name}=${value}` : value].join('; '));
}
