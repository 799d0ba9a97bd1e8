import { Duplex, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { classify } from '../exchange/failure';
import { notValid, tooLarge, unknownCoding } from './decompress';

/** By content coding; `deflate` is with or without the wrapper, which its first byte tells. */
const streams: Readonly<Record<string, ((first: number) => Transform) | undefined>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  deflate: (first) => ((first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
  br: () => zlib.createBrotliDecompress(),
  zstd: typeof zlib.createZstdDecompress === 'function' ? () => zlib.createZstdDecompress() : undefined,
};

/**
 * Undoes one content coding of a body that passes by. Nothing in is nothing out, whatever the coding. Its errors are
 * Failures: BODY_TOO_LARGE when more than the limit comes out, INVALID_RESPONSE for a broken body or an unknown coding.
 */
export class Decoder extends Duplex {
  /** Bytes that have come out. */
  size = 0;
  readonly #coding: string;
  readonly #limit: number;
  #inner: Transform | undefined;

  /** @param limit most bytes that may come out, -1 for no limit */
  constructor(coding: string, limit: number) {
    super();
    this.#coding = coding;
    this.#limit = limit;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (chunk.length === 0) return done();
    try {
      this.#inner ??= this.#start(chunk[0]!);
    } catch (error) {
      return done(classify(error));
    }
    this.#inner.write(chunk, (cause) => done(cause ? notValid(this.#coding, cause) : undefined));
  }

  override _final(done: () => void): void {
    if (this.#inner) this.#inner.end();
    else this.push(null);
    done();
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  /** @throws Failure for a coding that is not known */
  #start(first: number): Transform {
    const start = Object.hasOwn(streams, this.#coding) ? streams[this.#coding] : undefined;
    if (!start) throw unknownCoding(this.#coding);
    const inner = start(first);
    inner.on('data', (data: Buffer) => {
      this.size += data.length;
      if (this.#limit >= 0 && this.size > this.#limit) this.destroy(tooLarge(this.#limit));
      else if (!this.push(data)) inner.pause();
    });
    inner.on('end', () => this.push(null));
    inner.on('error', (cause) => this.destroy(notValid(this.#coding, cause)));
    return inner;
  }
}
