import { classify, Failure } from '../exchange/failure';
import { isSpent } from './body';
import { noAuthentication, type Authenticator } from './auth/authenticator';
import type { Cookies } from './cookie-jar';
import { isRedirect, redirectOf } from './redirects';
import type { Scope } from './scope';
import type { Head, Hop, HopAnswer, Sending, Transport } from './transport';
import type { WireRules } from './wire';

/** Where a request ended after its redirects. */
export interface Journey {
  answer: HopAnswer;
  last: Hop;
  /** The URLs that were left; redacted. */
  left: string[];
}

/** What every journey over a connection has in common. */
export interface Ways {
  scope: Scope;
  authenticator: Authenticator;
  transport: Transport;
  cookies?: Cookies;
  redact: (text: string) => string;
}

/** What holds for one journey. */
export interface Travel {
  rules: WireRules & { maxRedirects: number };
  /** The body of the last answer is left on its way. */
  streamed: boolean;
  /** Told of each hop just before it leaves. */
  onHop?: (hop: Hop) => void;
}

/**
 * Follows a request to its last answer. Each hop gets the credentials anew, and only inside the scope: a redirect elsewhere
 * carries none.
 */
export async function follow(ways: Ways, first: Hop, travel: Travel, signal: AbortSignal): Promise<Journey> {
  const { maxRedirects } = travel.rules;
  const left: string[] = [];
  for (let hop = first; ;) {
    const trusted = trusts(ways.scope, hop.url, first.url);
    let answer: HopAnswer;
    try {
      answer = await exchange(ways, hop, trusted, travel, signal);
    } catch (error) {
      const failure = classify(error);
      // not the request that was asked for, but the one that failed
      if (hop !== first) failure.request ??= { method: hop.method, url: hop.url.href };
      throw failure;
    }
    const next = maxRedirects > 0 ? redirectOf(hop, answer) : undefined;
    if (!next) return { answer, last: hop, left };
    left.push(ways.redact(hop.url.href));
    if (left.length > maxRedirects) {
      throw new Failure('TOO_MANY_REDIRECTS', `more than ${maxRedirects} redirects`);
    }
    if (isSpent(next.body)) {
      throw new Failure(
        'INVALID_REQUEST',
        `the redirect (${answer.statusCode}) asks for the body once more, and this one can be read only once`,
      );
    }
    hop = next;
  }
}

/** One hop with its cookies and its credentials; once more when those had expired. */
async function exchange(
  { transport, cookies, authenticator: ours }: Ways,
  hop: Hop,
  trusted: boolean,
  { rules, streamed, onHop }: Travel,
  signal: AbortSignal,
): Promise<HopAnswer> {
  const authenticator = trusted ? ours : noAuthentication;
  const how: Sending = { trusted, rules, onHop };
  if (streamed) how.streamed = (head) => isLast(head, authenticator, rules.maxRedirects > 0);
  if (authenticator === noAuthentication && !cookies) return transport.send(hop, signal, how);
  const attempt = async (): Promise<[Hop, HopAnswer]> => {
    const sent: Hop = { ...hop, url: new URL(hop.url), headers: { ...hop.headers } };
    await cookies?.attach(sent, trusted);
    await authenticator.authorize(sent, signal);
    const answer = authenticator.exchange
      ? await authenticator.exchange(sent, () => transport.lane(), signal, how)
      : await transport.send(sent, signal, how);
    await held(answer, cookies?.store(sent, answer, trusted));
    return [sent, answer];
  };
  const [sent, answer] = await attempt();
  if (!(await held(answer, authenticator.renew?.(answer, sent, signal)))) return answer;
  if (isSpent(hop.body)) return answer;
  answer.incoming?.discard();
  const [again, last] = await attempt();
  authenticator.settled?.(last, again);
  return last;
}

/** Waits for work on an answer; a body on its way ends when that fails. */
async function held<T>(answer: HopAnswer, work: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    answer.incoming?.discard();
    throw error;
  }
}

/** Whether nothing follows an answer with this head, so that its body need not be looked at. */
function isLast(head: Head, authenticator: Authenticator, redirects: boolean): boolean {
  if (redirects && isRedirect(head)) return false;
  const looks = 'renew' in authenticator || 'exchange' in authenticator;
  return !(head.statusCode >= 400 && looks) && !authenticator.readsBody?.(head);
}

/**
 * Whether a hop may carry credentials: within the scope, but not in clear after a redirect from https; where nothing bounds
 * the connection, only at the origin that the request itself named.
 */
function trusts(scope: Scope, url: URL, first: URL): boolean {
  if (url === first) return true;
  if (!scope.bounded) return url.origin === first.origin;
  return scope.covers(url) && (url.protocol === 'https:' || url.protocol === first.protocol);
}
