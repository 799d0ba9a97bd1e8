import { pipeline, Readable, Writable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { classify, Failure, fileFailure } from '../exchange/failure';
import { Decoder } from './decoder';
import { codingsOf, tooLarge } from './decompress';

/** The body of an answer while it arrives: nothing is read before somebody takes it, and no faster than he takes it. */
export class Incoming {
  /** The socket is free again, or gone; never rejects. */
  readonly ended: Promise<void>;
  readonly #controller: Dispatcher.DispatchController;
  readonly #encoding: string;
  readonly #limit: number;
  readonly #source: Readable;
  #end!: () => void;
  /** Bytes on the wire. */
  #size = 0;
  #complete = false;

  /** @param limit most bytes, before and after each step of decompression; -1 for no limit */
  constructor(controller: Dispatcher.DispatchController, encoding: string, limit: number) {
    this.#controller = controller;
    this.#encoding = encoding;
    this.#limit = limit;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#source = new Readable({
      // later: undici must not be resumed while it hands on a chunk, be it of another answer
      read: () => queueMicrotask(() => this.#resume()),
      destroy: (error, done) => {
        if (!this.#complete) controller.abort(error ?? new Failure('ABORTED', 'the answer was not read'));
        this.#end();
        done(error);
      },
    });
    // it may end before anybody takes it
    this.#source.on('error', () => undefined);
    controller.pause();
  }

  push(chunk: Buffer): void {
    if (this.#source.destroyed) return;
    this.#size += chunk.length;
    if (this.#limit >= 0 && this.#size > this.#limit) this.#source.destroy(tooLarge(this.#limit));
    else if (!this.#source.push(chunk)) this.#controller.pause();
  }

  complete(): void {
    this.#complete = true;
    this.#end();
    this.#source.push(null);
  }

  /** Ends it, and whatever takes it. */
  fail(failure: Failure): void {
    this.#source.destroy(failure);
  }

  /** Nobody takes it: ends the socket. */
  discard(): void {
    this.#source.destroy();
  }

  /**
   * Writes the whole body, decompressed; resolves with its bytes when the writable has finished.
   *
   * @throws Failure that also destroyed the writable; FILE when the writable failed with an error of the file system
   */
  async pour(writable: Writable, signal: AbortSignal): Promise<number> {
    const decoders = codingsOf(this.#encoding).map((coding) => new Decoder(coding, this.#limit));
    await flow([this.#source, ...decoders, writable], signal);
    return decoders.at(-1)?.size ?? this.#size;
  }

  /** The whole body in memory. */
  async collect(signal: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.pour(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      }),
      signal,
    );
    return Buffer.concat(chunks);
  }

  #resume(): void {
    // the parser belongs to the socket, which may have gone on to another request
    if (!this.#complete && !this.#source.destroyed) this.#controller.resume();
  }
}

/** Writes a body that is in memory, as `Incoming.pour` does. */
export async function pourBuffer(body: Buffer, writable: Writable, signal: AbortSignal): Promise<number> {
  await flow([Readable.from(body.length > 0 ? [body] : [], { objectMode: false }), writable], signal);
  return body.length;
}

function flow(streams: readonly [Readable, ...(Decoder | Writable)[]], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const failure = classify(signal.reason);
      for (const stream of streams) stream.destroy(failure);
    };
    const end = (error?: NodeJS.ErrnoException | null): void => {
      signal.removeEventListener('abort', abort);
      if (!error) return resolve();
      const failure = writeFailure(error);
      for (const stream of streams) stream.destroy(failure);
      reject(failure);
    };
    signal.addEventListener('abort', abort);
    try {
      pipeline([...streams] as unknown as [Readable, Writable], end);
    } catch (error) {
      // the writable was closed before it began
      end(error as Error);
    }
    if (signal.aborted) abort();
  });
}

/** What Node.js says of a stream that is used after its end. */
const closed: ReadonlySet<string> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

/** The source and the decoders fail with Failures: everything else comes from the writable. */
function writeFailure(error: NodeJS.ErrnoException): Failure {
  if (closed.has(error.code ?? '')) {
    return new Failure('ABORTED', 'what takes the body was closed before its end', { cause: error });
  }
  return fileFailure(error) ?? classify(error);
}
