import { isIP } from 'node:net';
import { Failure } from '../exchange/failure';
import { readRanges } from './network-guard';

/** Which proxy a URL goes through. URLs with credentials, percent-encoded as in the environment. */
export interface ProxySettings {
  http?: string;
  https?: string;
  /** Hosts that are reached directly: `NO_PROXY`, separated by commas or blanks. */
  noProxy?: string;
}

/** A proxy, its credentials taken out of its URL and decoded. */
export interface Proxy {
  /** Without credentials; the key of a pool. */
  uri: string;
  /** `Proxy-Authorization`. */
  token?: string;
  secrets: readonly string[];
}

/** The environment variables that curl and others read, lower case first; `ALL_PROXY` for both. */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string) => env[name] || env[name.toUpperCase()];
  const all = read('all_proxy');
  return {
    // CGI sets HTTP_PROXY from a request's Proxy header: only the lower case one is trusted where a request is served
    http: env.http_proxy || (env.REQUEST_METHOD ? undefined : env.HTTP_PROXY) || all,
    https: read('https_proxy') || all,
    noProxy: read('no_proxy'),
  };
}

/**
 * The proxy for a URL, or undefined to go directly.
 *
 * @throws Failure CONFIG when the proxy's URL cannot be read
 */
export function proxyFor(url: URL, settings: ProxySettings): Proxy | undefined {
  const uri = url.protocol === 'https:' ? settings.https : settings.http;
  if (!uri || bypasses(url, settings.noProxy ?? '')) return undefined;
  return readProxy(uri);
}

/** What must not be shown of the proxies: their passwords. */
export function proxySecrets({ http, https }: ProxySettings): string[] {
  return [http, https].flatMap((uri) => {
    try {
      return uri ? readProxy(uri).secrets : [];
    } catch {
      // said when a request wants to go there
      return [];
    }
  });
}

/** What went wrong on the way to a proxy or to its other end, told as such: the origin was not reached. */
export function proxyFailure(failure: Failure): Failure {
  const { code, message, cause } = failure;
  if (code === 'DNS' || code === 'CONNECTION_REFUSED') {
    return new Failure('PROXY', `the proxy cannot be reached: ${message}`, { cause, retryable: true });
  }
  if (code !== 'PROXY') return failure;
  if (message.endsWith(' 401')) {
    // tinyproxy says so to the wrong ones, and 407 to none
    return new Failure('PROXY', message.replace(/it answered 401$/, 'it wants other credentials'), { cause });
  }
  return new Failure('PROXY', message, { cause, retryable: / 50[234]$/.test(message) });
}

function readProxy(text: string): Proxy {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    throw new Failure('CONFIG', 'the proxy’s URL cannot be read');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('CONFIG', `a proxy of the kind ${url.protocol} is not supported: use http: or https:`);
  }
  const uri = `${url.protocol}//${url.host}`;
  if (!url.username && !url.password) return { uri, secrets: [] };
  const password = decode(url.password);
  const credentials = Buffer.from(`${decode(url.username)}:${password}`, 'utf8').toString('base64');
  return { uri, token: `Basic ${credentials}`, secrets: [password, credentials].filter(Boolean) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * `*`, a host name (also its sub-domains, as curl has it), `.suffix`, `*.suffix`, an address, a CIDR range; each with a
 * port where only that port is meant.
 */
function bypasses(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => matches(host, port, entry.toLowerCase()));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  const { name, wanted } = splitPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(host) && isIP(name.split('/')[0]!)) {
    try {
      return readRanges([name]).check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
    } catch {
      return false;
    }
  }
  const suffix = name.replace(/^\*?\./, '');
  return host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): { name: string; wanted?: string } {
  const [, bracketed, afterBracket] = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed) return { name: bracketed, wanted: afterBracket };
  const [, name, port] = /^([^:]+):(\d+)$/.exec(entry) ?? [];
  return name ? { name, wanted: port } : { name: entry };
}
