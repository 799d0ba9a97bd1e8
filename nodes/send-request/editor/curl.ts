/** What the fields of a send-request and of its connection are for an imported cURL command. */
import type {
  CurlBody,
  CurlConnection,
  CurlNote,
  CurlRequest,
  CurlSecret,
  Pair,
} from '../../../src/sample/curl';
import { Notes } from '../../../src/sample/curl/types';
import {
  secretSlots,
  type AuthField,
  type HttpConnectionConfig,
  type HttpConnectionCredentials,
} from '../../http-connection/config';
import { authDefaults } from '../../http-connection/auth-config';
import type { TypedRow } from '../../runtime/rows';
import type { PartRow, SendRequestConfig } from '../config';

export interface ImportedCurl {
  send: Partial<SendRequestConfig>;
  connection: Partial<HttpConnectionConfig>;
  credentials: HttpConnectionCredentials;
  /** The command's, and what came up in taking it over. */
  notes: CurlNote[];
}

/** Pure: the dialog fills its fields with it and makes the configuration node. */
export function fromCurl(parsed: CurlRequest): ImportedCurl {
  const notes = new Notes();
  for (const { code, values } of parsed.notes) notes.add(code, values);
  const { auth, authFields, credentials, left } = authOf(parsed.connection);
  for (const { name } of left) notes.add('secretInRequest', { name });
  const { request, output } = parsed;
  const leftIn = (place: CurlSecret['in']): Pair[] =>
    left.filter((secret) => secret.in === place).map(({ name, value }) => [name, value]);
  const send: Partial<SendRequestConfig> = {
    method: request.method,
    url: literal(request.url, 'URL', notes),
    query: rowsOf([...request.query, ...leftIn('query')], notes),
    headers: rowsOf([...request.headers, ...leftIn('header')], notes),
    ...bodyFields(request.body, request.headers, notes),
    ...(output === undefined ? {} : { responseKind: 'file', responseFile: literal(output, output, notes) }),
  };
  const connection: Partial<HttpConnectionConfig> = {
    baseUrl: parsed.connection.baseUrl,
    auth,
    authFields,
    ...wireFields(parsed.connection),
    ...(parsed.connection.auth.kind === 'aws'
      ? {
          aws: {
            ...authDefaults.aws,
            region: parsed.connection.auth.region,
            service: parsed.connection.auth.service,
          },
        }
      : {}),
  };
  noteEnvironment([send, credentials], notes);
  return { send, connection, credentials, notes: notes.all };
}

interface Auth {
  auth: HttpConnectionConfig['auth'];
  authFields: AuthField[];
  credentials: HttpConnectionCredentials;
  /** Secrets that the scheme has no place for. */
  left: CurlSecret[];
}

/** A scheme of its own where it can be; several secrets together make a custom one. */
function authOf({ auth, secrets }: CurlConnection): Auth {
  const none = { authFields: [], left: secrets };
  if (auth.kind === 'digest' || auth.kind === 'ntlm' || (auth.kind === 'basic' && secrets.length === 0)) {
    const { username, password } = auth;
    return { ...none, auth: auth.kind, credentials: { username, password } };
  }
  if (auth.kind === 'aws') {
    const { accessKeyId, secretAccessKey, sessionToken } = auth;
    return { ...none, auth: 'aws', credentials: { accessKeyId, secretAccessKey, sessionToken } };
  }
  if (auth.kind === 'bearer' && secrets.length === 0) {
    return { ...none, auth: 'bearer', credentials: { token: auth.token } };
  }
  if (secrets.length === 0) return { ...none, auth: 'none', credentials: {} };
  const all: CurlSecret[] =
    auth.kind === 'bearer'
      ? [{ in: 'header', name: 'Authorization', value: `Bearer ${auth.token}` }, ...secrets]
      : secrets;
  const kept = all.slice(0, secretSlots.length);
  const person = auth.kind === 'basic' ? { username: auth.username, password: auth.password } : {};
  const places = new Set(kept.map((secret) => secret.in));
  const alike = auth.kind === 'none' && places.size === 1;
  return {
    auth: !alike ? 'custom' : places.has('header') ? 'headers' : 'query',
    authFields: kept.map((secret, at) => ({ in: secret.in, name: secret.name, slot: secretSlots[at]! })),
    credentials: {
      ...person,
      ...Object.fromEntries(kept.map(({ value }, at) => [secretSlots[at]!, value])),
    },
    left: all.slice(secretSlots.length),
  };
}

/**
 * What the command says of the way there. Without `-L` the connection keeps its own number of redirects: curl's user saw
 * the redirect, a flow would only stop at it.
 */
function wireFields(connection: CurlConnection): Partial<HttpConnectionConfig> {
  const { followRedirects, maxRedirects = -1, connectTimeout, totalTimeout, retries, cookies } = connection;
  return {
    ...(followRedirects && maxRedirects >= 0 ? { maxRedirects } : {}),
    // 0 is curl's default here, and no limit there
    ...(connectTimeout ? { connectTimeout } : {}),
    ...(totalTimeout ? { totalTimeout } : {}),
    ...(retries === undefined ? {} : { retryAttempts: retries + 1 }),
    ...(cookies ? { cookies } : {}),
  };
}

function bodyFields(body: CurlBody, headers: readonly Pair[], notes: Notes): Partial<SendRequestConfig> {
  switch (body.kind) {
    case 'none':
      return { bodyKind: 'none' };
    case 'json':
      return { bodyKind: 'json', body: literal(body.text, 'JSON', notes) };
    case 'text':
      return {
        bodyKind: isXml(headers) ? 'xml' : 'text',
        body: literal(body.text, 'text', notes),
        contentType: body.contentType,
      };
    case 'form':
      return { bodyKind: 'form', form: rowsOf(body.fields, notes) };
    case 'multipart':
      return {
        bodyKind: 'multipart',
        parts: body.parts.map((part): PartRow => {
          const { name, contentType } = part;
          if (part.kind === 'field') {
            return { kind: 'field', name, ...template(part.value, name, notes), filename: '', contentType };
          }
          const filename = literal(part.filename ?? '', name, notes);
          return { kind: 'path', name, ...template(part.path, name, notes), filename, contentType };
        }),
      };
    case 'file':
      return {
        bodyKind: 'file',
        bodyFile: literal(body.path, body.path, notes),
        contentType: body.contentType,
      };
    case 'graphql':
      return {
        bodyKind: 'graphql',
        body: body.query,
        variables: literal(body.variables, 'GraphQL', notes),
      };
  }
}

function isXml(headers: readonly Pair[]): boolean {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  return /[/+]xml$/i.test(type.split(';')[0]!.trim());
}

function rowsOf(pairs: readonly Pair[], notes: Notes): TypedRow[] {
  return pairs.map(([name, value]) => ({ name, ...template(value, name, notes) }));
}

function template(text: string, field: string, notes: Notes): { value: string; type: 'str' } {
  return { value: literal(text, field, notes), type: 'str' };
}

/** A template that gives the text: before the first `{{` it changes to delimiters that the text does not hold. */
export function literal(text: string, field: string, notes: Notes): string {
  const at = text.indexOf('{{');
  if (at < 0) return text;
  notes.add('templateEscaped', { field });
  let open = '<%';
  while (text.includes(open)) open += '%';
  const close = `${open.slice(1)}>`;
  return `${text.slice(0, at)}{{=${open} ${close}=}}${text.slice(at)}`;
}

/** Node-RED replaces a value that is `${NAME}` and nothing else, wherever it stands. */
function noteEnvironment(value: unknown, notes: Notes): void {
  if (typeof value === 'string') {
    const [, name] = /^\$\{(\S+)\}$/.exec(value) ?? [];
    if (name !== undefined) notes.add('environment', { name });
  } else if (typeof value === 'object' && value !== null) {
    for (const inside of Object.values(value)) noteEnvironment(inside, notes);
  }
}
