import type { Request } from '../connection/connection';
import { setHeader } from '../connection/headers';
import { Failure } from '../exchange/failure';
import { setInBody } from './body-field';
import type { Token } from './pager';

/**
 * Where a request says which page it wants: a parameter of the query, a header, or a field of the body (a property path in
 * JSON, a name in a form).
 */
export type Place = { in: 'query' | 'header' | 'body'; name: string };

/**
 * @param nameless whether it may go without a name
 * @throws Failure CONFIG
 */
export function checkPlace(place: Place | undefined, what: string, nameless = false): Place {
  if (!place || !Object.hasOwn(put, place.in)) {
    throw new Failure(
      'CONFIG',
      `the pages: ${what} goes to the query, a header or the body, and none is chosen`,
    );
  }
  // several values bring their own names
  if (typeof place.name !== 'string' || (place.name === '' && !nameless)) {
    throw new Failure('CONFIG', `the pages: ${what} has no name`);
  }
  if (place.in === 'header' && place.name !== '' && !isHeaderName(place.name)) {
    throw new Failure('CONFIG', `the pages: "${place.name}" is not a header name`);
  }
  return place;
}

function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

export function namePlace(place: Place): string {
  const kind = { query: 'the parameter', header: 'the header', body: 'the body field' }[place.in];
  return `${kind} "${place.name}"`;
}

/**
 * The request with a token in its place; a token of several values puts each under its own name.
 *
 * @throws Failure INVALID_REQUEST when the body is not one that has fields
 */
export function withToken(request: Request, place: Place, token: Token): Request {
  const fields = typeof token === 'object' ? Object.entries(token) : [[place.name, token] as const];
  return put[place.in](request, fields);
}

type Fields = readonly (readonly [string, string | number | boolean])[];

const put: Readonly<Record<Place['in'], (request: Request, fields: Fields) => Request>> = {
  query(request, fields) {
    const names = new Set(fields.map(([name]) => name));
    const kept = (request.query ?? []).filter(([name]) => !names.has(name));
    const added = fields.map(([name, value]): [string, string] => [name, String(value)]);
    return { ...request, url: withoutParameters(request.url, names), query: [...kept, ...added] };
  },
  header(request, fields) {
    const headers = { ...request.headers };
    for (const [name, value] of fields) {
      // both may be any text that a server put into JSON
      if (!isHeaderName(name) || /[^\t\x20-\x7e\x80-\xff]/.test(String(value))) {
        throw new Failure(
          'INVALID_REQUEST',
          `what the server gave for the header "${name}" cannot be sent in one`,
        );
      }
      setHeader(headers, name, String(value));
    }
    return { ...request, headers };
  },
  body: setInBody,
};

/** Textual: the rest of the URL stays as it was written, encoding and all. */
function withoutParameters(url: string, names: ReadonlySet<string>): string {
  const [, stem = '', query, hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
  if (query === undefined) return url;
  const kept = query
    .split('&')
    .filter((pair) => !names.has(new URLSearchParams(pair).keys().next().value ?? ''));
  return `${stem}${kept.length > 0 ? '?' : ''}${kept.join('&')}${hash}`;
}
