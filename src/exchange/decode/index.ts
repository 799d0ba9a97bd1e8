import type { MIMEType } from 'node:util';
import type { HeaderFields } from '../../connection/headers';
import { Failure } from '../failure';
import { decodeText, isUtf8, xmlCharset } from './charset';
import { parseJson } from './json';
import { parseJsonLines } from './json-lines';
import { isJsonLinesType, isJsonType, isXmlType, mediaType, parseType } from './media-type';
import { splitMultipart, type RawPart } from './multipart';
import { parseXml } from './xml';

export { decodeText } from './charset';
export { isTooDeep, tooDeep } from './json';
export { charsetOf, isJsonType, isXmlType, mediaType } from './media-type';

/** How a body is read: by its content type, or as what it is known to be. */
export type DecodeKind = 'auto' | BodyForm;

/** `ndjson` is a list of values, `multipart` a list of parts. */
type BodyForm = 'json' | 'xml' | 'text' | 'binary' | 'multipart' | 'ndjson';

/** A part of a multipart body: what `auto` makes of it, by its own content type. */
export interface DecodedPart {
  /** Names in lower case. */
  headers: HeaderFields;
  name?: string;
  filename?: string;
  /** '' when it names none: it is text then, and bytes when it has a file name. */
  contentType: string;
  body: unknown;
}

/**
 * A body as the value that a flow works with. `auto` goes by the content type: JSON, XML, NDJSON and multipart are parsed,
 * text (server-sent events too) is decoded in its charset, the rest stays bytes; without a content type, bytes that are
 * UTF-8 are text. An empty body is `null` as JSON and as XML, an empty list as NDJSON and as multipart.
 *
 * @param contentType the `Content-Type` header, '' when there is none
 * @param anyDepth how deep JSON is nested is looked at by whoever passes on parts of it
 * @throws Failure INVALID_BODY, at once or later, when the body is not what it should be (its `cause` is the parser's
 *   error, if there is one), or is nested too deep to be passed on
 */
export function decodeBody(body: Buffer, contentType: string, kind: DecodeKind, anyDepth = false): unknown {
  const type = parseType(contentType);
  return read(kind === 'auto' ? formOf(type, body) : kind, { body, contentType, type, level: 0, anyDepth });
}

/** The same for a multipart body whose files, the parts with a file name, stay bytes whatever their content type says. */
export function decodeWithFiles(body: Buffer, contentType: string, kind: DecodeKind): unknown {
  const type = parseType(contentType);
  return read(kind === 'auto' ? formOf(type, body) : kind, {
    body,
    contentType,
    type,
    level: 0,
    filesAsBytes: true,
  });
}

/** A failed answer's body as far as it can be read: parsed when it is JSON, else text. */
export function decodeLeniently(text: string, contentType: string): unknown {
  if (!isJsonType(mediaType(contentType))) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

interface Incoming {
  body: Buffer;
  contentType: string;
  type: MIMEType | undefined;
  /** How many multipart bodies are around it. */
  level: number;
  anyDepth?: boolean;
  filesAsBytes?: boolean;
}

const readers: Readonly<Record<BodyForm, (incoming: Incoming) => unknown>> = {
  json: (incoming) => parseJson(textOf(incoming), incoming.anyDepth),
  xml: ({ body, type }) => parseXml(decodeText(body, charsetIn(type) ?? xmlCharset(body))),
  ndjson: (incoming) => parseJsonLines(textOf(incoming)),
  text: textOf,
  binary: ({ body }) => body,
  multipart: readMultipart,
};

function read(form: BodyForm, incoming: Incoming): unknown {
  return readers[form](incoming);
}

function textOf({ body, type }: Incoming): string {
  const fallback =
    type && (isXmlType(type.essence) || type.essence.endsWith('+xml')) ? xmlCharset(body) : undefined;
  return decodeText(body, charsetIn(type) ?? fallback);
}

function charsetIn(type: MIMEType | undefined): string | undefined {
  return type?.params.get('charset') ?? undefined;
}

/** What one multipart body holds may itself be multipart; what that holds stays bytes. */
async function readMultipart({ body, contentType, level, filesAsBytes }: Incoming): Promise<DecodedPart[]> {
  if (body.length === 0) return [];
  const parts: DecodedPart[] = [];
  for (const [index, part] of splitMultipart(body, contentType).entries()) {
    const asBytes = filesAsBytes && part.filename !== undefined;
    const read = asBytes ? part.body : await readPart(part, index + 1, level + 1, filesAsBytes);
    parts.push({ ...part, body: read });
  }
  return parts;
}

async function readPart(
  part: RawPart,
  number: number,
  level: number,
  filesAsBytes?: boolean,
): Promise<unknown> {
  const { body, contentType, filename } = part;
  const type = parseType(contentType);
  const unnamed = filename === undefined ? 'text' : 'binary';
  const form = type ? formOf(type, body) : unnamed;
  try {
    return await read(form === 'multipart' && level > 1 ? 'binary' : form, {
      body,
      contentType,
      type,
      level,
      filesAsBytes,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `part ${number}: ${error.message}`, { cause: error.cause });
  }
}

const textual =
  /^(?:text\/.*|message\/.*|.*\+xml|application\/(?:javascript|x-www-form-urlencoded|yaml|x-yaml|graphql|http))$/;

function formOf(type: MIMEType | undefined, body: Buffer): BodyForm {
  if (!type) return isUtf8(body) ? 'text' : 'binary';
  const media = type.essence;
  if (isJsonType(media)) return 'json';
  if (isJsonLinesType(media)) return 'ndjson';
  if (isXmlType(media)) return 'xml';
  if (type.type === 'multipart') return 'multipart';
  return textual.test(media) ? 'text' : 'binary';
}
