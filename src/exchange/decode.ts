import { MIMEType } from 'node:util';
import { Failure } from './failure';

export type DecodeKind = 'auto' | 'json' | 'text' | 'binary';

/**
 * Most levels of lists and objects in each other. Node-RED clones messages by recursion: some thousand levels overflow
 * its stack, and where a node sends from a timer that ends the process.
 */
const deepest = 500;

/**
 * A body as the value that a flow works with. `auto` goes by the content type: JSON is parsed, text decoded in its
 * charset, the rest stays bytes; without a content type, bytes that are UTF-8 are text. An empty JSON body is `null`.
 *
 * @param contentType the `Content-Type` header, '' when there is none
 * @throws Failure INVALID_BODY when what should be JSON is not (its `cause` is the parser's error), or is nested too
 *   deep to be passed on
 */
export function decodeBody(body: Buffer, contentType: string, kind: DecodeKind): unknown {
  const type = parseType(contentType);
  switch (kind === 'auto' ? kindOf(type) : kind) {
    case 'json':
      return parseJson(decodeText(body, type?.params.get('charset')));
    case 'text':
      return decodeText(body, type?.params.get('charset'));
    case 'binary':
      return body;
    case 'unknown':
      return isUtf8(body) ? decodeText(body) : body;
  }
}

/** A failed answer's body as far as it can be read: parsed when it is JSON, else text. */
export function decodeLeniently(text: string, contentType: string): unknown {
  if (kindOf(parseType(contentType)) !== 'json') return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/**
 * Text in a charset by its label (WHATWG Encoding); an unknown label is read as UTF-8. A byte order mark says more than
 * the label does, and is dropped.
 */
export function decodeText(body: Buffer, charset?: string | null): string {
  return decoderFor(byteOrderMark(body) ?? charset ?? 'utf-8').decode(body);
}

function byteOrderMark(body: Buffer): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return undefined;
}

function decoderFor(label: string) {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

/** The charset that a content type names, if any. */
export function charsetOf(contentType: string): string | undefined {
  return parseType(contentType)?.params.get('charset') ?? undefined;
}

/** The media type without parameters, in lower case; '' when there is none or it cannot be read. */
export function mediaType(contentType: string): string {
  return parseType(contentType)?.essence ?? '';
}

export function isJsonType(media: string): boolean {
  return media === 'application/json' || media === 'text/json' || media.endsWith('+json');
}

function parseJson(text: string): unknown {
  if (/^[\t\n\r ]*$/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('INVALID_BODY', `the body is not valid JSON: ${reason}`, { cause });
  }
  // each level costs two characters at least
  if (text.length > 2 * deepest && isDeeper(value, deepest)) {
    throw new Failure('INVALID_BODY', `the body is nested deeper than ${deepest} levels`);
  }
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.some((entry) => isDeeper(entry, levels - 1));
}

function kindOf(type: MIMEType | undefined): 'json' | 'text' | 'binary' | 'unknown' {
  if (!type) return 'unknown';
  const media = type.essence;
  if (isJsonType(media)) return 'json';
  const textual =
    media.startsWith('text/') ||
    media.endsWith('+xml') ||
    /^application\/(xml|javascript|x-www-form-urlencoded|yaml|x-yaml|x-ndjson|graphql)$/.test(media);
  return textual ? 'text' : 'binary';
}

function parseType(contentType: string): MIMEType | undefined {
  try {
    return contentType ? new MIMEType(contentType) : undefined;
  } catch {
    return undefined;
  }
}

function isUtf8(body: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    return true;
  } catch {
    return false;
  }
}
