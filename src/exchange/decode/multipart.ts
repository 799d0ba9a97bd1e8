import type { HeaderFields } from '../../connection/headers';
import { Failure } from '../failure';
import { parseType } from './media-type';

/** A part of a multipart body (RFC 2046 section 5.1). */
export interface RawPart {
  /** Names in lower case. */
  headers: HeaderFields;
  /** From its `Content-Disposition`. */
  name?: string;
  filename?: string;
  /** '' when it names none. */
  contentType: string;
  /** Its bytes, with its transfer encoding undone. */
  body: Buffer;
}

const mostParts = 1000;
/** Most bytes of a part's headers. */
const largestHead = 16 * 1024;
const blankLine = Buffer.from('\r\n\r\n');

/**
 * Splits a body at its boundary. The parts are views of it, not copies.
 *
 * @throws Failure INVALID_BODY when the content type names no boundary, when the body ends before its last one, or when
 *   there are more parts or larger headers than anybody needs
 */
export function splitMultipart(body: Buffer, contentType: string): RawPart[] {
  const boundary = parseType(contentType)?.params.get('boundary');
  if (!boundary) throw invalid('its content type names no boundary');
  const parts: RawPart[] = [];
  for (let at = firstDelimiter(body, boundary); !at.last;) {
    const next = nextDelimiter(body, boundary, at.end);
    if (parts.length === mostParts) throw invalid(`it has more than ${mostParts} parts`);
    parts.push(readPart(body.subarray(at.end, next.start), parts.length + 1));
    at = next;
  }
  return parts;
}

interface Delimiter {
  /** Where its line break begins, which belongs to it. */
  start: number;
  /** Where the part begins. */
  end: number;
  last: boolean;
}

/** At the start of the body, or at the end of a preamble. */
function firstDelimiter(body: Buffer, boundary: string): Delimiter {
  const atStart =
    body.indexOf(`--${boundary}`, 0, 'latin1') === 0 && readDelimiter(body, 0, boundary.length + 2);
  return atStart || nextDelimiter(body, boundary, 0);
}

function nextDelimiter(body: Buffer, boundary: string, from: number): Delimiter {
  const line = Buffer.from(`\r\n--${boundary}`, 'latin1');
  // a part without headers and body: its delimiter begins with the line break that ended the one before
  let start = body.indexOf(line, Math.max(0, from - 2));
  while (start !== -1) {
    const delimiter = readDelimiter(body, start, line.length);
    if (delimiter) return delimiter;
    start = body.indexOf(line, start + 1);
  }
  throw invalid('it ends before its last boundary');
}

/** undefined when the boundary is only the beginning of a longer line. */
function readDelimiter(body: Buffer, start: number, length: number): Delimiter | undefined {
  let end = start + length;
  if (body[end] === 0x2d && body[end + 1] === 0x2d) return { start, end: end + 2, last: true };
  // blanks that a gateway may have added
  while (body[end] === 0x20 || body[end] === 0x09) end++;
  return body[end] === 0x0d && body[end + 1] === 0x0a ? { start, end: end + 2, last: false } : undefined;
}

function readPart(part: Buffer, number: number): RawPart {
  const bare = part[0] === 0x0d && part[1] === 0x0a;
  const end = bare ? 0 : part.indexOf(blankLine);
  const head = part.subarray(0, end === -1 ? part.length : end);
  if (head.length > largestHead)
    throw invalid(`the headers of part ${number} are larger than ${largestHead} bytes`);
  const body = end === -1 ? part.subarray(part.length) : part.subarray(end + (bare ? 2 : blankLine.length));
  const headers = readHead(head, number);
  const first = (name: string): string => [headers[name] ?? ''].flat()[0] ?? '';
  return {
    headers,
    ...readDisposition(first('content-disposition')),
    contentType: first('content-type'),
    body: undoTransferEncoding(body, first('content-transfer-encoding')),
  };
}

function readHead(head: Buffer, number: number): HeaderFields {
  const fields = new Map<string, string | string[]>();
  const lines = head
    .toString('utf8')
    .replace(/\r\n[\t ]+/g, ' ')
    .split('\r\n');
  for (const line of lines.filter((one) => one !== '')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === '') throw invalid(`part ${number} has a header without a name`);
    const value = line.slice(colon + 1).trim();
    const known = fields.get(name);
    fields.set(name, known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(fields);
}

/** `form-data; name="a"; filename="b"`, also `filename*=utf-8''b` (RFC 8187), which goes before the plain one. */
function readDisposition(disposition: string): Pick<RawPart, 'name' | 'filename'> {
  const found = new Map<string, string>();
  // one behind the other: what is not one ends them, so that no text is looked at twice
  const parameter = /\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/y;
  parameter.lastIndex = Math.max(disposition.indexOf(';'), 0);
  for (let match = parameter.exec(disposition); match; match = parameter.exec(disposition)) {
    const [, name, quoted, plain] = match;
    const key = name!.toLowerCase();
    if (!found.has(key)) found.set(key, quoted === undefined ? plain! : unescapeName(quoted));
  }
  const extended = found.get('filename*');
  const filename = (extended !== undefined && readExtended(extended)) || found.get('filename');
  const name = found.get('name');
  return { ...(name !== undefined && { name }), ...(filename !== undefined && { filename }) };
}

/** Browsers write these three by their codes (WHATWG HTML, "multipart/form-data encoding algorithm"), mail programs with a backslash. */
function unescapeName(text: string): string {
  return text.replace(/\\(["\\])/g, '$1').replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code));
}

function readExtended(value: string): string | undefined {
  const match = /^([^']*)'[^']*'(.*)$/.exec(value);
  if (!match) return undefined;
  try {
    if (/^utf-?8$/i.test(match[1]!)) return decodeURIComponent(match[2]!);
  } catch {
    // the plain name then
  }
  return undefined;
}

function undoTransferEncoding(body: Buffer, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body.toString('latin1'), 'base64');
    case 'quoted-printable':
      return Buffer.from(
        body
          .toString('latin1')
          .replace(/=[\t ]*\r\n/g, '')
          .replace(/=([0-9a-f]{2})/gi, (_code, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      );
    default:
      return body;
  }
}

function invalid(reason: string): Failure {
  return new Failure('INVALID_BODY', `the body is not valid multipart: ${reason}`);
}
