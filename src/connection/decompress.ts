import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Failure } from '../exchange/failure';

type Decoder = (data: Buffer, options: { maxOutputLength?: number }) => Promise<Buffer>;

const inflate: Decoder = promisify(zlib.inflate);
const inflateRaw: Decoder = promisify(zlib.inflateRaw);

/** Some servers send `deflate` without the zlib wrapper that RFC 9110 section 8.4.1.2 asks for. */
const deflate: Decoder = (data, options) =>
  (data[0]! & 0x0f) === 8 ? inflate(data, options) : inflateRaw(data, options);

const gunzip: Decoder = promisify(zlib.gunzip);

/** By content coding (RFC 9110 section 8.4.1). zstd where this Node has it (22.15 and newer). */
const decoders: Readonly<Record<string, Decoder | undefined>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate,
  br: promisify(zlib.brotliDecompress),
  zstd: typeof zlib.zstdDecompress === 'function' ? promisify(zlib.zstdDecompress) : undefined,
};

/** What this Node can undo, for `Accept-Encoding`. */
export const acceptEncoding = ['gzip', 'deflate', 'br', ...(decoders.zstd ? ['zstd'] : [])].join(', ');

/**
 * Undoes the content codings of a body, the last one first.
 *
 * @param encoding the `Content-Encoding` header, a list in the order in which they were applied
 * @param limit most bytes that any step may produce, -1 for no limit
 * @throws Failure BODY_TOO_LARGE over the limit, INVALID_RESPONSE for a broken body or an unknown coding
 */
export async function decompress(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  let data = body;
  for (const coding of codingsOf(encoding)) {
    const decode = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
    if (!decode) throw unknownCoding(coding);
    try {
      data = await decode(data, limit >= 0 ? { maxOutputLength: Math.max(limit, 1) } : {});
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
        throw tooLarge(limit);
      }
      throw notValid(coding, cause);
    }
  }
  return data;
}

/** The codings to undo, in the order in which they are undone. */
export function codingsOf(encoding: string): string[] {
  return encoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse();
}

export function tooLarge(limit: number): Failure {
  return new Failure('BODY_TOO_LARGE', `the answer is larger than the limit of ${limit} bytes`);
}

export function notValid(coding: string, cause: unknown): Failure {
  return new Failure('INVALID_RESPONSE', `the body is not valid ${coding}`, { cause });
}

export function unknownCoding(coding: string): Failure {
  return new Failure('INVALID_RESPONSE', `the content coding "${coding}" is not known here`);
}
