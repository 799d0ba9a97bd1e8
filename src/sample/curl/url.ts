/** The URL of a command: curl's own defaults, its patterns, the credentials in it. */
import { CurlError, type Notes } from './types';

/** Where a command goes, every part as curl sends it. */
export interface Place {
  /** `https://host:port`, lower case, a default port left out. */
  origin: string;
  host: string;
  /** Begins with a slash. */
  path: string;
  /** Without `?`. */
  query: string;
  /** Decoded. */
  username?: string;
  password?: string;
}

const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(?:\?([^#]*))?/;

/**
 * @param globoff `-g`: braces and brackets stand for themselves
 * @param more what other options append to the query
 * @throws CurlError badUrl, unsupportedScheme
 */
export function readUrl(text: string, globoff: boolean, more: readonly string[], notes: Notes): Place {
  const url = globoff ? text.trim() : firstOfPattern(text.trim(), notes);
  const [, scheme = 'http', authority = '', path = '', query] = parts.exec(url)!;
  if (!/^https?$/i.test(scheme)) throw new CurlError('unsupportedScheme', { scheme });
  const at = authority.lastIndexOf('@');
  const parsed = parse(`${scheme}://${authority.slice(at + 1)}`, text);
  const place = {
    origin: parsed.origin,
    host: parsed.host,
    path: path || '/',
    query: [query, ...more].filter((part) => part !== undefined && part !== '').join('&'),
    ...(at < 0 ? {} : userOf(authority.slice(0, at))),
  };
  const target = place.query === '' ? place.path : `${place.path}?${place.query}`;
  const sent = parse(place.origin + target, text);
  if (sent.pathname + sent.search !== target) notes.add('spelling', { target: shown(sent.href) });
  return place;
}

function parse(url: string, text: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new CurlError('badUrl', { url: shown(text) });
  }
}

/** Without credentials and query, which may hold secrets. */
export function shown(url: string): string {
  return url.replace(/\?.*$/s, '?…').replace(/\/\/[^/?#]*@/, '//');
}

function userOf(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { username: decode(username), password: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `{one,two}` and `[1-3]` mean several requests: the first of them. */
function firstOfPattern(url: string, notes: Notes): string {
  const first = url
    .replace(/(?<!\\)\{([^{},]{0,1000})(?:,[^{}]{0,1000})?\}/g, '$1')
    .replace(/(?<!\\)\[(\w+)-(\w+)(?::\d+)?\]/g, '$1');
  if (first !== url) notes.add('glob', { url: shown(first) });
  return first.replace(/\\([{}[\]])/g, '$1');
}
