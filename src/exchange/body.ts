import { Failure } from './failure';
import { asPairs } from './values';

/** A request body and the content type it has unless the request's own headers say otherwise. */
export interface EncodedBody {
  body: Buffer;
  contentType: string;
}

const json = 'application/json';
const text = 'text/plain; charset=utf-8';
const form = 'application/x-www-form-urlencoded';
const binary = 'application/octet-stream';

/** A rendered JSON template. @throws Failure TEMPLATE when it is not JSON */
export function jsonBody(rendered: string): EncodedBody {
  try {
    JSON.parse(rendered);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('TEMPLATE', `the JSON body is not valid JSON: ${reason}`);
  }
  return { body: Buffer.from(rendered, 'utf8'), contentType: json };
}

export function textBody(rendered: string): EncodedBody {
  return { body: Buffer.from(rendered, 'utf8'), contentType: text };
}

export function formBody(fields: readonly (readonly [string, unknown])[]): EncodedBody {
  return { body: Buffer.from(new URLSearchParams(asPairs(fields)).toString(), 'utf8'), contentType: form };
}

/** @throws Failure INVALID_REQUEST when the value is neither bytes nor text */
export function binaryBody(value: unknown): EncodedBody {
  const bytes = asBytes(value);
  if (bytes) return { body: bytes, contentType: binary };
  if (typeof value === 'string') return { body: Buffer.from(value, 'utf8'), contentType: binary };
  throw new Failure('INVALID_REQUEST', `a binary body must be a Buffer, but it is ${nameOf(value)}`);
}

/**
 * A message's payload by its type: bytes and text as they are, anything else as JSON, or as a form when the request's
 * content type asks for one. Nothing (`undefined`, `null`) is no body.
 *
 * @throws Failure INVALID_REQUEST when the value cannot be written
 */
export function payloadBody(payload: unknown, contentType = ''): EncodedBody | undefined {
  if (payload === undefined || payload === null) return undefined;
  const bytes = asBytes(payload);
  if (bytes) return { body: bytes, contentType: binary };
  if (typeof payload === 'string') return { body: Buffer.from(payload, 'utf8'), contentType: text };
  if (typeof payload === 'object' && contentType.toLowerCase().startsWith(form)) {
    return formBody(Object.entries(payload));
  }
  let rendered: string | undefined;
  try {
    rendered = JSON.stringify(payload);
  } catch (cause) {
    throw new Failure('INVALID_REQUEST', 'the payload cannot be written as JSON', { cause });
  }
  if (rendered === undefined) {
    throw new Failure('INVALID_REQUEST', `the payload is ${nameOf(payload)}, which no body can carry`);
  }
  return { body: Buffer.from(rendered, 'utf8'), contentType: json };
}

function asBytes(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? Buffer.from(value) : undefined;
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
