import type { IncomingHttpHeaders } from 'node:http';

/** One request of a sender, its body read and nothing of it interpreted. */
export interface Delivery {
  method: string;
  /** The request target as received: path and query. */
  url: string;
  /** Path parameters, decoded. */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The sender's address, as far as the server's proxy settings let it be known. */
  ip: string;
  /** The bytes as received, a content coding not undone. */
  body: Buffer;
}

/** `msg.request`: the delivery as a flow sees it. */
export interface DeliverySummary {
  method: string;
  url: string;
  path: string;
  params: Record<string, string>;
  query: Fields;
  headers: IncomingHttpHeaders;
  cookies: Record<string, string>;
  ip: string;
  rawBody?: Buffer;
}

/** Fields of a form or a query; a repeated name becomes a list. */
export type Fields = Record<string, string | string[]>;

/** @param secretHeaders headers in lower case that carry a secret and are left out */
export function summarise(delivery: Delivery, secretHeaders: readonly string[]): DeliverySummary {
  const { method, url, params, ip } = delivery;
  const headers = { ...delivery.headers };
  for (const name of secretHeaders) delete headers[name];
  return {
    method,
    url,
    path: pathOf(url),
    params,
    query: readFields(queryOf(url)),
    headers,
    cookies: readCookieHeader(delivery.headers.cookie ?? ''),
    ip,
  };
}

/** The path of a request target, be it in origin form or in absolute form (RFC 9112 section 3.2). */
export function pathOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  return path.startsWith('/') ? path : `/${path}`;
}

export function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1).split('#', 1)[0]!;
}

/**
 * Reads `application/x-www-form-urlencoded` text (WHATWG URL section 5). Names stay as they are (`a[b]` is a name), and
 * each becomes an own property, `__proto__` too.
 */
export function readFields(text: string): Fields {
  if (text === '') return {};
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const known = fields.get(name);
    if (known === undefined) fields.set(name, value);
    else if (Array.isArray(known)) known.push(value);
    else fields.set(name, [known, value]);
  }
  return Object.fromEntries(fields);
}

/** Reads a `Cookie` header (RFC 6265 section 4.2.1): of a repeated name the first counts, as the more specific one. */
export function readCookieHeader(header: string): Record<string, string> {
  if (header === '') return {};
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (name === '') continue;
    const value = pair.slice(equals + 1).trim();
    if (!cookies.has(name)) cookies.set(name, decodeCookie(value.replace(/^"(.*)"$/, '$1')));
  }
  return Object.fromEntries(cookies);
}

/** Percent-encoding in cookies is a habit, not a rule: what does not decode stays. */
function decodeCookie(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
