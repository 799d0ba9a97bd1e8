import { CookieJar } from 'tough-cookie';
import { getHeader, setHeader } from './headers';
import type { Hop, HopAnswer } from './transport';

/** Keeps the cookies of a connection in memory and sends each where it belongs (RFC 6265, public suffixes checked). */
export class Cookies {
  readonly #jar = new CookieJar(undefined, { looseMode: true });

  /** Adds the cookies that belong to the hop's URL; one that the request sets itself is left as it is. */
  async attach(hop: Hop): Promise<void> {
    const own = getHeader(hop.headers, 'cookie');
    const names = new Set(own?.split(';').map((pair) => pair.split('=')[0]!.trim()));
    const kept = (await this.#jar.getCookies(hop.url.href)).filter((cookie) => !names.has(cookie.key));
    if (kept.length === 0) return;
    const pairs = [...(own ? [own] : []), ...kept.map((cookie) => cookie.cookieString())];
    setHeader(hop.headers, 'Cookie', pairs.join('; '));
  }

  async store(hop: Hop, answer: HopAnswer): Promise<void> {
    const lines = answer.headers['set-cookie'] ?? [];
    for (const line of Array.isArray(lines) ? lines : [lines]) {
      await this.#jar.setCookie(line, hop.url.href, { ignoreError: true });
    }
  }
}
