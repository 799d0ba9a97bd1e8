import { CookieJar } from 'tough-cookie';
import { getHeader, setHeader } from './headers';
import type { Hop, HopAnswer } from './transport';

/**
 * Keeps the cookies of a connection in memory and sends each where it belongs (RFC 6265, public suffixes checked). That
 * rule looks neither at the port nor at the scheme, so where a redirect leads out of the connection's scope, an origin gets
 * back what it has set itself and nothing else.
 */
export class Cookies {
  readonly #jar = new CookieJar(undefined, { looseMode: true });
  /** By origin. */
  readonly #elsewhere = new Map<string, CookieJar>();

  /**
   * Adds the cookies that belong to the hop's URL; one that the request sets itself is left as it is.
   *
   * @param trusted whether the hop lies inside the connection's scope
   */
  async attach(hop: Hop, trusted: boolean): Promise<void> {
    const own = getHeader(hop.headers, 'cookie');
    const names = new Set(own?.split(';').map((pair) => pair.split('=')[0]!.trim()));
    const jar = trusted ? this.#jar : this.#elsewhere.get(hop.url.origin);
    const kept = ((await jar?.getCookies(hop.url.href)) ?? []).filter((cookie) => !names.has(cookie.key));
    if (kept.length === 0) return;
    const pairs = [...(own ? [own] : []), ...kept.map((cookie) => cookie.cookieString())];
    setHeader(hop.headers, 'Cookie', pairs.join('; '));
  }

  async store(hop: Hop, answer: HopAnswer, trusted: boolean): Promise<void> {
    const lines = answer.headers['set-cookie'] ?? [];
    for (const line of Array.isArray(lines) ? lines : [lines]) {
      // a log-in elsewhere may set one for the domain of both
      for (const jar of trusted ? [this.#jar] : [this.#jar, this.#jarOf(hop.url.origin)]) {
        await jar.setCookie(line, hop.url.href, { ignoreError: true });
      }
    }
  }

  #jarOf(origin: string): CookieJar {
    const jar = this.#elsewhere.get(origin) ?? new CookieJar(undefined, { looseMode: true });
    this.#elsewhere.set(origin, jar);
    return jar;
  }
}
