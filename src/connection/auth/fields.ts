import { Failure } from '../../exchange/failure';
import { isStreamed, type Body } from '../body';
import { getHeader, setHeader } from '../headers';
import type { Hop } from '../transport';
import type { Authenticator } from './authenticator';

/** A secret and the place in the request that it goes to. */
export interface SecretField {
  in: 'header' | 'query' | 'body';
  name: string;
  value: string;
}

/**
 * Secrets in headers, query parameters and fields of a JSON or form body: API keys, and any mix that a service asks
 * for. `first` runs before the fields (basic, in a custom mix).
 *
 * @throws Failure CONFIG when a field has no name or no value
 */
export function fields(rows: readonly SecretField[], first?: Authenticator): Authenticator {
  for (const field of rows) {
    if (!field.name) throw new Failure('CONFIG', `a ${field.in} of the authentication has no name`);
    if (!field.value) throw new Failure('CONFIG', `the ${field.in} "${field.name}" has no value`);
  }
  const inBody = rows.filter((field) => field.in === 'body');
  const secrets = [...(first?.secrets() ?? []), ...rows.map((field) => field.value)];
  return {
    async authorize(hop, signal) {
      await first?.authorize(hop, signal);
      for (const field of rows) {
        if (field.in === 'header') setHeader(hop.headers, field.name, field.value);
        if (field.in === 'query') addToQuery(hop.url, field);
      }
      if (inBody.length > 0 && hop.body && hop.body.length !== 0) hop.body = addToBody(hop, hop.body, inBody);
    },
    secrets: () => secrets,
  };
}

/** Appends without touching how the rest of the query is encoded, unless the name is there already. */
function addToQuery(url: URL, { name, value }: SecretField): void {
  if (url.searchParams.has(name)) {
    url.searchParams.set(name, value);
    return;
  }
  const pair = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  url.search = url.search ? `${url.search}&${pair}` : pair;
}

/** A request without a body has no place for body fields and is sent without them. */
function addToBody(hop: Hop, body: Body, inBody: readonly SecretField[]): Buffer {
  if (isStreamed(body)) {
    throw new Failure(
      'INVALID_REQUEST',
      'the authentication puts fields in the body, which is not possible when that is streamed',
    );
  }
  const type = (getHeader(hop.headers, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  const text = body.toString('utf8');
  if (type === 'application/x-www-form-urlencoded') {
    const form = new URLSearchParams(text);
    for (const field of inBody) form.set(field.name, field.value);
    return Buffer.from(form.toString(), 'utf8');
  }
  if (type === 'application/json' || type.endsWith('+json')) {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
      return Buffer.from(
        JSON.stringify({ ...json, ...Object.fromEntries(inBody.map((f) => [f.name, f.value])) }),
        'utf8',
      );
    }
  }
  throw new Failure(
    'CONFIG',
    'the authentication puts fields in the body, which must then be a JSON object or a form',
  );
}
