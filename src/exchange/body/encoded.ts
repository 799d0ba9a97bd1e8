import type { Body } from '../../connection/body';

/** A request body and the content type it has unless the request's own headers say otherwise. */
export interface EncodedBody<B extends Body = Body> {
  body: B;
  contentType: string;
  /** The body cannot be read under another content type (it names the boundary): this one goes before the headers' own. */
  binding?: true;
}

export function asBytes(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? Buffer.from(value) : undefined;
}

/** What a value is, for a sentence. */
export function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
