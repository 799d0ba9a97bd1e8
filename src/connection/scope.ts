import { Failure } from '../exchange/failure';

/**
 * Where a connection may send its credentials: below its base URL (same origin, and the same path prefix by whole
 * segments), or on its list of hosts.
 */
export class Scope {
  readonly #base: URL | undefined;
  readonly #hosts: readonly string[];

  /**
   * @param baseUrl absolute http(s) URL, or '' for none
   * @param allowedHosts `host`, `host:port` or `*.domain`, for a connection without a base URL
   * @throws Failure CONFIG when the base URL is not an http(s) URL or carries credentials, a query or a fragment
   */
  constructor(baseUrl: string, allowedHosts: readonly string[] = []) {
    this.#base = baseUrl ? parseBase(baseUrl) : undefined;
    this.#hosts = allowedHosts.map((host) => host.toLowerCase());
  }

  /** Whether the connection says at all where it may go. */
  get bounded(): boolean {
    return this.#base !== undefined || this.#hosts.length > 0;
  }

  /**
   * The absolute URL that a node's URL means.
   *
   * @throws Failure INVALID_REQUEST when it is no URL, HOST_NOT_ALLOWED when it lies outside the scope
   */
  resolve(url: string): URL {
    const resolved = this.#join(url.trim());
    if (this.bounded && !this.covers(resolved)) {
      const where = this.#base ? `the base URL ${this.#base.href}` : 'the allowed hosts';
      throw new Failure('HOST_NOT_ALLOWED', `${resolved.origin}${resolved.pathname} is outside ${where}`);
    }
    return resolved;
  }

  /** Whether credentials may be sent to this URL. */
  covers(url: URL): boolean {
    if (this.#base) return url.origin === this.#base.origin && belowPath(url.pathname, this.#base.pathname);
    return this.#hosts.some((pattern) => hostMatches(url, pattern));
  }

  #join(url: string): URL {
    if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return parseHttp(url, 'INVALID_REQUEST');
    if (!this.#base) {
      throw new Failure(
        'INVALID_REQUEST',
        url ? `"${url}" is not an absolute URL, and the connection has no base URL` : 'the URL is empty',
      );
    }
    if (url === '' || url.startsWith('?') || url.startsWith('#')) {
      return parseHttp(this.#base.href + url, 'INVALID_REQUEST');
    }
    const stem = this.#base.href.replace(/\/+$/, '');
    return parseHttp(`${stem}/${url.replace(/^[/\\]+/, '')}`, 'INVALID_REQUEST');
  }
}

function parseHttp(text: string, code: 'INVALID_REQUEST' | 'CONFIG'): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new Failure(code, 'the URL cannot be read: check the host name and the characters in it', {
      cause: cause instanceof Error ? cause.name : cause,
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure(code, `${url.protocol} is not supported: use http: or https:`);
  }
  if (url.username || url.password) {
    throw new Failure(
      code,
      'a URL must not hold a user name or password: use the connection’s authentication',
    );
  }
  return url;
}

function parseBase(text: string): URL {
  const url = parseHttp(text.trim(), 'CONFIG');
  if (url.search || url.hash) {
    throw new Failure('CONFIG', 'the base URL must not have a query or a fragment');
  }
  return url;
}

/**
 * By whole segments: `/v1/orders` lies below `/v1`, `/v10` does not. A path whose encoded slashes or dots would climb
 * out once a server decodes them does not either.
 */
function belowPath(path: string, prefix: string): boolean {
  const stem = prefix.replace(/\/+$/, '');
  const below = (candidate: string) => candidate === stem || candidate.startsWith(`${stem}/`) || stem === '';
  if (!below(path)) return false;
  if (!/%2f|%5c|%2e/i.test(path)) return true;
  const decoded = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
  return below(new URL(decoded, 'http://scope.invalid').pathname);
}

function hostMatches(url: URL, pattern: string): boolean {
  if (pattern.startsWith('*.')) return url.hostname.endsWith(pattern.slice(1)) && url.port === '';
  return url.host === pattern || (url.port === '' && url.hostname === pattern);
}
