import type { Request } from '../connection/connection';
import { isStreamed } from '../connection/body';
import { getHeader } from '../connection/headers';
import { isJsonType, mediaType } from '../exchange/decode';
import { Failure } from '../exchange/failure';

type Fields = readonly (readonly [string, string | number | boolean])[];

/**
 * The request with fields of its body set: property paths in JSON, names in a form.
 *
 * @throws Failure INVALID_REQUEST when the body has no fields
 */
export function setInBody(request: Request, fields: Fields): Request {
  const { body } = request;
  const names = fields.map(([name]) => `"${name}"`).join(', ');
  if (body === undefined || body.length === 0) throw cannot(names, 'the request has no body');
  if (isStreamed(body)) throw cannot(names, 'the body is a stream');
  const type = mediaType(getHeader(request.headers ?? {}, 'content-type') ?? '');
  const text = body.toString('utf8');
  if (type === 'application/x-www-form-urlencoded') {
    const form = new URLSearchParams(text);
    for (const [name, value] of fields) form.set(name, String(value));
    return { ...request, body: Buffer.from(form.toString(), 'utf8') };
  }
  if (!isJsonType(type))
    throw cannot(names, `the body is ${type || 'of no named type'}, not JSON and not a form`);
  const json = parseExactly(text, names);
  for (const [name, value] of fields) setAt(json, name, value);
  return { ...request, body: Buffer.from(JSON.stringify(json), 'utf8') };
}

function cannot(names: string, why: string): Failure {
  return new Failure('INVALID_REQUEST', `the next page cannot be asked for by ${names}: ${why}`);
}

/** What Node.js 22 has of "JSON.parse source text access", which TypeScript does not know yet. */
interface ExactJson {
  rawJSON(source: string): unknown;
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}

/** Numbers too large to be exact stay as they were written. */
function parseExactly(text: string, names: string): unknown {
  const exact = JSON as unknown as ExactJson;
  try {
    return exact.parse(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? exact.rawJSON(source)
        : value,
    );
  } catch {
    throw cannot(names, 'the body is not JSON, though its type says so');
  }
}

/** Sets a property at a path of dots and brackets; objects on the way are made where nothing is. */
function setAt(root: unknown, path: string, value: unknown): void {
  const segments = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  const last = segments.pop()!;
  let owner: unknown = root;
  for (const segment of segments) {
    const inner = isOwner(owner) && Object.hasOwn(owner, segment) ? owner[segment] : undefined;
    owner = inner ?? define(owner, segment, {}, path);
  }
  define(owner, last, value, path);
}

/** Not an assignment: `__proto__` would be another thing than a property. */
function define(owner: unknown, name: string, value: unknown, path: string): unknown {
  if (!isOwner(owner) || (Array.isArray(owner) && !/^\d{1,6}$/.test(name))) {
    throw cannot(`"${path}"`, `the body has no place for "${name}"`);
  }
  Object.defineProperty(owner, name, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function isOwner(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
