import { Readable } from 'node:stream';
import { isXmlType, mediaType } from '../decode/media-type';
import { Failure } from '../failure';
import { asBytes, nameOf, type EncodedBody } from './encoded';
import { formBody, formType } from './form';
import { onceReadable } from './joined';
import { jsonValueBody } from './json';
import { partsBody } from './multipart';
import { textBody } from './text';
import { xmlValueBody } from './xml';

const binary = 'application/octet-stream';

/** Bytes or a stream of them. @throws Failure INVALID_REQUEST when the value is neither, nor text */
export function binaryBody(value: unknown): EncodedBody {
  const bytes = asBytes(value);
  if (bytes) return { body: bytes, contentType: binary };
  if (value instanceof Readable) return { body: onceReadable(value), contentType: binary };
  if (typeof value === 'string') return { body: Buffer.from(value, 'utf8'), contentType: binary };
  throw new Failure(
    'INVALID_REQUEST',
    `a binary body must be a Buffer or a stream, but it is ${nameOf(value)}`,
  );
}

/** How an object is written when the request's content type asks for something else than JSON. */
const forms: readonly (readonly [
  asks: (media: string) => boolean,
  write: (value: object, contentType: string) => EncodedBody,
])[] = [
  [(media) => media === formType, (value) => formBody(Object.entries(value))],
  [(media) => media.startsWith('multipart/'), partsBody],
  [isXmlType, xmlValueBody],
];

/**
 * A message's payload by its type: bytes, streams and text as they are, anything else as JSON, or as the form, the
 * multipart or the XML that the request's content type asks for. Nothing (`undefined`, `null`) is no body.
 *
 * @throws Failure INVALID_REQUEST when the value cannot be written
 */
export function payloadBody(payload: unknown, contentType = ''): EncodedBody | undefined {
  if (payload === undefined || payload === null) return undefined;
  if (typeof payload === 'string') return textBody(payload, contentType);
  if (asBytes(payload) || payload instanceof Readable) return binaryBody(payload);
  const media = mediaType(contentType);
  const write = forms.find(([asks]) => asks(media))?.[1];
  if (write && typeof payload === 'object' && !Array.isArray(payload)) return write(payload, contentType);
  return jsonValueBody(payload, 'the payload');
}
