import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Body, StreamBody } from '../../connection/body';
import { parseType } from '../decode/media-type';
import { Failure } from '../failure';
import { asText } from '../values';
import { asBytes, type EncodedBody } from './encoded';
import { fileStream, typeByName } from './file';
import { joinBodies, onceReadable } from './joined';
import { jsonValueBody } from './json';

/** A part as it is set up: a value, or a file on the disk. */
export interface Part {
  /** Of the field. A `multipart/form-data` body needs it, the other kinds do not. */
  name?: string;
  /** `undefined` for the file's own name, and none where there is no file. */
  filename?: string;
  /** `undefined` for what the value or the file's name says. */
  contentType?: string;
  /**
   * Bytes, a stream (`Readable` or `StreamBody`) or text as they are; an object as JSON; each item of a list as a part of its
   * own, unless the part says that it is JSON; nothing (`undefined`, `null`) is no part.
   */
  value?: unknown;
  /** Instead of a value. */
  path?: string;
}

/**
 * A multipart body (RFC 7578, RFC 2046): in memory when everything in it is, else a stream that knows its length when all
 * of its streams do. Names and file names are written as browsers do (WHATWG HTML, "multipart/form-data encoding
 * algorithm").
 *
 * @param contentType what the headers ask for: another kind of multipart than `form-data`, or a boundary of their own
 * @throws Failure INVALID_REQUEST for a part that cannot be written; FILE for a file that cannot be read
 */
export async function multipartBody(parts: readonly Part[], contentType = ''): Promise<EncodedBody> {
  return compose(await Promise.all(parts.map(openFile)), contentType);
}

async function openFile({ path, ...part }: Part): Promise<Part> {
  if (path === undefined) return part;
  return {
    ...part,
    value: await fileStream(path),
    filename: part.filename ?? basename(path),
    contentType: part.contentType || typeByName(part.filename ?? path),
  };
}

/** The fields of an object as parts: each a value, or `{ value, options: { filename, contentType } }` as the core node takes it. */
export function partsBody(fields: object, contentType: string): EncodedBody {
  return compose(
    Object.entries(fields).map(([name, field]) => partOf(name, field)),
    contentType,
  );
}

function partOf(name: string, field: unknown): Part {
  if (!isPlain(field) || !Object.hasOwn(field, 'value') || !isPlain(field.options))
    return { name, value: field };
  const { filename, contentType } = field.options;
  return {
    name,
    value: field.value,
    filename: filename === undefined ? undefined : asText(filename),
    contentType: contentType === undefined ? undefined : asText(contentType),
  };
}

function compose(parts: readonly Part[], contentType: string): EncodedBody {
  const asked = parseType(contentType);
  const wanted = asked?.type === 'multipart' ? contentType.trim().replace(/;$/, '') : 'multipart/form-data';
  const kind = asked?.type === 'multipart' ? asked.essence : wanted;
  const given = asked?.type === 'multipart' ? asked.params.get('boundary') : undefined;
  const boundary = given ?? `----formdata-${randomBytes(16).toString('hex')}`;
  if (!/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) {
    throw new Failure(
      'INVALID_REQUEST',
      'the boundary of the content type is not one (RFC 2046 section 5.1.1)',
    );
  }
  const pieces = parts.flatMap(asItems).flatMap((part): Body[] => {
    const { body, type } = bodyOf(part);
    return [Buffer.from(`--${boundary}\r\n${headOf(part, type, kind)}\r\n`), body, Buffer.from('\r\n')];
  });
  return {
    body: joinBodies([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
    contentType: given === undefined || given === null ? `${wanted}; boundary=${boundary}` : wanted,
    binding: true,
  };
}

function asItems(part: Part): Part[] {
  const { value } = part;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || isJson(part)) return [part];
  return value.flatMap((item: unknown) =>
    item === undefined || item === null ? [] : [{ ...part, value: item }],
  );
}

function isJson({ contentType = '' }: Part): boolean {
  return /[/+]json\b/i.test(contentType);
}

function bodyOf(part: Part): { body: Body; type: string | undefined } {
  const { value } = part;
  const file = part.filename === undefined ? undefined : typeByName(part.filename);
  const bytes = asBytes(value);
  if (bytes) return { body: bytes, type: file ?? 'application/octet-stream' };
  if (value instanceof Readable)
    return { body: onceReadable(value), type: file ?? 'application/octet-stream' };
  if (isStreamBody(value)) return { body: value, type: file ?? 'application/octet-stream' };
  if (isPlain(value) || Array.isArray(value)) {
    return { body: jsonValueBody(value, `the part "${part.name ?? ''}"`).body, type: 'application/json' };
  }
  return { body: Buffer.from(asText(value), 'utf8'), type: file };
}

function headOf(
  { name, filename, contentType }: Part,
  typeOfValue: string | undefined,
  kind: string,
): string {
  if (name === undefined && kind === 'multipart/form-data') {
    throw new Failure('INVALID_REQUEST', 'a part of the body has no name, which multipart/form-data needs');
  }
  const type = contentType || typeOfValue;
  if (type !== undefined && !/^[\t\x20-\x7e\x80-\xff]*$/.test(type)) {
    throw new Failure('INVALID_REQUEST', `the content type of the part "${name ?? ''}" is none`);
  }
  const disposition = [
    kind === 'multipart/form-data' ? 'form-data' : 'attachment',
    ...(name === undefined ? [] : [`name="${escapeName(name)}"`]),
    ...(filename === undefined ? [] : [`filename="${escapeName(filename)}"`]),
  ];
  return [
    ...(disposition.length > 1 ? [`Content-Disposition: ${disposition.join('; ')}\r\n`] : []),
    ...(type === undefined ? [] : [`Content-Type: ${type}\r\n`]),
  ].join('');
}

function escapeName(text: string): string {
  return text.replace(/["\r\n]/g, (character) => ({ '"': '%22', '\r': '%0D', '\n': '%0A' })[character]!);
}

function isStreamBody(value: unknown): value is StreamBody {
  return isPlain(value) && typeof value.open === 'function' && typeof value.repeatable === 'boolean';
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}
