import { randomBytes } from 'node:crypto';
import { Failure } from '../../exchange/failure';
import { isStreamed, type StreamBody } from '../body';
import { getHeader, setHeader } from '../headers';
import type { Hop, HopAnswer } from '../transport';
import type { Authenticator } from './authenticator';
import { parseChallenges } from './challenge';
import { chooseDigest, digestAuthorization, hashStreamed, type DigestChallenge } from './digest-response';

/** A nonce of a server and how often it was used. */
interface NonceInUse {
  challenge: DigestChallenge;
  /** The same for as long as the nonce: `-sess` binds its key to both (RFC 7616 section 3.4.2). */
  cnonce: string;
  count: number;
  /** It came with an earlier answer, so by the time it is used it may have expired. */
  early: boolean;
}

const mostServers = 100;
/** `nc` has eight hexadecimal digits (RFC 7616 section 3.4). */
const lastCount = 0xffffffff;

/**
 * HTTP Digest (RFC 7616, and the older RFC 2617 and 2069). The first request to a server goes without credentials and is
 * repeated with them when the server has sent a nonce; the nonce is then kept and used with a rising count, by concurrent
 * requests too, until the server names another.
 *
 * @param newCnonce makes the client's nonce: printable characters that nobody can guess
 * @throws Failure CONFIG when there is no user name, or one with control characters, which no header can carry
 */
export function digest(
  username: string,
  password: string,
  newCnonce: () => string = () => randomBytes(18).toString('base64url'),
): Authenticator {
  if (!username) throw new Failure('CONFIG', 'the user name for digest is empty');
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(username)) {
    throw new Failure('CONFIG', 'a user name for digest must not hold control characters');
  }
  /** By origin. A nonce belongs to one server (RFC 7616 section 3.3). */
  const nonces = new Map<string, NonceInUse>();
  const secrets = [password];

  function keep(origin: string, challenge: DigestChallenge, early: boolean): void {
    nonces.delete(origin);
    if (nonces.size >= mostServers) nonces.delete(nonces.keys().next().value!);
    nonces.set(origin, { challenge, cnonce: newCnonce(), count: 0, early });
  }

  /** After a 401: whether the request can be made again with a nonce that it has not been refused with. */
  function challenged(answer: HopAnswer, hop: Hop): boolean {
    const challenge = chooseDigest(parseChallenges(getHeader(answer.headers, 'www-authenticate') ?? ''));
    if (!challenge) return false;
    const { origin } = hop.url;
    const known = nonces.get(origin);
    const used = usedNonce(hop);
    if (known && sameSpace(known.challenge, challenge)) {
      // another request has fetched a nonce while this one was under way
      if (known.challenge.nonce !== used?.nonce) return true;
      // refused with a nonce that the server had only just given: the credentials are wrong. Begin anew next time
      if ((used.count ?? known.count) === 1 && !known.early && !challenge.stale) {
        nonces.delete(origin);
        return false;
      }
    }
    keep(origin, challenge, false);
    return true;
  }

  /** The server may name the nonce that it wants used from now on (RFC 7616 section 3.5). */
  function informed(answer: HopAnswer, hop: Hop): void {
    const info = getHeader(answer.headers, 'authentication-info');
    const next = info && parseChallenges(`info ${info}`)[0]?.params.get('nextnonce');
    const known = nonces.get(hop.url.origin);
    if (!next || !known || next === known.challenge.nonce) return;
    if (known.challenge.nonce === usedNonce(hop)?.nonce) {
      keep(hop.url.origin, { ...known.challenge, nonce: next }, true);
    }
  }

  /** Whether the request can be made again with a fresh nonce. */
  function look(answer: HopAnswer, hop: Hop): boolean {
    if (answer.statusCode === 401) return challenged(answer, hop);
    informed(answer, hop);
    return false;
  }

  function put(hop: Hop, known: NonceInUse, body: Buffer | { hash: string }): void {
    const value = digestAuthorization({
      challenge: known.challenge,
      username,
      password,
      method: hop.method,
      uri: hop.url.pathname + hop.url.search,
      body,
      cnonce: known.cnonce,
      count: ++known.count,
    });
    setHeader(hop.headers, 'Authorization', value);
  }

  /** The nonce to use, unless it is used up. */
  function nonceFor(origin: string): NonceInUse | undefined {
    const known = nonces.get(origin);
    if (!known || known.count < lastCount) return known;
    nonces.delete(origin);
    return undefined;
  }

  /** Reads the body before it takes a count, so that counts leave in their order; a challenge may come meanwhile. */
  async function putStreamed(hop: Hop, body: StreamBody, signal: AbortSignal): Promise<void> {
    for (let known = nonceFor(hop.url.origin); known;) {
      const { algorithm } = known.challenge;
      const hash = await hashStreamed(body, algorithm, signal);
      known = nonceFor(hop.url.origin);
      if (known?.challenge.algorithm === algorithm) return put(hop, known, hash);
    }
  }

  return {
    authorize(hop, signal) {
      const known = nonceFor(hop.url.origin);
      if (!known) return;
      if (isStreamed(hop.body) && known.challenge.qop === 'auth-int') {
        return putStreamed(hop, hop.body, signal);
      }
      put(hop, known, Buffer.isBuffer(hop.body) ? hop.body : Buffer.alloc(0));
    },
    renew: (answer, hop) => Promise.resolve(look(answer, hop)),
    settled: (answer, hop) => void look(answer, hop),
    secrets: () => secrets,
  };
}

/** What a hop was authorised with; the count is missing where there is no quality of protection. */
function usedNonce(hop: Hop): { nonce: string; count?: number } | undefined {
  const credentials = parseChallenges(getHeader(hop.headers, 'authorization') ?? '')[0];
  const nonce = credentials?.scheme === 'digest' ? credentials.params.get('nonce') : undefined;
  if (nonce === undefined) return undefined;
  const nc = credentials!.params.get('nc');
  return { nonce, count: nc === undefined ? undefined : parseInt(nc, 16) };
}

/** Whether the same credentials answer both challenges. */
function sameSpace(a: DigestChallenge, b: DigestChallenge): boolean {
  return a.realm === b.realm && a.algorithm === b.algorithm && a.session === b.session && a.qop === b.qop;
}
